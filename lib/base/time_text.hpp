/// Moments as text for people and for other programs. Pure.
#pragma once
#include "base/units.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace wardroom {

/// ISO 8601, UTC, with milliseconds: "2026-11-22T02:04:45.120Z".
std::string iso_text(Instant at);

/// The date of HTTP headers in its one current form, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110,
/// IMF-fixdate); nullopt for anything else.
std::optional<Instant> parse_http_date(std::string_view text);

}  // namespace wardroom
