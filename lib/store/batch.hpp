/// Runs the units of one batch in one transaction, a savepoint each.
#pragma once
#include "store/database.hpp"
#include "store/sqlite_connection.hpp"

#include <span>
#include <vector>

namespace wardroom::store {

struct BatchResult {
  std::vector<Result<void>> answers;  ///< one per unit, in order
  std::optional<Error>
      trouble{};         ///< set when nothing was committed; then every answer is an error
  bool damaged = false;  ///< the file itself is damaged: nothing will be written any more
};

/// On the writer's thread. A unit that throws is rolled back alone; a failing BEGIN or COMMIT, or a
/// transaction SQLite gave up by itself, fails all. After `trouble` the handle must not be used
/// again: what a failed fsync left behind is unknown.
BatchResult run_batch(SqliteConnection& connection, std::span<Unit const> units);

/// Every unit answered with the same error.
BatchResult failed_batch(std::size_t units, Error error);

}  // namespace wardroom::store
