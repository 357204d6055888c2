/// The kinds of journal entries and how each is drawn in a line: the one place for the live pages,
/// `events`, the history and reports. A feature that tells something new adds its row here.
#pragma once
#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <string_view>

namespace wardroom::store {

using JournalBody = nlohmann::ordered_json;

struct JournalKind {
  std::string_view name;     ///< as in the table: "decision"
  std::string_view title;    ///< as people choose it: "Decisions"
  std::string_view summary;  ///< what its entries tell
  /// One sentence without time and person; members that are absent are left out.
  std::string (*line)(JournalBody const& body);
  /// "good", "warning", "bad", or empty.
  std::string_view (*tone)(JournalBody const& body);
};

std::span<JournalKind const> journal_kinds();
JournalKind const* find_journal_kind(std::string_view name);

/// By the entry's kind; an unknown kind is drawn member by member.
std::string journal_line(std::string_view kind, JournalBody const& body);
std::string_view journal_tone(std::string_view kind, JournalBody const& body);

}  // namespace wardroom::store
