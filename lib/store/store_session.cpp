#include "store/store_session.hpp"

#include "store/migrations.hpp"
#include "store/postgres_connection.hpp"
#include "store/postgres_migrations.hpp"
#include "store/sqlite_connection.hpp"

#include <filesystem>

namespace wardroom::store {
namespace {

constexpr Milliseconds migrating = std::chrono::minutes(30);  // an index over a big table

template <class T>
T or_throw(Result<T> result) {
  if (!result) throw StoreError(std::move(result.error()));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace

StoreSession::StoreSession(StoreSettings const& settings, Use use)
    : engine_(or_throw(engine_of(settings.url))), address_(shown_url(settings.url)) {
  if (engine_ == Engine::sqlite) {
    auto const path = sqlite_path(settings.url);
    if (use == Use::write) {
      lock_.emplace(or_throw(lock_state_directory(path)));
      or_throw(make_private_file(path));
    } else if (std::error_code none; !std::filesystem::exists(path, none)) {
      throw StoreError(Error{ErrorKind::not_found, "there is no store " + path});
    }
    sqlite_ = std::make_unique<SqliteConnection>(
        path, use == Use::write ? SqliteConnection::Use::write : SqliteConnection::Use::read);
    return;
  }
  PostgresSettings postgres;
  postgres.url = settings.url;
  postgres.password = settings.password;
  postgres.name = "wardroomd beside";
  postgres_ = std::make_unique<PostgresConnection>(
      postgres, use == Use::write ? PostgresConnection::Use::write : PostgresConnection::Use::read);
}

StoreSession::~StoreSession() = default;

Sql& StoreSession::sql() {
  if (sqlite_) return *sqlite_;
  return *postgres_;
}

void StoreSession::script(std::string_view sql) {
  sqlite_ ? sqlite_->script(sql) : static_cast<void>(postgres_->script(sql));
}

void StoreSession::migrate(std::vector<Migration> const& steps, Instant now) {
  if (sqlite_) return store::migrate(*sqlite_, steps, now);
  postgres_->patience(migrating);
  store::migrate(*postgres_, steps, now);
  postgres_->patience(PostgresSettings{}.answer);
}

void StoreSession::begin_snapshot() {
  // It may wait for long while the other store is read; a lost session is noticed by keep-alives.
  if (postgres_)
    return static_cast<void>(
        postgres_->script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
                          "SET LOCAL idle_in_transaction_session_timeout = 0"));
  script("BEGIN");
  sqlite_->one("SELECT count(*) FROM sqlite_schema");  // SQLite's begins with the first read
}

void StoreSession::begin() { script(sqlite_ ? "BEGIN IMMEDIATE" : "BEGIN"); }
void StoreSession::commit() { script("COMMIT"); }

void StoreSession::end() {
  if (sqlite_ ? sqlite_->in_transaction() : postgres_->alive()) script("ROLLBACK");
}

void StoreSession::transaction(std::function<void()> const& work) {
  begin();
  try {
    work();
    commit();
  } catch (...) {
    try {
      end();
    } catch (StoreError const&) {
      // The session is over, and with it the transaction.
    }
    throw;
  }
}

void StoreSession::interrupt() { sqlite_ ? sqlite_->interrupt() : postgres_->interrupt(); }

}  // namespace wardroom::store
