/// The same numbered steps as SQLite's, all missing ones in one transaction.
#pragma once
#include "store/migrations.hpp"
#include "store/postgres_connection.hpp"

namespace wardroom::store {

/// Under the writer's advisory lock, which `connection` holds. Throws as migrate() for SQLite does.
void migrate(PostgresConnection& connection, std::vector<Migration> steps, Instant now);

}  // namespace wardroom::store
