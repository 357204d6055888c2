#include "features/space_sync/space_sync_store.hpp"

#include "features/space_sync/run_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>

namespace wardroom::space_sync {
using store::Row;
using store::Sql;
using store::Value;

namespace {

constexpr std::size_t kRowsAUnit = 1'000;
constexpr auto kRunsStay = std::chrono::hours(24 * 365);

std::int64_t whole(std::size_t count) { return static_cast<std::int64_t>(count); }

/// The next thousand at most, moved out.
template <class T>
std::vector<T> slice(std::vector<T>& all, std::size_t from) {
  auto const begin = all.begin() + std::ptrdiff_t(from);
  auto const length = std::min(kRowsAUnit, all.size() - from);
  return {std::make_move_iterator(begin), std::make_move_iterator(begin + std::ptrdiff_t(length))};
}

void update_step(Sql& sql, RunId run, Step const& step) {
  auto const changed = sql.run(
      "UPDATE space_sync_step SET state = $3, outcome = $4, membership = $5, at_ms = $6"
      " WHERE run = $1 AND number = $2",
      {run, step.number, std::string(name(step.state)), step.outcome, step.membership,
       step.at ? Value(unix_ms(*step.at)) : Value()});
  if (changed == 0)
    throw store::StoreError(
        Error{ErrorKind::not_found, fmt::format("run {} has no step {}", run, step.number)});
}

}  // namespace

Task<Result<RunId>> SpaceSyncStore::begin(Run run) {
  auto const entry = std::make_shared<store::JournalEntry>();
  auto const id = std::make_shared<RunId>(0);
  auto done = co_await database_.write(
      [run = std::move(run), entry, id, now = clock_.now()](Sql& sql) mutable {
        // The newest run is never removed: no number comes twice.
        run.id = sql.one("SELECT COALESCE(MAX(id), 0) FROM space_sync_run")->integer(0) + 1;
        insert_run(sql, run);
        *id = run.id;
        *entry = entry_of(run, now);
        store::insert_journal(sql, *entry);
      });
  if (!done) co_return std::unexpected(std::move(done.error()));
  journal_.publish(*entry);
  co_return *id;
}

Task<Result<void>> SpaceSyncStore::save(Run run, bool tell) {
  auto const entry = std::make_shared<store::JournalEntry>();
  auto done =
      co_await database_.write([run = std::move(run), tell, entry, now = clock_.now()](Sql& sql) {
        if (!update_run(sql, run))
          throw store::StoreError(
              Error{ErrorKind::not_found, fmt::format("there is no run {}", run.id)});
        if (!tell) return;
        *entry = entry_of(run, now);
        store::insert_journal(sql, *entry);
      });
  if (!done) co_return std::unexpected(std::move(done.error()));
  if (tell) journal_.publish(*entry);
  co_return Result<void>{};
}

/// Every row of the run, in small commits.
Task<Result<std::size_t>> SpaceSyncStore::forget_rows(std::string_view table, RunId run) {
  auto const gone = std::make_shared<std::int64_t>(0);
  std::size_t all = 0;
  auto const statement = fmt::format(
      "DELETE FROM {0} WHERE run = $1 AND number IN"
      " (SELECT number FROM {0} WHERE run = $1 ORDER BY number LIMIT $2)",
      table);
  do {
    auto done = co_await database_.write(
        [gone, statement, run](Sql& sql) { *gone = sql.run(statement, {run, whole(kRowsAUnit)}); });
    if (!done) co_return std::unexpected(std::move(done.error()));
    all += static_cast<std::size_t>(*gone);
  } while (*gone == whole(kRowsAUnit));
  co_return all;
}

Task<Result<void>> SpaceSyncStore::save_steps(RunId run, std::vector<Step> steps) {
  auto const cleared = co_await forget_rows("space_sync_step", run);
  if (!cleared) co_return std::unexpected(cleared.error());
  for (std::size_t from = 0; from < steps.size(); from += kRowsAUnit) {
    auto done = co_await database_.write(
        [run, some = slice(steps, from)](Sql& sql) { insert_steps(sql, run, some); });
    if (!done) co_return done;
  }
  co_return Result<void>{};
}

Task<Result<void>> SpaceSyncStore::save_spared(RunId run, std::vector<SparedPerson> spared) {
  auto const cleared = co_await forget_rows("space_sync_spared", run);
  if (!cleared) co_return std::unexpected(cleared.error());
  for (std::size_t from = 0; from < spared.size(); from += kRowsAUnit) {
    auto done = co_await database_.write([run, from, some = slice(spared, from)](Sql& sql) {
      for (std::size_t i = 0; i < some.size(); ++i)
        insert_spared(sql, run, whole(from + i + 1), some[i]);
    });
    if (!done) co_return done;
  }
  co_return Result<void>{};
}

Task<Result<void>> SpaceSyncStore::note_step(RunId run, Step step) {
  co_return co_await database_.write(
      [run, step = std::move(step)](Sql& sql) { update_step(sql, run, step); });
}

Task<Result<void>> SpaceSyncStore::note_steps(RunId run, std::vector<Step> steps) {
  for (std::size_t from = 0; from < steps.size(); from += kRowsAUnit) {
    auto done = co_await database_.write([run, some = slice(steps, from)](Sql& sql) {
      for (auto const& step : some) update_step(sql, run, step);
    });
    if (!done) co_return done;
  }
  co_return Result<void>{};
}

Task<Result<Run>> SpaceSyncStore::run(RunId id) {
  auto found = co_await database_.read<std::vector<Run>>(
      [id](Sql& sql) { return select_runs(sql, "WHERE id = $1", {id}); });
  if (!found) co_return std::unexpected(std::move(found.error()));
  if (found->empty())
    co_return failure(ErrorKind::not_found,
                      fmt::format("there is no run {}; see `wardroomctl sync history`", id));
  co_return std::move(found->front());
}

Task<Result<std::vector<Run>>> SpaceSyncStore::unfinished() {
  return database_.read<std::vector<Run>>([](Sql& sql) {
    return select_runs(
        sql, "WHERE state IN ($1, $2) ORDER BY id",
        {std::string(name(RunState::reading)), std::string(name(RunState::applying))});
  });
}

Task<Result<std::optional<Run>>> SpaceSyncStore::latest(std::string job,
                                                        std::optional<RunState> state,
                                                        std::optional<RunKind> kind) {
  return database_.read<std::optional<Run>>(
      [job = std::move(job), state, kind](Sql& sql) -> std::optional<Run> {
        std::vector<Value> values{job};
        std::string where = "WHERE job = $1";
        auto const want = [&](std::string_view column, std::string_view word) {
          values.emplace_back(std::string(word));
          where += fmt::format(" AND {} = ${}", column, values.size());
        };
        if (state) want("state", name(*state));
        if (kind) want("kind", name(*kind));
        auto found = select_runs(sql, where + " ORDER BY id DESC LIMIT 1", std::move(values));
        if (found.empty()) return std::nullopt;
        return std::move(found.front());
      });
}

Task<Result<std::vector<Run>>> SpaceSyncStore::history(std::string job, std::size_t limit,
                                                       RunId before) {
  return database_.read<std::vector<Run>>([job = std::move(job), limit, before](Sql& sql) {
    std::vector<Value> values{whole(limit)};
    std::string where;
    auto const want = [&](std::string_view condition, Value value) {
      values.push_back(std::move(value));
      where += fmt::format("{} {} ${}", where.empty() ? "WHERE" : " AND", condition, values.size());
    };
    if (!job.empty()) want("job =", job);
    if (before > 0) want("id <", before);
    return select_runs(sql, where + " ORDER BY id DESC LIMIT $1", std::move(values));
  });
}

Task<Result<std::vector<Step>>> SpaceSyncStore::steps(RunId run, std::int64_t after,
                                                      std::size_t limit) {
  return database_.read<std::vector<Step>>([run, after, limit](Sql& sql) {
    std::vector<Step> out;
    sql.query(fmt::format("SELECT {} FROM space_sync_step WHERE run = $1 AND number > $2"
                          " ORDER BY number LIMIT $3",
                          step_columns),
              {run, after, whole(limit)}, [&](Row const& row) { out.push_back(step_from(row)); });
    return out;
  });
}

Task<Result<std::vector<SparedPerson>>> SpaceSyncStore::spared(RunId run, std::size_t limit) {
  return database_.read<std::vector<SparedPerson>>([run, limit](Sql& sql) {
    std::vector<SparedPerson> out;
    sql.query(
        fmt::format("SELECT {} FROM space_sync_spared WHERE run = $1 ORDER BY number LIMIT $2",
                    spared_columns),
        {run, whole(limit)}, [&](Row const& row) { out.push_back(spared_from(row)); });
    return out;
  });
}

Task<Result<std::unordered_set<Uuid>>> SpaceSyncStore::removed_since(std::string job, RunId run,
                                                                     std::string space) {
  return database_.read<std::unordered_set<Uuid>>(
      [job = std::move(job), run, space = std::move(space)](Sql& sql) {
        std::unordered_set<Uuid> out;
        sql.query(
            "SELECT s.person FROM space_sync_run r JOIN space_sync_step s ON s.run = r.id"
            " WHERE r.job = $1 AND r.id > $2 AND s.act = $3 AND s.state IN ($4, $5, $6)"
            " AND ($7 = '' OR r.space = $7)",
            {job, run, std::string(name(Act::remove)), std::string(name(StepState::begun)),
             std::string(name(StepState::done)), std::string(name(StepState::already)), space},
            [&](Row const& row) { out.insert(uuid_from(row.text(0))); });
        return out;
      });
}

Task<Result<std::size_t>> SpaceSyncStore::forget_before(Instant cutoff) {
  std::size_t all = 0;
  for (;;) {
    auto const old = co_await database_.read<RunId>([cutoff](Sql& sql) {
      auto const row = sql.one(
          "SELECT id FROM space_sync_run WHERE emptied = 0 AND began_ms < $1"
          " AND state NOT IN ($2, $3) ORDER BY began_ms LIMIT 1",
          {unix_ms(cutoff), std::string(name(RunState::reading)),
           std::string(name(RunState::applying))});
      return row ? row->integer(0) : RunId(0);
    });
    if (!old) co_return std::unexpected(old.error());
    if (*old == 0) break;
    for (auto const table : {"space_sync_step", "space_sync_spared"}) {
      auto const gone = co_await forget_rows(table, *old);
      if (!gone) co_return std::unexpected(gone.error());
      all += *gone;
    }
    auto const noted = co_await database_.write([run = *old](Sql& sql) {
      sql.run("UPDATE space_sync_run SET emptied = 1 WHERE id = $1", {run});
    });
    if (!noted) co_return std::unexpected(noted.error());
  }
  auto const year = clock_.now() - kRunsStay;
  auto const done = co_await database_.write([year](Sql& sql) {
    sql.run(
        "DELETE FROM space_sync_run WHERE id IN (SELECT id FROM space_sync_run WHERE emptied = 1"
        " AND began_ms < $1 AND id < (SELECT MAX(id) FROM space_sync_run)"
        " ORDER BY began_ms LIMIT $2)",
        {unix_ms(year), whole(kRowsAUnit)});
  });
  if (!done) co_return std::unexpected(done.error());
  co_return all;
}

}  // namespace wardroom::space_sync
