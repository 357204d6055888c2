#include "store/sqlite_connection.hpp"

#include "base/planted.hpp"
#include "store/sqlite_error.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <charconv>

namespace wardroom::store {

namespace {
constexpr std::size_t kept_statements = 256;
constexpr int busy_ms = 5'000;
constexpr int steps_between_looks = 10'000;  // of SQLite's machine: well below a millisecond
}  // namespace

void SqliteConnection::Finalize::operator()(Statement* statement) const {
  sqlite3_finalize(statement->handle);
  delete statement;
}

/// Borrows a prepared statement; a nested use of the same text gets one of its own.
class SqliteConnection::Lease {
 public:
  Lease(SqliteConnection& connection, std::string_view sql) {
    auto found = connection.statements_.find(sql);
    if (found == connection.statements_.end()) {
      if (connection.statements_.size() >= kept_statements) connection.forget_idle();
      found = connection.statements_.emplace(std::string(sql), connection.prepare(sql)).first;
    }
    if (found->second->busy) own_ = connection.prepare(sql);
    statement_ = own_ ? own_.get() : found->second.get();
    statement_->busy = true;
  }
  ~Lease() {
    sqlite3_reset(statement_->handle);
    sqlite3_clear_bindings(statement_->handle);
    statement_->busy = false;
  }
  Lease(Lease const&) = delete;
  Lease& operator=(Lease const&) = delete;
  Statement& operator*() { return *statement_; }

 private:
  Prepared own_;
  Statement* statement_ = nullptr;
};

SqliteConnection::SqliteConnection(std::string path, Use use, std::string vfs)
    : path_(std::move(path)), use_(use), vfs_(std::move(vfs)) {
  try {
    open();
    configure();
  } catch (...) {
    statements_.clear();
    sqlite3_close_v2(handle_);
    throw;
  }
}

SqliteConnection::~SqliteConnection() {
  statements_.clear();
  sqlite3_close_v2(handle_);
}

void SqliteConnection::open() {
  int const flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (use_ == Use::in_memory ? SQLITE_OPEN_CREATE : SQLITE_OPEN_NOFOLLOW);
  auto const* name = use_ == Use::in_memory ? ":memory:" : path_.c_str();
  if (int const code =
          sqlite3_open_v2(name, &handle_, flags, vfs_.empty() ? nullptr : vfs_.c_str());
      code != SQLITE_OK)
    throw StoreError(sqlite_error(path_, code, sqlite3_errstr(code),
                                  handle_ ? sqlite3_system_errno(handle_) : 0));
  sqlite3_busy_timeout(handle_, busy_ms);
  // sqlite3_interrupt misses a statement that begins just after it; this does not.
  sqlite3_progress_handler(
      handle_, steps_between_looks,
      [](void* flag) { return static_cast<std::atomic<bool>*>(flag)->load() ? 1 : 0; },
      &interrupted_);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
}

void SqliteConnection::configure() {
  expect_pragma("trusted_schema", "OFF", "0");
  expect_pragma("foreign_keys", "ON", "1");
  if (use_ == Use::in_memory) return;
  expect_pragma("cell_size_check", "ON", "1");
  expect_pragma("journal_mode", "WAL", "wal");
  if (WARDROOM_PLANTED("commits-not-synced"))
    expect_pragma("synchronous", "NORMAL", "1");
  else
    expect_pragma("synchronous", "FULL", "2");
  // Checkpoints inside a commit stall it 25 to 200 ms; the reader's thread does them.
  expect_pragma("wal_autocheckpoint", "0", "0");
  expect_pragma("journal_size_limit", "67108864", "67108864");
  // What is deleted or replaced (sealed tokens, positions) is overwritten with zeros, so that no
  // free page keeps it. ON also wipes pages that FAST leaves to the free list.
  expect_pragma("secure_delete", "ON", "1");
  // What a savepoint or an index being built puts aside stays in memory: else it goes to a
  // temporary file on another disk, which may be full and may not be ours.
  if (use_ == Use::write) expect_pragma("temp_store", "MEMORY", "2");
  // A checkpoint on a handle that never read the file returns OK and does nothing (seen with
  // 3.40.1), so read something.
  query("SELECT count(*) FROM sqlite_schema", {}, [](Row const&) {});
  if (use_ != Use::read) return;
  expect_pragma("query_only", "ON", "1");
  expect_pragma("cache_size", "-512", "-512");  // lists and history; the kernel caches the rest
}

void SqliteConnection::expect_pragma(std::string const& name, std::string const& value,
                                     std::string_view wanted) {
  script(fmt::format("PRAGMA {} = {}", name, value));
  auto const row = one("PRAGMA " + name);
  std::string got = "nothing";
  if (row && !row->is_null(0)) {
    // journal_mode answers with a word, all others with a number.
    got = name == "journal_mode" ? row->text(0) : std::to_string(row->integer(0));
  }
  if (got != wanted)
    throw StoreError(
        Error{ErrorKind::unavailable,
              fmt::format("the store {} does not take {}={} (it answers {}); keep it on "
                          "a local file system",
                          path_, name, value, got)});
}

void SqliteConnection::fail(int code) {
  int const kind = code & 0xff;
  if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB) damaged_ = true;
  if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) sync_failed_ = true;
  throw StoreError(
      sqlite_error(path_, code, sqlite3_errmsg(handle_), sqlite3_system_errno(handle_)));
}

void SqliteConnection::forget_idle() {
  std::erase_if(statements_, [](auto const& entry) { return !entry.second->busy; });
}

