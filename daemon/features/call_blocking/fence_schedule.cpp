#include "features/call_blocking/fence_schedule.hpp"

#include "timetable/day_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace wardroom::call_blocking {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::minutes;

constexpr minutes kDay = days(1);
constexpr auto kNear =
    days(9);  // by then hours that repeat weekly have changed, but for the clocks
constexpr auto kFar = days(400);

struct Window {
  Instant begin, end;
};

std::unexpected<Error> wrong(std::string what) {
  return failure(ErrorKind::malformed,
                 std::move(what) + "; write such as \"Mon..Fri 08:00-18:00 Europe/Vienna\"");
}

/// On the next morning it is shown as that of its day.
std::string shown(minutes of_day) {
  return timetable::time_text(of_day > kDay ? of_day - kDay : of_day);
}

bool applies_on(Hours const& hours, local_days date) {
  return (hours.days >> (std::chrono::weekday(date).iso_encoding() - 1) & 1) != 0;
}

/// The hours that begin on that date; none when clocks skip them all.
Window window_on(Hours const& hours, local_days date) {
  return {hours.zone.first_at(date + hours.from), hours.zone.last_at(date + hours.to)};
}

local_days date_there(Hours const& hours, Instant when) {
  return std::chrono::floor<days>(hours.zone.local(when));
}

bool covers(Hours const& hours, Instant when) {
  auto const today = date_there(hours, when);
  for (auto date = today - days(2); date <= today + days(1); date += days(1)) {
    if (!applies_on(hours, date)) continue;
    auto const window = window_on(hours, date);
    if (window.begin <= when && when < window.end) return true;
  }
  return false;
}

/// What is covered from `when` on, for at least so long, by beginning.
std::vector<Window> windows(Schedule const& schedule, Instant when, days length) {
  std::vector<Window> out;
  for (auto const& hours : schedule.hours) {
    auto const today = date_there(hours, when);
    for (auto date = today - days(2); date <= today + length; date += days(1))
      if (applies_on(hours, date))
        if (auto const window = window_on(hours, date);
            when < window.end && window.begin < window.end)
          out.push_back(window);
  }
  std::ranges::sort(out, {}, &Window::begin);
  return out;
}

/// The end of what is covered without a break from `when` on; `when` itself when nothing is.
Instant covered_until(std::vector<Window> const& sorted, Instant when) {
  for (auto const& window : sorted) {
    if (window.begin > when) break;
    when = std::max(when, window.end);
  }
  return when;
}

}  // namespace

Result<Hours> parse_hours(std::string_view text) {
  auto const parts = timetable::words(text);
  if (parts.empty()) return wrong("says no hours");
  auto const with_days = parts.size() > 1 && !parts[0].contains(':');
  auto const at = with_days ? 1u : 0u;
  std::uint8_t mask = 0x7F;
  if (with_days) {
    auto const read = timetable::weekdays_of(parts[0]);
    if (!read) return wrong(fmt::format("'{}' is no day", read.error()));
    mask = *read;
  }
  auto const dash = parts[at].find('-');
  auto const from = timetable::time_of_day(parts[at].substr(0, dash));
  auto const to = dash == std::string_view::npos
                      ? std::nullopt
                      : timetable::time_of_day(parts[at].substr(dash + 1));
  if (!from || !to || *from == kDay)
    return wrong(
        fmt::format("'{}' is no time such as 08:00-18:00, 22:00-06:00 or 00:00-24:00", parts[at]));
  if (*from == *to)
    return wrong(fmt::format("'{}' has no length: a whole day is 00:00-24:00", parts[at]));
  if (parts.size() == at + 1) return wrong("needs a time zone, for UTC too");
  if (parts.size() > at + 2)
    return wrong(fmt::format("'{}' is too much: one time and one zone are enough", parts[at + 2]));
  auto zone = zones::TimeZone::named(parts[at + 1]);
  if (!zone) return std::unexpected(zone.error());
  return Hours{mask, *from, *to < *from ? *to + kDay : *to, std::move(*zone)};
}

std::string text(Hours const& hours) {
  return fmt::format("{}{}{}-{} {}", hours.days == 0x7F ? "" : timetable::weekdays_text(hours.days),
                     hours.days == 0x7F ? "" : " ", shown(hours.from), shown(hours.to),
                     hours.zone.name());
}

std::string text(Schedule const& schedule) {
  std::string out;
  for (auto const& hours : schedule.hours) out += (out.empty() ? "" : ", ") + text(hours);
  return out;
}

bool Schedule::active_at(Instant when) const {
  return hours.empty() ||
         std::ranges::any_of(hours, [&](Hours const& one) { return covers(one, when); });
}

std::optional<Instant> Schedule::next_change(Instant when) const {
  if (hours.empty()) return std::nullopt;
  for (auto const length : {kNear, kFar}) {
    auto const ahead = windows(*this, when, length);
    auto const known = when + length - days(1);  // dates differ over the world
    if (active_at(when)) {
      if (auto const end = covered_until(ahead, when); end < known) return end;
    } else if (!ahead.empty()) {
      return ahead.front().begin;
    }
  }
  return std::nullopt;
}

}  // namespace wardroom::call_blocking
