/// When a fence applies: "Mon..Fri 08:00-18:00 Europe/Vienna". Pure.
///
///   hours := [days] HH:MM-HH:MM zone          no days = every day; 24:00 ends a day
///   days  := day or day..day, with commas     Mon Tue Wed Thu Fri Sat Sun
///
/// An end before the beginning is on the next morning; the day is that of the beginning. Where
/// clocks are put forward, a time that does not exist is the moment they are; where they are put
/// back, hours last from the first to the last time that the clock shows them.
#pragma once
#include "base/result.hpp"
#include "zones/time_zone.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::call_blocking {

struct Hours {
  std::uint8_t days = 0x7F;           ///< bit 0 = Monday
  std::chrono::minutes from{}, to{};  ///< of the day; more than 24 h = the next morning
  zones::TimeZone zone;
};
/// Errors say what is wrong and what would be right. Reads the zone's file.
Result<Hours> parse_hours(std::string_view text);
/// In its one canonical form.
std::string text(Hours const& hours);

struct Schedule {
  std::vector<Hours> hours;  ///< none = always

  bool active_at(Instant when) const;
  /// The first moment after `when` at which `active_at` changes; nothing when it does not within a
  /// year.
  std::optional<Instant> next_change(Instant when) const;
};
inline constexpr std::size_t kMostHours = 16;

/// "Mon..Fri 08:00-18:00 Europe/Vienna, Sat 08:00-12:00 Europe/Vienna"; empty = always.
std::string text(Schedule const& schedule);

}  // namespace wardroom::call_blocking
