/// What was noted and is not in the store yet; the newest of each key. Pure.
#pragma once
#include "features/security_notices/security_notices_store.hpp"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace wardroom::security_notices {

/// A level on its way into the store, and what the journal tells of it.
struct NotedLevel {
  std::uint64_t number = 0;
  LevelRow row;
  std::optional<store::JournalEntry> entry{};
  bool again = false;  ///< its commit failed; it may be there all the same
};

struct NotedShown {
  std::optional<Instant> at{};
  std::string trouble{};
};

struct NotedRows {
  using StayKey = std::tuple<std::string, std::string, Instant>;
  std::map<std::string, ConferenceRow> conferences;
  std::map<StayKey, StayRow> stays;
  std::map<std::string, OrderMark> marks;
  std::vector<NotedLevel> levels;             ///< in order
  std::map<std::uint64_t, NotedShown> shown;  ///< by the number of the level
  std::vector<store::JournalEntry> entries;

  std::size_t size() const {
    return conferences.size() + stays.size() + marks.size() + levels.size() + shown.size() +
           entries.size();
  }
  bool empty() const { return size() == 0; }
  /// Of levels that are not stored themselves yet, what was shown is told by their rows.
  void fold_shown();
  /// Those of a commit that failed come back; what was noted since is newer.
  void take_back(NotedRows failed);
};

}  // namespace wardroom::security_notices
