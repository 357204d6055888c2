/// What somebody wants to see of the journal, from the words of a command line or a URL. Pure.
#pragma once
#include "base/result.hpp"
#include "base/units.hpp"
#include "store/journal.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace wardroom::front {

/// A sequence number, or a moment.
using JournalPoint = std::variant<std::int64_t, Instant>;

/// "4200" or "#4200"; "2h", "1d ago"; "14:30" (the last time it was that late); "2026-11-22",
/// "2026-11-22 14:30", ISO 8601 with or without an offset. Times are UTC unless an offset says
/// otherwise.
Result<JournalPoint> parse_journal_point(std::string_view text, Instant now);

struct JournalQuery {
  std::optional<JournalPoint> since{};  ///< a number: after it; a moment: from it on
  std::optional<JournalPoint> until{};  ///< before it
  std::string person{};                 ///< as people write it; empty = everybody
  std::vector<std::string> kinds{};     ///< empty = all
  std::optional<std::size_t> limit{};
  bool follow = false;
};

inline constexpr std::size_t most_limit = 10'000'000;

/// `get` gives a parameter by its name, empty when absent: since, until, person, kind, limit.
Result<JournalQuery> read_journal_query(
    std::function<std::string_view(std::string_view name)> const& get, bool follow, Instant now);

}  // namespace wardroom::front
