/// Rows of conferences, stays, levels and marks as the store's tables have them. On the writer's
/// and reader's threads.
#pragma once
#include "features/security_notices/security_notices_store.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::security_notices {

/// What a bridge sent, so that both engines take it: valid UTF-8, no NUL, not longer than `most`.
std::string storable(std::string text, std::size_t most);
/// The same of what is part of a key; what is too long keeps its difference in a digest.
std::string storable_key(std::string text);

void put_conferences(store::Sql& sql, std::span<ConferenceRow const> rows);
void put_stays(store::Sql& sql, std::span<StayRow const> rows);
void put_mark(store::Sql& sql, std::string const& bridge, OrderMark const& mark);
/// Gives it the next seq.
void put_level(store::Sql& sql, LevelRow& row);
/// The seq of a level that is there already; 0 = it is not.
std::int64_t find_level(store::Sql& sql, LevelRow const& row);
/// `at` absent = it was not shown.
void put_shown(store::Sql& sql, std::int64_t seq, std::optional<Instant> at,
               std::string const& trouble);

/// `rest` = WHERE, ORDER BY, LIMIT.
std::vector<ConferenceRow> select_conferences(store::Sql& sql, std::string_view rest,
                                              std::span<store::Value const> values);
std::vector<StayRow> select_stays(store::Sql& sql, std::string_view rest,
                                  std::span<store::Value const> values);
std::vector<LevelRow> select_levels(store::Sql& sql, std::string_view rest,
                                    std::span<store::Value const> values);
std::map<std::string, OrderMark> select_marks(store::Sql& sql);

}  // namespace wardroom::security_notices