SqliteConnection::Prepared SqliteConnection::prepare(std::string_view sql) {
  Prepared statement(new Statement);
  char const* tail = nullptr;
  if (int const code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &statement->handle, &tail);
      code != SQLITE_OK)
    fail(code);
  if (statement->handle == nullptr || tail != sql.data() + sql.size())
    throw StoreError(Error{ErrorKind::internal, "one statement was expected: " + std::string(sql)});
  // SQLite numbers $1, $2 … by first appearance, PostgreSQL by their digits; we mean the digits.
  int const count = sqlite3_bind_parameter_count(statement->handle);
  statement->position_of.assign(static_cast<std::size_t>(count), 0);
  for (int position = 1; position <= count; ++position) {
    auto const* text = sqlite3_bind_parameter_name(statement->handle, position);
    std::string_view const name = text ? text : "";
    std::size_t number = 0;
    if (name.size() > 1) std::from_chars(name.data() + 1, name.data() + name.size(), number);
    if (number < 1 || number > statement->position_of.size())
      throw StoreError(Error{ErrorKind::internal, "parameters are $1, $2 …: " + std::string(sql)});
    statement->position_of[number - 1] = position;
  }
  return statement;
}

void SqliteConnection::bind(Statement& statement, std::span<Value const> params) {
  if (params.size() != statement.position_of.size())
    throw StoreError(
        Error{ErrorKind::internal,
              fmt::format("{} values were given for {} parameters: {}", params.size(),
                          statement.position_of.size(), sqlite3_sql(statement.handle))});
  for (std::size_t i = 0; i < params.size(); ++i) {
    auto* const handle = statement.handle;
    int const position = statement.position_of[i];
    // STATIC: the values outlive the steps of this call, and the lease clears the bindings.
    auto const code = std::visit(
        [&](auto const& value) -> int {
          using T = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<T, std::monostate>)
            return sqlite3_bind_null(handle, position);
          else if constexpr (std::is_same_v<T, std::int64_t>)
            return sqlite3_bind_int64(handle, position, value);
          else if constexpr (std::is_same_v<T, double>)
            return sqlite3_bind_double(handle, position, value);
          else if constexpr (std::is_same_v<T, std::string>)
            return sqlite3_bind_text64(handle, position, value.data(), value.size(), SQLITE_STATIC,
                                       SQLITE_UTF8);
          else
            return sqlite3_bind_blob64(handle, position, value.bytes.data(), value.bytes.size(),
                                       SQLITE_STATIC);
        },
        params[i]);
    if (code != SQLITE_OK) fail(code);
  }
}

Row SqliteConnection::current_row(sqlite3_stmt* handle) const {
  std::vector<Value> values(static_cast<std::size_t>(sqlite3_column_count(handle)));
  for (int i = 0; i < static_cast<int>(values.size()); ++i) {
    auto& value = values[static_cast<std::size_t>(i)];
    auto const bytes = [&](void const* data) {
      auto const size = static_cast<std::size_t>(sqlite3_column_bytes(handle, i));
      return data ? std::string(static_cast<char const*>(data), size) : std::string();
    };
    switch (sqlite3_column_type(handle, i)) {
      case SQLITE_INTEGER:
        value = std::int64_t{sqlite3_column_int64(handle, i)};
        break;
      case SQLITE_FLOAT:
        value = sqlite3_column_double(handle, i);
        break;
      case SQLITE_TEXT:
        value = bytes(sqlite3_column_text(handle, i));
        break;
      case SQLITE_BLOB:
        value = Blob{bytes(sqlite3_column_blob(handle, i))};
        break;
      default:
        break;
    }
  }
  return Row(std::move(values));
}

std::int64_t SqliteConnection::run(std::string_view sql, std::span<Value const> params) {
  Lease statement(*this, sql);
  bind(*statement, params);
  auto* const handle = (*statement).handle;
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(handle);
  if (code != SQLITE_DONE) fail(code);
  return sqlite3_stmt_readonly(handle) ? 0 : sqlite3_changes64(handle_);
}

void SqliteConnection::query(std::string_view sql, std::span<Value const> params,
                             std::function<void(Row const&)> const& each) {
  Lease statement(*this, sql);
  bind(*statement, params);
  auto* const handle = (*statement).handle;
  int code = SQLITE_OK;
  while ((code = sqlite3_step(handle)) == SQLITE_ROW) each(current_row(handle));
  if (code != SQLITE_DONE) fail(code);
}

void SqliteConnection::script(std::string_view sql) {
  if (int const code = sqlite3_exec(handle_, std::string(sql).c_str(), nullptr, nullptr, nullptr);
      code != SQLITE_OK)
    fail(code);
}

bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

void SqliteConnection::interrupt() {
  interrupted_ = true;
  sqlite3_interrupt(handle_);
}

SqliteConnection::WalSize SqliteConnection::checkpoint() {
  WalSize size;
  int const code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             &size.pages, &size.checkpointed);
  // BUSY: the writer holds what is needed; the next second tries again.
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) fail(code);
  return size;
}

void SqliteConnection::empty_log() {
  int const code =
      sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code == SQLITE_OK) return;
  if ((code & 0xff) != SQLITE_BUSY) fail(code);
  throw StoreError(
      Error{ErrorKind::unavailable,
            fmt::format("the log of the store {} waits for a long read to end; writing "
                        "resumes by itself",
                        path_)});
}

void SqliteConnection::abandon() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

}  // namespace wardroom::store
