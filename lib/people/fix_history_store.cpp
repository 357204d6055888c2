#include "people/fix_history_store.hpp"

#include <algorithm>
#include <limits>

namespace wardroom::people {
using store::Blob;
using store::Row;
using store::Sql;

namespace {

constexpr std::int64_t kRowsAPage = 4'096;
constexpr std::int64_t kFixesAPage = 50'000;
constexpr std::int64_t kRowsForgotten = 500;  // in one unit
constexpr std::int64_t kRowsErased = 64;

/// The number of the last batch of a page that begins after `after`, and how many batches it has.
struct Stretch {
  std::int64_t last = 0, rows = 0;
  bool end = false;
};
/// Batches that begin later than `until_ms` are passed over, and count as looked at: whoever asks
/// for a day of last week is not to hold up others with all that came since.
Stretch stretch_after(Sql& sql, std::int64_t after, std::int64_t until_ms) {
  Stretch out{.last = after};
  std::int64_t seen = 0, fixes = 0;
  bool full = false;
  sql.query("SELECT seq, fixes, from_ms FROM fix_history WHERE seq > $1 ORDER BY seq LIMIT $2",
            {after, kRowsAPage}, [&](Row const& row) {
              ++seen;
              bool const wanted = row.integer(2) <= until_ms;
              if (wanted) fixes += row.integer(1);
              full = full || (wanted && out.rows > 0 && fixes > kFixesAPage);
              if (full) return;
              out.last = row.integer(0);
              out.rows += wanted ? 1 : 0;
            });
  out.end = !full && seen < kRowsAPage;
  return out;
}

/// What some batches after `after` come to; of those that begin later only `last` is told.
struct Sums {
  std::int64_t last = 0, looked_at = 0, batches = 0, fixes = 0, bytes = 0;
};
Sums sums_after(Sql& sql, std::int64_t after, std::int64_t until_ms) {
  auto const row = sql.one(
      "SELECT COUNT(*), COALESCE(MAX(seq), 0),"
      " CAST(COALESCE(SUM(CASE WHEN from_ms <= $2 THEN 1 ELSE 0 END), 0) AS BIGINT),"
      " CAST(COALESCE(SUM(CASE WHEN from_ms <= $2 THEN fixes ELSE 0 END), 0) AS BIGINT),"
      " CAST(COALESCE(SUM(CASE WHEN from_ms <= $2 THEN bytes ELSE 0 END), 0) AS BIGINT)"
      " FROM (SELECT seq, from_ms, fixes, LENGTH(blob) AS bytes FROM fix_history"
      " WHERE seq > $1 ORDER BY seq LIMIT $3) AS slice",
      {after, until_ms, kRowsAPage});
  return {.last = row->integer(1),
          .looked_at = row->integer(0),
          .batches = row->integer(2),
          .fixes = row->integer(3),
          .bytes = row->integer(4)};
}

/// All batches after `after`, in slices: there may be millions.
Task<Result<Sums>> sums_of(store::Database& database, std::int64_t after, std::int64_t until_ms) {
  Sums all{.last = after};
  for (;;) {
    auto const some = co_await database.read<Sums>(
        [from = all.last, until_ms](Sql& sql) { return sums_after(sql, from, until_ms); });
    if (!some) co_return std::unexpected(some.error());
    all.last = std::max(all.last, some->last);
    all.batches += some->batches;
    all.fixes += some->fixes;
    all.bytes += some->bytes;
    if (some->looked_at < kRowsAPage) co_return all;
  }
}

FixHistoryPage read_page(Sql& sql, std::int64_t after, std::int64_t until_ms) {
  auto const extent = stretch_after(sql, after, until_ms);
  FixHistoryPage out{.last = extent.last, .end = extent.end};
  out.blobs.reserve(static_cast<std::size_t>(extent.rows));
  sql.query(
      "SELECT blob FROM fix_history WHERE seq > $1 AND seq <= $2 AND from_ms <= $3 ORDER BY seq",
      {after, extent.last, until_ms}, [&](Row const& row) { out.blobs.push_back(row.blob(0)); });
  return out;
}

/// Batches of a page that somebody is in, or that cannot be read.
struct Found {
  std::vector<std::int64_t> seqs;
  std::int64_t last = 0;
  bool end = false;
};
Found find_person(Sql& sql, std::int64_t after, PersonNo person) {
  auto const extent = stretch_after(sql, after, std::numeric_limits<std::int64_t>::max());
  Found out{.last = extent.last, .end = extent.end};
  sql.query("SELECT seq, blob FROM fix_history WHERE seq > $1 AND seq <= $2 ORDER BY seq",
            {after, extent.last}, [&](Row const& row) {
              auto const fixes = decode_batch(row.blob(1));
              if (!fixes || std::ranges::find(*fixes, person, &StoredFix::person) != fixes->end())
                out.seqs.push_back(row.integer(0));
            });
  return out;
}

/// The batch without this person; how many fixes went. Errors throw, and the unit is rolled back.
std::int64_t erase_from(Sql& sql, std::int64_t seq, PersonNo person) {
  auto const row = sql.one("SELECT blob FROM fix_history WHERE seq = $1", {seq});
  if (!row) return 0;  // swept meanwhile
  auto fixes = decode_batch(row->blob(0)).value_or(std::vector<StoredFix>{});
  auto const gone =
      std::erase_if(fixes, [person](StoredFix const& fix) { return fix.person == person; });
  if (fixes.empty()) {
    sql.run("DELETE FROM fix_history WHERE seq = $1", {seq});
  } else {
    sql.run("UPDATE fix_history SET fixes = $1, blob = $2 WHERE seq = $3",
            {static_cast<std::int64_t>(fixes.size()), Blob{encode_batch(fixes)}, seq});
  }
  return static_cast<std::int64_t>(gone);
}

}  // namespace

void keep_batch(Sql& sql, std::int64_t seq, std::vector<StoredFix> const& fixes, std::string blob) {
  auto const [first, last] = std::ranges::minmax(fixes, {}, &StoredFix::wall_ms);
  sql.run("INSERT INTO fix_history (seq, from_ms, to_ms, fixes, blob) VALUES ($1, $2, $3, $4, $5)",
          {seq, first.wall_ms, last.wall_ms, static_cast<std::int64_t>(fixes.size()),
           Blob{std::move(blob)}});
}

std::int64_t last_kept(Sql& sql) {
  return sql.one("SELECT COALESCE(MAX(seq), 0) FROM fix_history")->integer(0);
}

Task<Result<FixHistorySize>> FixHistoryStore::size() {
  auto const sums = co_await sums_of(database_, 0, std::numeric_limits<std::int64_t>::max());
  if (!sums) co_return std::unexpected(sums.error());
  auto const oldest = co_await database_.read<std::optional<Instant>>([](Sql& sql) {
    auto const first = sql.one("SELECT from_ms FROM fix_history ORDER BY seq LIMIT 1");
    return first ? std::optional(from_unix_ms(first->integer(0))) : std::nullopt;
  });
  if (!oldest) co_return std::unexpected(oldest.error());
  // Swept between the two readings: nothing is left.
  if (!*oldest) co_return FixHistorySize{};
  co_return FixHistorySize{
      .oldest = *oldest, .batches = sums->batches, .fixes = sums->fixes, .bytes = sums->bytes};
}

Task<Result<std::int64_t>> FixHistoryStore::forget_before(Instant cutoff) {
  std::int64_t all = 0;
  for (;;) {
    auto const gone = std::make_shared<std::int64_t>(0);
    auto const done = co_await database_.write([gone, cutoff](Sql& sql) {
      *gone = sql.run(
          "DELETE FROM fix_history WHERE seq IN"
          " (SELECT seq FROM fix_history WHERE to_ms < $1 ORDER BY to_ms LIMIT $2)",
          {unix_ms(cutoff), kRowsForgotten});
    });
    if (!done) co_return std::unexpected(done.error());
    all += *gone;
    if (*gone < kRowsForgotten) break;
  }
  // The latest start before the history says how the daemon stood when it begins.
  auto const done = co_await database_.write([cutoff](Sql& sql) {
    sql.run(
        "DELETE FROM fix_history_start WHERE at_ms <"
        " (SELECT COALESCE(MAX(at_ms), 0) FROM fix_history_start WHERE at_ms <= $1)",
        {unix_ms(cutoff)});
  });
  if (!done) co_return std::unexpected(done.error());
  co_return all;
}

Task<Result<FixHistoryStore::Extent>> FixHistoryStore::extent(Instant from, Instant until) {
  auto const after = co_await database_.read<std::int64_t>([from](Sql& sql) {
    auto const last = sql.one(
        "SELECT seq FROM fix_history WHERE to_ms < $1 ORDER BY to_ms DESC, seq DESC LIMIT 1",
        {unix_ms(from)});
    return last ? last->integer(0) : 0;
  });
  if (!after) co_return std::unexpected(after.error());
  auto const sums = co_await sums_of(database_, *after, unix_ms(until));
  if (!sums) co_return std::unexpected(sums.error());
  co_return Extent{.after = *after, .fixes = sums->fixes};
}

Task<Result<FixHistoryPage>> FixHistoryStore::page(std::int64_t after, Instant until) {
  co_return co_await database_.read<FixHistoryPage>(
      [after, until](Sql& sql) { return read_page(sql, after, unix_ms(until)); });
}

Task<Result<void>> FixHistoryStore::note_start(Instant at) {
  co_return co_await database_.write([at](Sql& sql) {
    sql.run("INSERT INTO fix_history_start (at_ms) VALUES ($1) ON CONFLICT (at_ms) DO NOTHING",
            {unix_ms(at)});
  });
}

Task<Result<std::vector<Instant>>> FixHistoryStore::starts() {
  co_return co_await database_.read<std::vector<Instant>>([](Sql& sql) {
    std::vector<Instant> out;
    sql.query("SELECT at_ms FROM fix_history_start ORDER BY at_ms", {},
              [&](Row const& row) { out.push_back(from_unix_ms(row.integer(0))); });
    return out;
  });
}

Task<Result<std::int64_t>> FixHistoryStore::erase(PersonNo person) {
  std::int64_t all = 0, after = 0;
  for (;;) {
    auto const found = co_await database_.read<Found>(
        [after, person](Sql& sql) { return find_person(sql, after, person); });
    if (!found) co_return std::unexpected(found.error());
    for (std::size_t i = 0; i < found->seqs.size(); i += kRowsErased) {
      auto const stop = std::min(i + kRowsErased, found->seqs.size());
      std::vector<std::int64_t> const slice(
          found->seqs.begin() + static_cast<std::ptrdiff_t>(i),
          found->seqs.begin() + static_cast<std::ptrdiff_t>(stop));
      auto const gone = std::make_shared<std::int64_t>(0);
      auto const done = co_await database_.write([gone, slice, person](Sql& sql) {
        *gone = 0;
        for (auto const seq : slice) *gone += erase_from(sql, seq, person);
      });
      if (!done) co_return std::unexpected(done.error());
      all += *gone;
    }
    if (found->end) co_return all;
    after = found->last;
  }
}

}  // namespace wardroom::people
