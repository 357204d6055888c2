#include "store/postgres_migrations.hpp"

#include "store/postgres_dialect.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::store {

namespace {

constexpr std::string_view own_table =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_ms INTEGER NOT NULL)";

/// Which batch was committed last: see postgres_batch.hpp.
constexpr std::string_view batch_table =
    "CREATE TABLE IF NOT EXISTS writer_batch (one SMALLINT PRIMARY KEY, token TEXT NOT NULL)";

void apply(PostgresConnection& connection, Migration const& step, Instant now) {
  try {
    connection.script(postgres_schema(step.sql));
    connection.run("INSERT INTO schema_migrations (number, name, applied_ms) VALUES ($1, $2, $3)",
                   {std::int64_t{step.number}, std::string(step.name), unix_ms(now)});
  } catch (StoreError const& e) {
    auto error = e.error();
    error.what = fmt::format("schema step {} ({}) failed, the store stays as it was: {}",
                             step.number, step.name, error.what);
    throw StoreError(std::move(error));
  }
}

void apply_missing(PostgresConnection& connection, std::vector<Migration> const& steps,
                   Instant now) {
  connection.script(postgres_schema(own_table));
  connection.script(batch_table);
  std::set<std::int64_t> applied;
  connection.query("SELECT number FROM schema_migrations", {},
                   [&](Row const& row) { applied.insert(row.integer(0)); });
  refuse_newer(applied, steps);
  for (auto const& step : steps)
    if (!applied.contains(step.number)) apply(connection, step, now);
}

}  // namespace

void migrate(PostgresConnection& connection, std::vector<Migration> steps, Instant now) {
  steps = complete_steps(std::move(steps));
  // An index over a big table takes its time.
  connection.script(
      "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL client_min_messages = warning");
  try {
    apply_missing(connection, steps, now);
    connection.script("COMMIT");
  } catch (StoreError const&) {
    if (connection.alive()) connection.script("ROLLBACK");
    throw;
  }
}

}  // namespace wardroom::store
