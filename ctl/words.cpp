#include "words.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace wardroom::ctl {
namespace {

/// Reads `digits` figures at `at`.
bool figures(std::string_view text, std::size_t at, std::size_t digits, int& out) {
  if (text.size() < at + digits) return false;
  auto const* begin = text.data() + at;
  auto const [end, error] = std::from_chars(begin, begin + digits, out);
  return error == std::errc{} && end == begin + digits && *begin != '-';
}

std::tm to_tm(Instant when) {
  return fmt::gmtime(std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count());
}

}  // namespace

std::optional<Instant> parse_time(std::string_view iso) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0;
  bool const fits = figures(iso, 0, 4, year) && figures(iso, 5, 2, month) &&
                    figures(iso, 8, 2, day) && figures(iso, 11, 2, hour) &&
                    figures(iso, 14, 2, minute) && figures(iso, 17, 2, second) && iso[4] == '-' &&
                    iso[7] == '-' && iso[10] == 'T' && iso[13] == ':' && iso[16] == ':' &&
                    iso.ends_with('Z');
  if (!fits) return std::nullopt;
  if (iso.size() > 20 && (iso[19] != '.' || !figures(iso, 20, 3, ms))) return std::nullopt;
  std::chrono::year_month_day const date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second) + Milliseconds(ms);
}

std::optional<Milliseconds> parse_duration(std::string_view text) {
  std::int64_t amount = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
  if (error != std::errc{} || amount < 0 || amount > 1'000'000'000) return std::nullopt;
  std::string_view const unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit == "ms") return Milliseconds(amount);
  if (unit == "s") return std::chrono::seconds(amount);
  if (unit == "m") return std::chrono::minutes(amount);
  if (unit == "h") return std::chrono::hours(amount);
  if (unit == "d") return std::chrono::hours(24 * amount);
  return std::nullopt;
}

std::string duration_words(double seconds) {
  if (!std::isfinite(seconds)) return "?";
  if (seconds < 0) seconds = 0;
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1000);
  auto const whole = static_cast<std::int64_t>(seconds);
  if (whole < 120) return fmt::format("{} s", whole);
  if (whole < 2 * 3600) return fmt::format("{} min", whole / 60);
  if (whole < 48 * 3600)
    return whole / 60 % 60 ? fmt::format("{} h {} min", whole / 3600, whole / 60 % 60)
                           : fmt::format("{} h", whole / 3600);
  return fmt::format("{} days", whole / 86400);
}

std::string relative_words(Instant when, Instant now) {
  auto const seconds = static_cast<double>((now - when).count()) / 1000;
  if (std::abs(seconds) < 1) return "now";
  return seconds > 0 ? duration_words(seconds) + " ago" : "in " + duration_words(-seconds);
}

std::string distance_words(double metres) {
  metres = std::abs(metres);
  if (!std::isfinite(metres)) return "?";
  if (metres < 1000) return fmt::format("{:.0f} m", metres);
  return metres < 100'000 ? fmt::format("{:.1f} km", metres / 1000)
                          : count_words(std::llround(metres / 1000)) + " km";
}

std::string count_words(std::int64_t count) {
  auto digits = std::to_string(count < 0 ? -count : count);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return (count < 0 ? "-" : "") + digits;
}

std::string plural(std::int64_t count, std::string_view one, std::string_view many) {
  return count_words(count) + " " + std::string(count == 1 ? one : many);
}

std::string clock_words(Instant when) { return fmt::format("{:%Y-%m-%d %H:%M:%S}", to_tm(when)); }

std::string short_clock_words(Instant when, Instant now) {
  auto const tm = to_tm(when);
  if (std::chrono::floor<std::chrono::days>(when) == std::chrono::floor<std::chrono::days>(now))
    return fmt::format("{:%H:%M:%S}", tm);
  return fmt::format("{:%m-%d %H:%M:%S}", tm);
}

}  // namespace wardroom::ctl
