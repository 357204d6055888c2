#include "store/open_store.hpp"

#include "store/postgres_connection.hpp"
#include "store/postgres_database.hpp"
#include "store/sqlite_database.hpp"

#include <fmt/format.h>

namespace wardroom::store {
namespace {

constexpr std::string_view sqlite_scheme = "sqlite:";

bool is_postgres(std::string_view url) {
  return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

/// A made engine, as the port it is behind.
template <class Opened>
Result<std::unique_ptr<Database>> as_port(Result<std::unique_ptr<Opened>> opened) {
  if (!opened) return std::unexpected(std::move(opened.error()));
  return std::move(*opened);
}

}  // namespace

Result<Engine> engine_of(std::string_view url) {
  if (url.starts_with("sqlite:/") && !url.starts_with("sqlite://") && !url.ends_with('/'))
    return Engine::sqlite;
  if (is_postgres(url)) {
    if (auto sound = check_postgres_url(url); !sound) return std::unexpected(sound.error());
    return Engine::postgres;
  }
  return failure(
      ErrorKind::malformed,
      fmt::format("'{}' is not a store Wardroom knows; write sqlite:/absolute/path.db or "
                  "postgresql://user@host/database",
                  shown_url(url)));
}

std::string sqlite_path(std::string_view url) {
  return std::string(url.substr(sqlite_scheme.size()));
}

std::string shown_url(std::string_view url) {
  return is_postgres(url) ? postgres_address(url) : std::string(url);
}

Result<std::unique_ptr<Database>> open_store(Executor loop, Clock& clock, StoreSettings settings,
                                             std::vector<Migration> steps, Admit const& admit) {
  auto const engine = engine_of(settings.url);
  if (!engine) {
    auto error = engine.error();
    error.kind = ErrorKind::denied;
    return std::unexpected(std::move(error));
  }
  if (*engine == Engine::sqlite)
    return as_port(
        SqliteDatabase::open(loop, clock, sqlite_path(settings.url), std::move(steps), admit));
  PostgresSettings postgres;
  postgres.url = std::move(settings.url);
  postgres.password = std::move(settings.password);
  return as_port(PostgresDatabase::open(loop, clock, std::move(postgres), std::move(steps), admit));
}

}  // namespace wardroom::store
