#include "store/journal.hpp"
#include "store/meta.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace wardroom::store {

namespace {

constexpr std::string_view forgotten_key = "journal.forgotten";

/// The conditions of a filter as SQL, and their values.
struct Conditions {
  std::string sql;
  std::vector<Value> values;

  void add(std::string_view left, Value value) {
    values.push_back(std::move(value));
    sql += fmt::format("{} {} ${}", sql.empty() ? " WHERE" : " AND", left, values.size());
  }
  /// `column` as it is compared: an expression keeps the planner off the column's index.
  void add_kinds(std::string_view column, std::vector<std::string> const& kinds) {
    std::string list;
    for (auto const& kind : kinds) {
      values.emplace_back(kind);
      list += fmt::format("{}${}", list.empty() ? "" : ", ", values.size());
    }
    sql += fmt::format("{} {} IN ({})", sql.empty() ? " WHERE" : " AND", column, list);
  }
};

/// Between two numbers, neither of them included; 0 = no bound.
struct Span {
  std::int64_t after = 0, before = 0;
  bool newest_first = false;
};

std::vector<JournalEntry> collect(Sql& sql, Conditions where, Span const& span, std::size_t limit) {
  if (span.after > 0) where.add("seq >", span.after);
  if (span.before > 0) where.add("seq <", span.before);
  where.values.emplace_back(static_cast<std::int64_t>(limit));
  auto const text = fmt::format(
      "SELECT seq, at_ms, kind, person_no, call, body FROM journal{} ORDER BY seq{} LIMIT ${}",
      where.sql, span.newest_first ? " DESC" : "", where.values.size());
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

/// Of several kinds each is read by its index and the first of all are kept: a planner would sort
/// all rows of all kinds, or walk the whole journal for a rare one.
std::vector<JournalEntry> collect_kinds(Sql& sql, std::vector<std::string> const& kinds,
                                        Span const& span, std::size_t limit) {
  std::vector<JournalEntry> out;
  for (auto const& kind : kinds) {
    Conditions where;
    where.add("kind =", kind);
    std::ranges::move(collect(sql, std::move(where), span, limit), std::back_inserter(out));
    std::ranges::sort(
        out, [&](std::int64_t a, std::int64_t b) { return span.newest_first ? a > b : a < b; },
        &JournalEntry::seq);
    if (out.size() > limit) out.resize(limit);
  }
  return out;
}

std::vector<JournalEntry> read(Sql& sql, JournalFilter const& filter, Span const& span,
                               std::size_t limit) {
  if (limit == 0) return {};
  if (filter.call.empty() && filter.person_no == 0 && !filter.kinds.empty()) {
    auto kinds = filter.kinds;
    std::ranges::sort(kinds);
    kinds.erase(std::ranges::unique(kinds).begin(), kinds.end());
    return collect_kinds(sql, kinds, span, limit);
  }
  Conditions where;
  // The literal halves let the partial indexes apply.
  if (!filter.call.empty()) where.add("call <> '' AND call =", filter.call);
  if (filter.person_no != 0)
    where.add("person_no <> 0 AND person_no =", std::int64_t{filter.person_no});
  if (!filter.kinds.empty()) where.add_kinds("kind || ''", filter.kinds);
  return collect(sql, std::move(where), span, limit);
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t out = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
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
      "INSERT INTO journal (seq, at_ms, kind, person_no, call, body) "
      "VALUES ((SELECT COALESCE(MAX(seq), 0) + 1 FROM journal), $1, $2, $3, $4, $5) RETURNING seq",
      {unix_ms(entry.at), entry.kind, std::int64_t{entry.person_no}, entry.call, entry.body});
  entry.seq = row->integer(0);
}

std::vector<JournalEntry> journal_since(Sql& sql, std::int64_t seq, JournalFilter const& filter,
                                        std::size_t limit, std::int64_t before) {
  return read(sql, filter, {.after = seq, .before = before}, limit);
}

std::vector<JournalEntry> journal_latest(Sql& sql, JournalFilter const& filter, std::size_t limit,
                                         std::int64_t before, std::int64_t after) {
  return read(sql, filter, {.after = after, .before = before, .newest_first = true}, limit);
}

std::int64_t journal_seq_at(Sql& sql, Instant at) {
  // One aggregate a query: SQLite finds a single MIN or MAX without walking the table.
  auto const ends = sql.one(
      "SELECT COALESCE((SELECT MIN(seq) FROM journal), 1), "
      "COALESCE((SELECT MAX(seq) FROM journal), 0)");
  // Halves the numbers between: the answer lies in [low, high].
  auto low = ends->integer(0), high = ends->integer(1) + 1;
  while (low < high) {
    auto const middle = low + (high - low) / 2;
    auto const row =
        sql.one("SELECT seq, at_ms FROM journal WHERE seq >= $1 ORDER BY seq LIMIT 1", {middle});
    if (!row || row->integer(1) >= unix_ms(at))
      high = middle;
    else
      low = row->integer(0) + 1;
  }
  return low;
}

std::int64_t journal_forgotten(Sql& sql) {
  auto const kept = get_meta(sql, forgotten_key);
  return kept ? number(*kept).value_or(0) : 0;
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
  if (count > 0) {
    sql.run("DELETE FROM journal WHERE seq <= $1", {upto});
    set_meta(sql, forgotten_key, std::to_string(upto));
  }
  return count;
}

JournalExtent journal_extent(Sql& sql) {
  auto const counts =
      sql.one("SELECT (SELECT COUNT(*) FROM journal), COALESCE((SELECT MAX(seq) FROM journal), 0)");
  JournalExtent out{.entries = counts->integer(0),
                    .last_seq = counts->integer(1),
                    .forgotten = journal_forgotten(sql)};
  if (auto const first = sql.one("SELECT at_ms FROM journal ORDER BY seq LIMIT 1"))
    out.oldest = from_unix_ms(first->integer(0));
  return out;
}

}  // namespace wardroom::store
