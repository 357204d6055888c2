/// When something is due again and again: "Mon..Fri 06:30 Europe/Vienna", "every 4h". Pure.
///
///   timetable := calendar | interval
///   calendar  := [days] times zone      days as in "Mon..Fri", "Mon,Wed,Fri", "1st,15th"; none =
///   times     := HH:MM[,HH:MM…]         every day
///   interval  := "every" amount         5m to 7d: counted from the last time it began
///
/// Months that lack a day are passed over; "last" is in each of them. Days of the week and of the
/// month do not mix.
///
/// Where clocks are put forward, a time that does not exist is due at the next one that does, once;
/// where they are put back, a time that comes twice is due at the first, once (promise C1).
#pragma once
#include "base/result.hpp"
#include "base/units.hpp"
#include "zones/time_zone.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::timetable {

struct Calendar {
  std::uint8_t weekdays = 0x7F;  ///< bit 0 = Monday
  std::uint32_t month_days = 0;  ///< bit 0 = the 1st; none = every day; bit 31 = the last one
  std::vector<std::chrono::minutes> times;  ///< of the day, rising
  zones::TimeZone zone;
};

class Timetable {
 public:
  /// Errors say what is wrong and what would be right. Reads the zone's file.
  static Result<Timetable> parse(std::string_view text);

  /// The first moment after `when` at which it is due. `began` = when it last began, from which
  /// intervals count; none = never. An interval that is due already is so at `when`. Nothing when
  /// it never comes.
  std::optional<Instant> next(Instant when, std::optional<Instant> began) const;
  /// The next `count`, as if each began when it was due.
  std::vector<Instant> next_few(Instant when, std::optional<Instant> began,
                                std::size_t count) const;
  /// The latest moment at which it was due in (after, until]: what was missed; of an interval,
  /// `after` is when it last began. Nothing = none.
  std::optional<Instant> missed(Instant after, Instant until) const;

  std::string text() const;  ///< in its one canonical form
  bool is_interval() const { return !calendar_; }
  Milliseconds interval() const { return every_; }  ///< 0 for a calendar
  std::optional<Calendar> const& calendar() const { return calendar_; }

 private:
  std::optional<Calendar> calendar_;
  Milliseconds every_{};
};

}  // namespace wardroom::timetable
