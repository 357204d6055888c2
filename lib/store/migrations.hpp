/// Numbered steps of the schema: each runs once, in one transaction, in order of its number.
///
///   1-9, 51-53 store   10-19 people and fixes   20 and above: whoever adds them says so at their
///   list
#pragma once
#include "store/sqlite_connection.hpp"

#include <set>
#include <span>
#include <vector>

namespace wardroom::store {

/// The store's own steps: journal and meta.
std::span<Migration const> base_migrations();

/// `steps` and the store's own, by number, each once. Throws `internal` when two differ in name
/// only.
std::vector<Migration> complete_steps(std::vector<Migration> steps);
/// Throws `denied` when a step was applied that `steps` does not know.
void refuse_newer(std::set<std::int64_t> const& applied, std::vector<Migration> const& steps);

/// Applies what is missing of `steps` and the store's own. Throws StoreError: `denied` when the
/// store has a step we do not know (it was written by a newer version), `malformed` when it is
/// damaged, `internal` when two steps share a number.
void migrate(SqliteConnection& connection, std::vector<Migration> steps, Instant now);

}  // namespace wardroom::store
