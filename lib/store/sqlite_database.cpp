#include "store/sqlite_database.hpp"

#include "store/migrations.hpp"
#include "store/sqlite_check.hpp"
#include "store/sqlite_error.hpp"

namespace wardroom::store {

SqliteDatabase::SqliteDatabase(Executor loop, Clock& clock, std::string path, StateLock lock,
                               std::string vfs, RunLater later)
    : loop_(loop),
      clock_(clock),
      path_(std::move(path)),
      lock_(std::move(lock)),
      vfs_(std::move(vfs)),
      later_(std::move(later)) {}

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::open(Executor loop, Clock& clock,
                                                             std::string path,
                                                             std::vector<Migration> steps,
                                                             Admit const& admit, std::string vfs,
                                                             RunLater later) {
  auto lock = lock_state_directory(path);
  if (!lock) return std::unexpected(lock.error());
  if (auto made = make_private_file(path); !made) return std::unexpected(made.error());
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(
      loop, clock, std::move(path), std::move(*lock), std::move(vfs), std::move(later)));
  try {
    database->start(std::move(steps), admit);
  } catch (StoreError const& e) {
    return std::unexpected(e.error());
  }
  return database;
}

std::unique_ptr<SqliteConnection> SqliteDatabase::connect(SqliteConnection::Use use) const {
  return std::make_unique<SqliteConnection>(path_, use, vfs_);
}

void SqliteDatabase::start(std::vector<Migration> steps, Admit const& admit) {
  bool in_use = true;
  try {
    writing_ = connect(SqliteConnection::Use::write);
    if (size_of_store(*writing_) <= checked_at_start)
      if (auto const how = find_damage(*writing_, path_))
        throw StoreError(damage_error(path_, *how));
    in_use = writing_->one("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'")
                 .has_value();
    if (admit && in_use) admit(*writing_);
    ready_to_write();
    migrate(*writing_, std::move(steps), clock_.now());
    writing_->script("PRAGMA shrink_memory");  // the check has read every page
    open_reader();
  } catch (StoreError const& e) {
    if (writing_) writing_->abandon();  // somebody will want to see it as it was
    // A new store takes every step. One that had taken them and now does not is no longer itself.
    if (in_use && e.error().kind == ErrorKind::internal)
      throw StoreError(damage_error(path_, e.error().what));
    throw;
  }
  writer_ = std::make_unique<Writer>(
      loop_, clock_, [this](std::span<Unit const> units) { return run(units); }, later_);
  writer_->on_commit([this] { reader_->note_commit(); });
}

void SqliteDatabase::open_reader() {
  reader_ = std::make_unique<SqliteReader>(
      loop_, clock_,
      SqliteReader::Ports{.connect = [this] { return connect(SqliteConnection::Use::read); },
                          .log_in_doubt = [this](auto const& let_go) { doubt_log(let_go); },
                          .damaged =
                              [this](Error damage) {
                                if (writer_) writer_->condemn(std::move(damage));
                              }},
      later_);
}

/// After a failed fsync the kernel holds pages for written that the disk has not. A new process, or
/// the first new handle, reads them from memory as if they were safe, and what is committed behind
/// them is lost with them when the power fails. So a WAL that somebody else has left, or that was
/// let go by every handle, is written anew into the file before anything is added to it.
SqliteConnection& SqliteDatabase::ready_to_write() {
  if (!writing_) writing_ = connect(SqliteConnection::Use::write);
  if (log_in_doubt_) {
    writing_->empty_log();
    log_in_doubt_ = false;
  }
  return *writing_;
}

BatchResult SqliteDatabase::run(std::span<Unit const> units) {
  std::lock_guard lock(batch_);
  BatchResult result;
  try {
    result = run_batch(ready_to_write(), units);
  } catch (StoreError const& e) {
    result = failed_batch(units.size(), e.error());
  }
  if (!result.trouble) return result;
  // Without a handle, the opening of one has failed.
  result.damaged = writing_ ? writing_->damaged() : result.trouble->kind == ErrorKind::malformed;
  stop_writing();
  return result;
}

/// What a failed commit has left is unknown, so it is never tried again on the same handle. While
/// the reader has the store open, the index of the WAL lives on: it does not know the frames of the
/// failed commit, and the next one writes over them.
void SqliteDatabase::stop_writing() {
  if (writing_) writing_->abandon();
  writing_.reset();
  if (!reader_->has_handle()) log_in_doubt_ = true;
}

/// Not while the writer opens its handle: it could find the index of the WAL there, and then gone.
void SqliteDatabase::doubt_log(std::function<void()> const& let_go) {
  std::lock_guard lock(batch_);
  let_go();
  stop_writing();
}

void SqliteDatabase::hurry() {
  if (writer_) writer_->hurry();
}

void SqliteDatabase::close() {
  if (writer_) writer_->close();
  if (reader_) reader_->close();
}

}  // namespace wardroom::store
