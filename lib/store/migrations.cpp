#include "store/migrations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace wardroom::store {

namespace {

constexpr Migration steps_of_store[] = {
    {1, "meta", "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)"},
    {2, "journal", R"(
      CREATE TABLE journal (
        seq INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        kind TEXT NOT NULL,
        person_no INTEGER NOT NULL,
        call TEXT NOT NULL,
        body TEXT NOT NULL);
      CREATE INDEX journal_call ON journal (call, seq) WHERE call <> '';
      CREATE INDEX journal_person ON journal (person_no, seq) WHERE person_no <> 0)"},
    {51, "the journal by kind", "CREATE INDEX journal_kind ON journal (kind, seq)"},
};

std::set<std::int64_t> applied_steps(SqliteConnection& connection) {
  connection.script(
      "CREATE TABLE IF NOT EXISTS schema_migrations ("
      "number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_ms INTEGER NOT NULL)");
  std::set<std::int64_t> numbers;
  connection.query("SELECT number FROM schema_migrations", {},
                   [&](Row const& row) { numbers.insert(row.integer(0)); });
  return numbers;
}

void apply(SqliteConnection& connection, Migration const& step, Instant now) {
  connection.script("BEGIN IMMEDIATE");
  try {
    connection.script(step.sql);
    connection.run("INSERT INTO schema_migrations (number, name, applied_ms) VALUES ($1, $2, $3)",
                   {std::int64_t{step.number}, std::string(step.name), unix_ms(now)});
    connection.script("COMMIT");
  } catch (StoreError const& e) {
    if (connection.in_transaction()) connection.script("ROLLBACK");
    auto error = e.error();
    error.what = fmt::format("schema step {} ({}) failed, nothing of it was kept: {}", step.number,
                             step.name, error.what);
    throw StoreError(std::move(error));
  }
}

}  // namespace

std::span<Migration const> base_migrations() { return steps_of_store; }

void refuse_newer(std::set<std::int64_t> const& applied, std::vector<Migration> const& steps) {
  auto const known = [&](std::int64_t number) {
    return std::ranges::any_of(steps, [&](Migration const& m) { return m.number == number; });
  };
  auto const highest_known = steps.empty() ? 0 : steps.back().number;
  for (auto const number : applied)
    if (!known(number))
      throw StoreError(Error{
          ErrorKind::denied,
          fmt::format("the store has schema step {}, this program knows steps up to {}: it was "
                      "written by a newer version; start that one, or restore the backup made "
                      "before the upgrade",
                      number, highest_known)});
}

std::vector<Migration> complete_steps(std::vector<Migration> steps) {
  steps.insert(steps.end(), std::begin(steps_of_store), std::end(steps_of_store));
  std::ranges::sort(steps, {}, &Migration::number);
  auto const same = std::ranges::unique(
      steps, [](auto const& a, auto const& b) { return a.number == b.number && a.name == b.name; });
  steps.erase(same.begin(), same.end());
  auto const twice = std::ranges::adjacent_find(steps, {}, &Migration::number);
  if (twice != steps.end())
    throw StoreError(Error{ErrorKind::internal,
                           fmt::format("two schema steps have the number {}: {} and {}",
                                       twice->number, twice->name, std::next(twice)->name)});
  return steps;
}

void migrate(SqliteConnection& connection, std::vector<Migration> steps, Instant now) {
  steps = complete_steps(std::move(steps));
  auto const applied = applied_steps(connection);
  refuse_newer(applied, steps);
  for (auto const& step : steps)
    if (!applied.contains(step.number)) apply(connection, step, now);
}

}  // namespace wardroom::store
