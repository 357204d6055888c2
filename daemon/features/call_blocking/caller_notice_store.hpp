/// Keeps whom we told of ended calls, so that a restart tells nobody twice.
#pragma once
#include "features/call_blocking/caller_notice.hpp"
#include "store/journal.hpp"

#include <vector>

namespace wardroom::call_blocking {

inline constexpr store::Migration caller_notice_migration{
    37, "people who were told of ended calls",
    "CREATE TABLE caller_notice (person_no BIGINT NOT NULL PRIMARY KEY, since_ms BIGINT NOT NULL,"
    " last_ms BIGINT NOT NULL, reason TEXT NOT NULL, words TEXT NOT NULL, told TEXT NOT NULL,"
    " told_ms BIGINT NOT NULL, attempts BIGINT NOT NULL, detail TEXT NOT NULL,"
    " ended BIGINT NOT NULL, messages TEXT NOT NULL)"};

/// Inside a read.
std::vector<NoticeRow> notice_rows(store::Sql& sql);
/// Inside a unit.
void put_notice(store::Sql& sql, NoticeRow const& row);
void drop_notice(store::Sql& sql, PersonNo person);

/// The journal's entry about an episode whose message ended; without its words.
store::JournalEntry notice_entry(NoticeRow const& row, Instant now);

}  // namespace wardroom::call_blocking
