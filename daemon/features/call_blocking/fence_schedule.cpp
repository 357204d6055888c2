#include "features/call_blocking/fence_schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

namespace wardroom::call_blocking {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::minutes;

constexpr std::array<std::string_view, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr minutes kDay = days(1);
constexpr auto kNear =
    days(9);  // by then hours that repeat weekly have changed, but for the clocks
constexpr auto kFar = days(400);

struct Window {
  Instant begin, end;
};

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> out;
  for (;;) {
    auto const at = text.find(by);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string_view> words(std::string_view text) {
  auto out = split(text, ' ');
  std::erase_if(out, [](auto word) { return word.empty(); });
  return out;
}

std::unexpected<Error> wrong(std::string what) {
  return failure(ErrorKind::malformed,
                 std::move(what) + "; write such as \"Mon..Fri 08:00-18:00 Europe/Vienna\"");
}

std::optional<std::size_t> day_of(std::string_view word) {
  auto const same = [&](std::string_view name) {
    return std::ranges::equal(word, name, [](unsigned char a, unsigned char b) {
      return std::tolower(a) == std::tolower(b);
    });
  };
  auto const it = std::ranges::find_if(kDays, same);
  if (it == kDays.end()) return std::nullopt;
  return static_cast<std::size_t>(it - kDays.begin());
}

Result<std::uint8_t> days_of(std::string_view text) {
  unsigned out = 0;
  for (auto const item : split(text, ',')) {
    auto const dots = item.find("..");
    auto const first = day_of(item.substr(0, dots));
    auto const last = dots == std::string_view::npos ? first : day_of(item.substr(dots + 2));
    if (!first || !last) return wrong(fmt::format("'{}' is no day", item));
    for (auto day = *first;; day = (day + 1) % 7) {
      out |= 1u << day;
      if (day == *last) break;
    }
  }
  return static_cast<std::uint8_t>(out);
}

/// "08:00" to "24:00".
std::optional<minutes> time_of(std::string_view text) {
  auto const digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4))
    return std::nullopt;
  int const hour = (text[0] - '0') * 10 + (text[1] - '0');
  int const minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (minute > 59 || hour * 60 + minute > 24 * 60) return std::nullopt;
  return minutes(hour * 60 + minute);
}

std::string time_text(minutes of_day) {
  auto const shown = of_day > kDay ? of_day - kDay : of_day;
  return fmt::format("{:02}:{:02}", shown.count() / 60, shown.count() % 60);
}

std::string days_text(std::uint8_t mask) {
  std::string out;
  for (std::size_t day = 0; day < 7; ++day) {
    if ((mask >> day & 1) == 0) continue;
    auto last = day;
    while (last < 6 && (mask >> (last + 1) & 1) != 0) ++last;
    if (!out.empty()) out += ",";
    out += kDays[day];
    if (last == day + 1) out += fmt::format(",{}", kDays[last]);
    if (last > day + 1) out += fmt::format("..{}", kDays[last]);
    day = last;
  }
  return out;
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
  auto const parts = words(text);
  if (parts.empty()) return wrong("says no hours");
  auto const with_days = parts.size() > 1 && !parts[0].contains(':');
  auto const at = with_days ? 1u : 0u;
  std::uint8_t mask = 0x7F;
  if (with_days) {
    auto const read = days_of(parts[0]);
    if (!read) return std::unexpected(read.error());
    mask = *read;
  }
  auto const dash = parts[at].find('-');
  auto const from = time_of(parts[at].substr(0, dash));
  auto const to =
      dash == std::string_view::npos ? std::nullopt : time_of(parts[at].substr(dash + 1));
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
  return fmt::format("{}{}{}-{} {}", hours.days == 0x7F ? "" : days_text(hours.days),
                     hours.days == 0x7F ? "" : " ", time_text(hours.from), time_text(hours.to),
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
