/// Reads a mail: headers unfolded and decoded, the plain text out of its parts.
/// Pure, and independent of the daemon's writer of mails, so that neither hides the other's
/// mistakes. Source: RFC 5322, 2045, 2047.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wardroom::sim {

struct MailText {
  std::vector<std::pair<std::string, std::string>> headers;  ///< in order, names as sent
  std::string text;  ///< the first text/plain part, in UTF-8
  /// The first header of that name, without regard to case.
  std::string header(std::string_view name) const;
};

MailText read_mail(std::string_view raw);
/// "=?UTF-8?B?…?=" and the like; what cannot be decoded stays as it is.
std::string decode_words(std::string_view text);

}  // namespace wardroom::sim
