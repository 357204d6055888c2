#include "timetable/day_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace wardroom::timetable {
namespace {
constexpr std::array<std::string_view, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
}

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

std::optional<std::size_t> weekday_of(std::string_view word) {
  auto const same = [&](std::string_view name) {
    return std::ranges::equal(word, name, [](unsigned char a, unsigned char b) {
      return std::tolower(a) == std::tolower(b);
    });
  };
  auto const it = std::ranges::find_if(kDays, same);
  if (it == kDays.end()) return std::nullopt;
  return static_cast<std::size_t>(it - kDays.begin());
}

std::expected<std::uint8_t, std::string> weekdays_of(std::string_view text) {
  unsigned out = 0;
  for (auto const item : split(text, ',')) {
    auto const dots = item.find("..");
    auto const first = weekday_of(item.substr(0, dots));
    auto const last = dots == std::string_view::npos ? first : weekday_of(item.substr(dots + 2));
    if (!first || !last) return std::unexpected(std::string(item));
    for (auto day = *first;; day = (day + 1) % 7) {
      out |= 1u << day;
      if (day == *last) break;
    }
  }
  return static_cast<std::uint8_t>(out);
}

std::string weekdays_text(std::uint8_t days) {
  std::string out;
  for (std::size_t day = 0; day < 7; ++day) {
    if ((days >> day & 1) == 0) continue;
    auto last = day;
    while (last < 6 && (days >> (last + 1) & 1) != 0) ++last;
    if (!out.empty()) out += ",";
    out += kDays[day];
    if (last == day + 1) out += fmt::format(",{}", kDays[last]);
    if (last > day + 1) out += fmt::format("..{}", kDays[last]);
    day = last;
  }
  return out;
}

std::optional<std::chrono::minutes> time_of_day(std::string_view text) {
  auto const digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4))
    return std::nullopt;
  int const hour = (text[0] - '0') * 10 + (text[1] - '0');
  int const minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (minute > 59 || hour * 60 + minute > 24 * 60) return std::nullopt;
  return std::chrono::minutes(hour * 60 + minute);
}

std::string time_text(std::chrono::minutes of_day) {
  return fmt::format("{:02}:{:02}", of_day.count() / 60, of_day.count() % 60);
}

}  // namespace wardroom::timetable
