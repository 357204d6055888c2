#include "front/journal_query.hpp"

#include "base/encoding.hpp"
#include "store/journal_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace wardroom::front {
namespace {

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t out = 0;
  auto const* const end = text.data() + text.size();
  auto const [at, error] = std::from_chars(text.data(), end, out);
  if (text.empty() || error != std::errc{} || at != end || out < 0) return std::nullopt;
  return out;
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

Result<JournalQuery> read_journal_query(
    std::function<std::string_view(std::string_view)> const& get, bool follow, Instant now) {
  JournalQuery out{.follow = follow};
  auto const point = [&](std::string_view name, std::optional<JournalPoint>& into) -> Result<void> {
    if (get(name).empty()) return {};
    auto read = config::parse_point(get(name), now);
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
