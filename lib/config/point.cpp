#include "config/point.hpp"

#include "config/amounts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace wardroom::config {
namespace {

using namespace std::chrono;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t out = 0;
  auto const* const end = text.data() + text.size();
  auto const [at, error] = std::from_chars(text.data(), end, out);
  if (text.empty() || error != std::errc{} || at != end || out < 0) return std::nullopt;
  return out;
}

/// Takes figures off the front: exactly `digits` of them.
std::optional<int> take_figures(std::string_view& rest, std::size_t digits) {
  if (rest.size() < digits) return std::nullopt;
  auto const value = whole_number(rest.substr(0, digits));
  if (!value || rest.front() == '-' || rest.front() == '+') return std::nullopt;
  rest.remove_prefix(digits);
  return static_cast<int>(*value);
}
bool take(std::string_view& rest, char c) {
  if (rest.empty() || rest.front() != c) return false;
  rest.remove_prefix(1);
  return true;
}

/// "14:30", "14:30:05", "14:30:05.250": since midnight.
std::optional<milliseconds> take_time(std::string_view& rest) {
  auto const hour = take_figures(rest, 2);
  if (!hour || *hour > 23 || !take(rest, ':')) return std::nullopt;
  auto const minute = take_figures(rest, 2);
  if (!minute || *minute > 59) return std::nullopt;
  milliseconds out = hours(*hour) + minutes(*minute);
  if (!take(rest, ':')) return out;
  auto const second = take_figures(rest, 2);
  if (!second || *second > 59) return std::nullopt;
  out += seconds(*second);
  if (!take(rest, '.')) return out;
  auto const figures = std::min(rest.find_first_not_of("0123456789"), rest.size());
  if (figures == 0) return std::nullopt;
  auto const fraction = std::string(rest.substr(0, std::min<std::size_t>(figures, 3)));
  rest.remove_prefix(figures);
  return out + milliseconds(*whole_number((fraction + "00").substr(0, 3)));
}

std::optional<sys_days> take_date(std::string_view& rest) {
  auto const y = take_figures(rest, 4);
  if (!y || !take(rest, '-')) return std::nullopt;
  auto const m = take_figures(rest, 2);
  if (!m || !take(rest, '-')) return std::nullopt;
  auto const d = take_figures(rest, 2);
  if (!d) return std::nullopt;
  year_month_day const date{year(*y), month(unsigned(*m)), day(unsigned(*d))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date);
}

/// "Z", "+01:00", "-0530", or nothing; what is to be added to come to UTC.
std::optional<minutes> take_offset(std::string_view& rest) {
  if (rest.empty() || take(rest, 'Z') || take(rest, 'z')) return minutes(0);
  bool const east = rest.front() == '+' || rest.front() == ' ';  // a + in a URL is a space
  if (!east && rest.front() != '-') return std::nullopt;
  rest.remove_prefix(1);
  auto const h = take_figures(rest, 2);
  take(rest, ':');
  auto const m = take_figures(rest, 2);
  if (!h || !m || *h > 14 || *m > 59) return std::nullopt;
  auto const offset = hours(*h) + minutes(*m);
  return east ? -offset : offset;
}

std::optional<Instant> parse_date(std::string_view text) {
  auto const date = take_date(text);
  if (!date) return std::nullopt;
  if (text.empty()) return Instant(*date);
  if (!take(text, 'T') && !take(text, ' ')) return std::nullopt;
  auto const time = take_time(text);
  if (!time) return std::nullopt;
  auto const offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  return Instant(*date) + *time + *offset;
}

/// The last moment at which it was that late.
std::optional<Instant> parse_time_of_day(std::string_view text, Instant now) {
  auto const time = take_time(text);
  if (!time || !(text.empty() || text == "Z")) return std::nullopt;
  auto const today = Instant(floor<days>(now)) + *time;
  return today <= now ? today : today - days(1);
}

std::optional<Instant> parse_ago(std::string_view text, Instant now) {
  if (text.ends_with(" ago")) text.remove_suffix(4);
  if (text.ends_with('w')) {
    auto const weeks_ago = whole_number(text.substr(0, text.size() - 1));
    if (!weeks_ago || *weeks_ago > 5'000) return std::nullopt;
    return now - weeks(*weeks_ago);
  }
  auto const back = parse_duration(text);
  if (!back || *back > days(36'500)) return std::nullopt;
  return now - *back;
}

}  // namespace

Result<Point> parse_point(std::string_view text, Instant now) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  auto const digits = text.starts_with('#') ? text.substr(1) : text;
  if (auto const seq = whole_number(digits)) return Point(*seq);
  if (auto const at = parse_date(text)) return Point(*at);
  if (auto const at = parse_time_of_day(text, now)) return Point(*at);
  if (auto const at = parse_ago(text, now)) return Point(*at);
  return failure(ErrorKind::malformed,
                 fmt::format("'{}' is no moment and no number; write 2h, 1d, 14:30, 2026-11-22, "
                             "2026-11-22T14:30Z (UTC), or a number that `events` shows",
                             text));
}

}  // namespace wardroom::config
