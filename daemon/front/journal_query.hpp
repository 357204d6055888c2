/// What somebody wants to see of the journal, from the words of a command line or a URL. Pure.
#pragma once
#include "base/result.hpp"
#include "base/units.hpp"
#include "config/point.hpp"
#include "store/journal.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::front {

using JournalPoint = config::Point;

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
