/// Moments and numbers as people write them on command lines and in URLs. Pure.
#pragma once
#include "base/result.hpp"
#include "base/units.hpp"

#include <cstdint>
#include <string_view>
#include <variant>

namespace wardroom::config {

/// A number of the journal, or a moment.
using Point = std::variant<std::int64_t, Instant>;

/// "4200" or "#4200"; "2h", "1d ago"; "14:30" (the last time it was that late); "2026-11-22",
/// "2026-11-22 14:30", ISO 8601 with or without an offset. Times are UTC unless an offset says
/// otherwise.
Result<Point> parse_point(std::string_view text, Instant now);

}  // namespace wardroom::config
