#include "store/batch.hpp"

#include "base/planted.hpp"
#include "store/failpoint.hpp"

namespace wardroom::store {

namespace {

[[maybe_unused]] StoreError injected() {
  return StoreError(Error{ErrorKind::unavailable, "an I/O error was injected"});
}

Result<void> run_unit(SqliteConnection& connection, Unit const& unit) {
  connection.run("SAVEPOINT unit");
  Error error;
  try {
    unit(connection);
    connection.run("RELEASE unit");
    return {};
  } catch (StoreError const& e) {
    error = e.error();
  } catch (std::exception const& e) {
    error = Error{ErrorKind::internal, std::string("a unit of writing failed: ") + e.what()};
  }
  // Some errors (disk full, I/O) make SQLite roll back everything: then no unit of the batch holds.
  // And into a damaged file nothing more is written.
  if (!connection.in_transaction() || connection.damaged()) throw StoreError(error);
  connection.run("ROLLBACK TO unit");
  connection.run("RELEASE unit");
  return std::unexpected(std::move(error));
}

}  // namespace

BatchResult failed_batch(std::size_t units, Error error) {
  BatchResult out;
  out.answers.assign(units, std::unexpected(error));
  if (WARDROOM_PLANTED("failed-commit-answered-ok")) out.answers.assign(units, {});
  out.trouble = std::move(error);
  return out;
}

BatchResult run_batch(SqliteConnection& connection, std::span<Unit const> units) {
  BatchResult out;
  out.answers.reserve(units.size());
  try {
    connection.run("BEGIN IMMEDIATE");
    for (auto const& unit : units) out.answers.push_back(run_unit(connection, unit));
    if (WARDROOM_FAILPOINT("writer.before_commit")) throw injected();
    connection.run("COMMIT");
    if (WARDROOM_FAILPOINT("writer.after_commit")) throw injected();
    return out;
  } catch (StoreError const& e) {
    return failed_batch(units.size(), e.error());
  }
}

}  // namespace wardroom::store
