#include "timetable/timetable.hpp"

#include "timetable/day_words.hpp"
#include "timetable/parse.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::timetable {
namespace {

using std::chrono::days;
using std::chrono::local_days;

/// Clocks are put back by no more.
constexpr auto kPutBack = days(1);
/// The 31st is away for two months at most, the 29th and 30th for less.
constexpr auto kLongestBreak = days(70);

bool is_day_of(Calendar const& calendar, local_days date) {
  if (calendar.month_days == 0)
    return (calendar.weekdays >> (std::chrono::weekday(date).iso_encoding() - 1) & 1) != 0;
  auto const day = static_cast<unsigned>(std::chrono::year_month_day(date).day());
  if ((calendar.month_days >> (day - 1) & 1) != 0) return true;
  bool const last = std::chrono::year_month_day(date + days(1)).day() == std::chrono::day(1);
  return last && (calendar.month_days & last_of_month) != 0;
}

local_days date_there(Calendar const& calendar, Instant when) {
  return std::chrono::floor<days>(calendar.zone.local(when));
}

/// A time that is skipped is that of the next one that exists; one that comes twice, the first.
Instant moment(Calendar const& calendar, local_days date, std::chrono::minutes time) {
  return calendar.zone.first_at(date + time);
}

std::optional<Instant> first_after(Calendar const& calendar, Instant when) {
  // Until then the clock showed less than what is due later: no date before today's comes into it.
  auto const today = date_there(calendar, when);
  for (auto date = today; date <= today + kLongestBreak; date += days(1)) {
    if (!is_day_of(calendar, date)) continue;
    // Clocks never show an earlier time first at a later moment: the first one found is the first.
    for (auto const time : calendar.times)
      if (auto const at = moment(calendar, date, time); at > when) return at;
  }
  return std::nullopt;
}

std::optional<Instant> last_until(Calendar const& calendar, Instant after, Instant until) {
  auto const oldest = date_there(calendar, after);
  for (auto date = date_there(calendar, until) + kPutBack; date >= oldest; date -= days(1)) {
    if (!is_day_of(calendar, date)) continue;
    for (auto i = calendar.times.size(); i-- > 0;) {
      auto const at = moment(calendar, date, calendar.times[i]);
      if (at <= after) return std::nullopt;
      if (at <= until) return at;
    }
  }
  return std::nullopt;
}

}  // namespace

Result<Timetable> Timetable::parse(std::string_view text) {
  Timetable out;
  auto const parts = words(text);
  if (!parts.empty() && parts[0] == "every") {
    if (parts.size() != 2)
      return failure(ErrorKind::malformed,
                     "\"every\" is followed by one amount, as in \"every 4h\"; for every day write "
                     "times and a zone, as in \"06:30 Europe/Vienna\"");
    auto const every = parse_interval(parts[1]);
    if (!every) return std::unexpected(every.error());
    out.every_ = *every;
    return out;
  }
  auto calendar = parse_calendar(text);
  if (!calendar) return std::unexpected(calendar.error());
  out.calendar_ = std::move(*calendar);
  return out;
}

std::optional<Instant> Timetable::next(Instant when, std::optional<Instant> began) const {
  if (calendar_) return first_after(*calendar_, when);
  if (!began) return when;
  // What began later than now: the clock was set back, and counting begins now.
  return std::max(std::min(*began, when) + every_, when);
}

std::vector<Instant> Timetable::next_few(Instant when, std::optional<Instant> began,
                                         std::size_t count) const {
  std::vector<Instant> out;
  while (out.size() < count) {
    auto const from = out.empty() ? when : out.back();
    auto const at = next(from, out.empty() ? began : std::optional(from));
    if (!at) break;
    out.push_back(*at);
  }
  return out;
}

std::optional<Instant> Timetable::missed(Instant after, Instant until) const {
  if (calendar_) return last_until(*calendar_, after, until);
  // It counts from when it began, and did not begin meanwhile: one moment, and no more.
  return after + every_ <= until ? std::optional(after + every_) : std::nullopt;
}

std::string Timetable::text() const {
  return calendar_ ? calendar_text(*calendar_) : interval_text(every_);
}

}  // namespace wardroom::timetable
