#include "front/journal_query.hpp"

#include "base/encoding.hpp"
#include "config/yaml_section.hpp"
#include "store/journal_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace wardroom::front {
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
  auto const back = config::parse_duration(text);
  if (!back || *back > days(36'500)) return std::nullopt;
  return now - *back;
}

Result<std::vector<std::string>> read_kinds(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto const comma = std::min(text.find(','), text.size());
    auto word = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (word.empty()) continue;
    if (!store::find_journal_kind(word)) {
      std::vector<std::string_view> known;
      for (auto const& kind : store::journal_kinds()) known.push_back(kind.name);
      auto const near = nearest(word, known);
      return failure(ErrorKind::malformed,
                     near ? fmt::format("'{}' is no kind of event; did you mean '{}'?", word, *near)
                          : fmt::format("'{}' is no kind of event; there are {}", word,
                                        fmt::join(known, ", ")));
    }
    if (std::ranges::find(out, word) == out.end()) out.emplace_back(word);
  }
  return out;
}

}  // namespace

Result<JournalPoint> parse_journal_point(std::string_view text, Instant now) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  auto const digits = text.starts_with('#') ? text.substr(1) : text;
  if (auto const seq = whole_number(digits)) return JournalPoint(*seq);
  if (auto const at = parse_date(text)) return JournalPoint(*at);
  if (auto const at = parse_time_of_day(text, now)) return JournalPoint(*at);
  if (auto const at = parse_ago(text, now)) return JournalPoint(*at);
  return failure(ErrorKind::malformed,
                 fmt::format("'{}' is no moment and no number; write 2h, 1d, 14:30, 2026-11-22, "
                             "2026-11-22T14:30Z (UTC), or a number that `events` shows",
                             text));
}

Result<JournalQuery> read_journal_query(
    std::function<std::string_view(std::string_view)> const& get, bool follow, Instant now) {
  JournalQuery out{.follow = follow};
  auto const point = [&](std::string_view name, std::optional<JournalPoint>& into) -> Result<void> {
    if (get(name).empty()) return {};
    auto read = parse_journal_point(get(name), now);
    if (!read) return std::unexpected(std::move(read.error()));
    into = *read;
    return {};
  };
  if (auto done = point("since", out.since); !done) return std::unexpected(done.error());
  if (auto done = point("until", out.until); !done) return std::unexpected(done.error());
  out.person = get("person");
  auto kinds = read_kinds(get("kind"));
  if (!kinds) return std::unexpected(std::move(kinds.error()));
  out.kinds = std::move(*kinds);
  if (auto const text = get("limit"); !text.empty()) {
    auto const limit = whole_number(text);
    if (!limit || *limit > std::int64_t(most_limit) || (*limit == 0 && !follow))
      return failure(ErrorKind::malformed,
                     fmt::format("'{}' is no limit; write a number from {} to {}", text,
                                 follow ? 0 : 1, most_limit));
    out.limit = static_cast<std::size_t>(*limit);
  }
  if (follow && out.until)
    return failure(ErrorKind::malformed,
                   "--until ends what --follow would show; leave one of them out");
  if (follow && out.since && out.limit)
    return failure(ErrorKind::malformed,
                   "--follow shows all that came after --since; leave out --since or --limit");
  return out;
}

}  // namespace wardroom::front
