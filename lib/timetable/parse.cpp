#include "timetable/parse.hpp"

#include "timetable/day_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace wardroom::timetable {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::size_t kMostTimes = 48;
constexpr minutes kShortest{5};
constexpr minutes kLongest = hours(7 * 24);

std::unexpected<Error> wrong(std::string what) {
  return failure(ErrorKind::malformed,
                 std::move(what) +
                     "; write such as \"Mon..Fri 06:30 Europe/Vienna\", \"1st,last 23:00 UTC\" or "
                     "\"every 4h\"");
}

std::string empty_item(std::string_view list) {
  return fmt::format("'{}' has a comma with nothing beside it: lists have no blanks", list);
}

bool begins_with_digit(std::string_view text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

std::string_view ordinal_end(unsigned day) {
  if (day % 100 / 10 == 1) return "th";
  return day % 10 == 1 ? "st" : day % 10 == 2 ? "nd" : day % 10 == 3 ? "rd" : "th";
}

/// Of an item such as "15th" or "last": its bit.
Result<std::uint32_t> month_day(std::string_view item) {
  if (item == "last") return last_of_month;
  unsigned day = 0;
  auto const [end, error] = std::from_chars(item.data(), item.data() + item.size(), day);
  if (error != std::errc{} || day < 1 || day > 31)
    return wrong(fmt::format("'{}' is no day of a month: they are 1st to 31st, and last", item));
  auto const right = fmt::format("{}{}", day, ordinal_end(day));
  if (item != right) return wrong(fmt::format("'{}' is no day: write '{}'", item, right));
  // Bit 31 is the last day, bit 30 the 31st.
  return 1u << (day - 1);
}

bool of_a_month(std::string_view item) { return item == "last" || begins_with_digit(item); }

struct Days {
  std::uint8_t weekdays = 0x7F;
  std::uint32_t month_days = 0;
};

Result<Days> parse_days(std::string_view text) {
  auto const items = split(text, ',');
  if (std::ranges::find(items, "") != items.end()) return wrong(empty_item(text));
  auto const of_months = std::ranges::count_if(items, of_a_month);
  if (of_months != 0 && of_months != std::ssize(items))
    return wrong(
        fmt::format("'{}' has days of the week and of the month: one kind is enough", text));
  Days out;
  if (of_months != 0) {
    for (auto const item : items) {
      auto const day = month_day(item);
      if (!day) return std::unexpected(day.error());
      out.month_days |= *day;
    }
    return out;
  }
  auto const read = weekdays_of(text);
  if (!read) {
    auto const& item = read.error();
    if (item.size() == 7 && item[3] == '-' && weekday_of(item.substr(0, 3)))
      return wrong(
          fmt::format("'{}' is no day: write '{}..{}'", item, item.substr(0, 3), item.substr(4)));
    return wrong(
        fmt::format("'{}' is no day: they are Mon Tue Wed Thu Fri Sat Sun, 1st to 31st, "
                    "and last",
                    item));
  }
  out.weekdays = *read;
  return out;
}

Result<std::vector<minutes>> parse_times(std::string_view text) {
  std::vector<minutes> out;
  for (auto const item : split(text, ',')) {
    if (item.empty()) return wrong(empty_item(text));
    auto const time = time_of_day(item);
    if (time == hours(24)) return wrong("'24:00' is 00:00 of the next day");
    if (!time && item.size() == 4 && time_of_day(fmt::format("0{}", item)))
      return wrong(fmt::format("'{}' is no time: write '0{}'", item, item));
    if (!time)
      return wrong(fmt::format("'{}' is no time of the day: they are 00:00 to 23:59", item));
    out.push_back(*time);
  }
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  if (out.size() > kMostTimes)
    return wrong(
        fmt::format("{} times a day are too many, {} is the most", out.size(), kMostTimes));
  return out;
}

std::string month_days_text(std::uint32_t days) {
  std::string out;
  for (unsigned day = 1; day <= 31; ++day)
    if ((days >> (day - 1) & 1) != 0)
      out += fmt::format("{}{}{}", out.empty() ? "" : ",", day, ordinal_end(day));
  if ((days & last_of_month) != 0) out += out.empty() ? "last" : ",last";
  return out;
}

}  // namespace

Result<Calendar> parse_calendar(std::string_view text) {
  auto const parts = words(text);
  if (parts.empty()) return wrong("says nothing");
  if (text.contains('*') || text.starts_with('@')) return wrong("lines of cron are not understood");
  bool const with_days = !parts[0].contains(':');
  auto const at = with_days ? 1u : 0u;
  Days days;
  if (with_days) {
    auto const read = parse_days(parts[0]);
    if (!read) return std::unexpected(read.error());
    days = *read;
  }
  if (parts.size() == at) return wrong("says no time of the day");
  auto times = parse_times(parts[at]);
  if (!times) return std::unexpected(times.error());
  if (parts.size() == at + 1) return wrong("needs a time zone, for UTC too");
  if (parts.size() > at + 2)
    return wrong(fmt::format(
        "'{}' is too much: days, times and one zone are enough, lists have commas and no blanks",
        parts[at + 2]));
  auto zone = zones::TimeZone::named(parts[at + 1]);
  if (!zone) return std::unexpected(zone.error());
  return Calendar{days.weekdays, days.month_days, std::move(*times), std::move(*zone)};
}

Result<Milliseconds> parse_interval(std::string_view amount) {
  std::int64_t count = 0;
  auto const* const end_of_text = amount.data() + amount.size();
  auto const [end, error] = std::from_chars(amount.data(), end_of_text, count);
  auto const unit = std::string_view(end, end_of_text);
  if (error != std::errc{} || count < 0 || (unit != "m" && unit != "h" && unit != "d"))
    return wrong(fmt::format("'{}' is no amount such as 30m, 4h or 2d", amount));
  auto const one = unit == "m" ? minutes(1) : unit == "h" ? minutes(60) : minutes(24 * 60);
  if (count > kLongest / one || one * count < kShortest)
    return wrong(fmt::format("every {} is too {}: 5m to 7d", amount,
                             count > kLongest / one ? "seldom" : "often"));
  return Milliseconds(one * count);
}

std::string calendar_text(Calendar const& calendar) {
  std::string out;
  if (calendar.month_days != 0)
    out = month_days_text(calendar.month_days) + " ";
  else if (calendar.weekdays != 0x7F)
    out = weekdays_text(calendar.weekdays) + " ";
  for (std::size_t i = 0; i < calendar.times.size(); ++i)
    out += (i > 0 ? "," : "") + time_text(calendar.times[i]);
  return out + " " + calendar.zone.name();
}

std::string interval_text(Milliseconds every) {
  auto const count = std::chrono::duration_cast<minutes>(every).count();
  if (count % (24 * 60) == 0) return fmt::format("every {}d", count / (24 * 60));
  if (count % 60 == 0) return fmt::format("every {}h", count / 60);
  return fmt::format("every {}m", count);
}

}  // namespace wardroom::timetable
