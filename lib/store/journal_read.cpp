#include "store/journal.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::store {

namespace {

/// The conditions of a filter as SQL, and their values.
struct Conditions {
  std::string sql;
  std::vector<Value> values;

  void add(std::string_view left, Value value) {
    values.push_back(std::move(value));
    sql += fmt::format("{} {} ${}", sql.empty() ? " WHERE" : " AND", left, values.size());
  }
  void add_kinds(std::vector<std::string> const& kinds) {
    if (kinds.empty()) return;
    std::string list;
    for (auto const& kind : kinds) {
      values.emplace_back(kind);
      list += fmt::format("{}${}", list.empty() ? "" : ", ", values.size());
    }
    sql += fmt::format("{} kind IN ({})", sql.empty() ? " WHERE" : " AND", list);
  }
};

Conditions conditions(JournalFilter const& filter) {
  Conditions out;
  // The literal halves let the partial indexes apply.
  if (!filter.call.empty()) {
    out.add("call <> '' AND call =", filter.call);
  }
  if (filter.person_no != 0)
    out.add("person_no <> 0 AND person_no =", std::int64_t{filter.person_no});
  out.add_kinds(filter.kinds);
  return out;
}

std::vector<JournalEntry> collect(Sql& sql, Conditions& where, std::string_view order,
                                  std::size_t limit) {
  where.values.emplace_back(static_cast<std::int64_t>(limit));
  auto const text = fmt::format(
      "SELECT seq, at_ms, kind, person_no, call, body FROM journal{} ORDER BY seq{} LIMIT ${}",
      where.sql, order, where.values.size());
  std::vector<JournalEntry> out;
  sql.query(text, where.values, [&](Row const& row) {
    out.push_back({.seq = row.integer(0),
                   .at = from_unix_ms(row.integer(1)),
                   .kind = row.text(2),
                   .person_no = static_cast<PersonNo>(row.integer(3)),
                   .call = row.text(4),
                   .body = row.text(5)});
  });
  return out;
}

}  // namespace

bool matches(JournalFilter const& filter, JournalEntry const& entry) {
  if (filter.person_no != 0 && filter.person_no != entry.person_no) return false;
  if (!filter.call.empty() && filter.call != entry.call) return false;
  return filter.kinds.empty() || std::ranges::find(filter.kinds, entry.kind) != filter.kinds.end();
}

void insert_journal(Sql& sql, JournalEntry& entry) {
  auto const row = sql.one(
      "INSERT INTO journal (at_ms, kind, person_no, call, body) VALUES ($1, $2, $3, $4, $5) "
      "RETURNING seq",
      {unix_ms(entry.at), entry.kind, std::int64_t{entry.person_no}, entry.call, entry.body});
  entry.seq = row->integer(0);
}

std::vector<JournalEntry> journal_since(Sql& sql, std::int64_t seq, JournalFilter const& filter,
                                        std::size_t limit) {
  auto where = conditions(filter);
  where.add("seq >", seq);
  return collect(sql, where, "", limit);
}

std::vector<JournalEntry> journal_latest(Sql& sql, JournalFilter const& filter, std::size_t limit,
                                         std::int64_t before) {
  auto where = conditions(filter);
  if (before > 0) where.add("seq <", before);
  return collect(sql, where, " DESC", limit);
}

std::size_t forget_journal(Sql& sql, Instant cutoff, std::size_t limit) {
  auto const last = sql.one("SELECT COALESCE(MAX(seq), 0) FROM journal")->integer(0);
  // Entries lie in the order of their time but for jumps of the wall clock: take the old end only.
  std::int64_t upto = 0;
  std::size_t count = 0;
  bool young = false;
  sql.query("SELECT seq, at_ms FROM journal WHERE seq < $1 ORDER BY seq LIMIT $2",
            {last, static_cast<std::int64_t>(limit)}, [&](Row const& row) {
              young = young || row.integer(1) >= unix_ms(cutoff);
              if (young) return;
              upto = row.integer(0);
              ++count;
            });
  if (count > 0) sql.run("DELETE FROM journal WHERE seq <= $1", {upto});
  return count;
}

}  // namespace wardroom::store
