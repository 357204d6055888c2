/// The rule that a time zone follows after its last known change, as POSIX writes it in TZ:
/// "CET-1CEST,M3.5.0,M10.5.0/3". Pure. Source: POSIX.1 8.3, RFC 9636 3.3.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace wardroom::zones {

/// A time during which clocks are set alike. Seconds since 1970, UTC.
struct Segment {
  std::int64_t begin = 0, end = 0;
  std::int32_t offset = 0;  ///< seconds east of UTC
};

/// A day of the year and a moment of it.
struct YearDay {
  enum class Kind : std::uint8_t {
    week,          ///< the `week`-th `weekday` of `month`; the fifth is the last
    without_leap,  ///< day 1 to 365; 29 February is never counted
    with_leap,     ///< day 0 to 365
  };
  Kind kind = Kind::week;
  int month = 0, week = 0, weekday = 0, day = 0;
  std::int32_t seconds = 7200;  ///< from midnight by the clock before; may be negative
  /// As if clocks showed UTC.
  std::int64_t in(int year) const;
};

struct PosixRule {
  std::int32_t standard = 0, summer = 0;         ///< seconds east of UTC
  std::optional<std::array<YearDay, 2>> change;  ///< to summer time and back; none = never
  Segment at(std::int64_t when) const;
};

/// Nothing when the text is not such a rule.
std::optional<PosixRule> parse_posix_rule(std::string_view text);

}  // namespace wardroom::zones
