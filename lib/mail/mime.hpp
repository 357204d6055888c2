/// Writes a Message as the bytes SMTP carries: 7-bit, CRLF, no line over 78 but long words. Pure.
/// Sources: RFC 5322, RFC 2045-2047, RFC 3834 (Auto-Submitted). Dots at the beginning of lines are
/// stuffed by libcurl.
#pragma once
#include "base/result.hpp"
#include "base/units.hpp"
#include "mail/message.hpp"

#include <functional>
#include <string>

namespace wardroom::mail {

/// "Sun, 22 Nov 2026 04:00:00 +0000".
std::string date_text(Instant at);

/// `token` gives random letters and digits for the boundaries. Errors: malformed when an address is
/// none, nobody is addressed, or a header would break out of its line.
Result<std::string> write(Message const& message, Instant date,
                          std::function<std::string()> const& token);

}  // namespace wardroom::mail
