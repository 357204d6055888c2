/// A moment as ISO 8601 has it, in UTC: "2026-11-22", or with the time to the minute, second or
/// millisecond, 'T' or a space between, a 'Z' behind or none. Pure.
#pragma once
#include "base/units.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom {

inline std::optional<Instant> parse_iso(std::string_view text) {
  // What is left out is filled up from the earliest moment that begins like it.
  constexpr std::string_view shape = "0000-00-00T00:00:00.000";
  if (text.ends_with('Z')) text.remove_suffix(1);
  auto const size = text.size();
  if (size != 10 && size != 16 && size != 19 && size != shape.size()) return std::nullopt;
  std::string whole(text);
  whole += shape.substr(size);
  if (whole[10] == ' ') whole[10] = 'T';
  for (std::size_t i = 0; i < shape.size(); ++i) {
    bool const digit = whole[i] >= '0' && whole[i] <= '9';
    if (shape[i] == '0' ? !digit : whole[i] != shape[i]) return std::nullopt;
  }
  auto const part = [&](std::size_t at, std::size_t count) {
    int value = 0;
    for (char const c : std::string_view(whole).substr(at, count)) value = value * 10 + (c - '0');
    return value;
  };
  using namespace std::chrono;
  year_month_day const date{year(part(0, 4)), month(static_cast<unsigned>(part(5, 2))),
                            day(static_cast<unsigned>(part(8, 2)))};
  auto const time =
      hours(part(11, 2)) + minutes(part(14, 2)) + seconds(part(17, 2)) + milliseconds(part(20, 3));
  if (!date.ok() || time >= hours(24) || part(14, 2) > 59 || part(17, 2) > 59) return std::nullopt;
  return Instant(sys_days(date).time_since_epoch() + time);
}

}  // namespace wardroom
