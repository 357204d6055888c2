#include "store/sqlite_database.hpp"

#include "store/migrations.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace wardroom::store {

namespace {

/// Files up to this size are checked page by page at start (some 100 ms); bigger ones as they are
/// read.
constexpr std::uintmax_t checked_at_start = 64u << 20;

void check_pages(SqliteConnection& connection, std::string const& path) {
  std::error_code trouble;
  if (std::filesystem::file_size(path, trouble) > checked_at_start || trouble) return;
  auto const verdict = connection.one("PRAGMA quick_check(1)");
  if (verdict && verdict->text(0) == "ok") return;
  throw StoreError(
      Error{ErrorKind::malformed,
            fmt::format("the store {} is damaged; restore a backup ({})", path,
                        verdict ? verdict->text(0) : std::string("the check says nothing"))});
}

}  // namespace

SqliteDatabase::SqliteDatabase(Executor loop, Clock& clock, std::string path, StateLock lock)
    : loop_(loop), clock_(clock), path_(std::move(path)), lock_(std::move(lock)) {}

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::open(Executor loop, Clock& clock,
                                                             std::string path,
                                                             std::vector<Migration> steps,
                                                             Admit const& admit) {
  auto lock = lock_state_directory(path);
  if (!lock) return std::unexpected(lock.error());
  if (auto made = make_private_file(path); !made) return std::unexpected(made.error());
  std::unique_ptr<SqliteDatabase> database(
      new SqliteDatabase(loop, clock, std::move(path), std::move(*lock)));
  try {
    database->start(std::move(steps), admit);
  } catch (StoreError const& e) {
    return std::unexpected(e.error());
  }
  return database;
}

void SqliteDatabase::start(std::vector<Migration> steps, Admit const& admit) {
  writing_ = std::make_unique<SqliteConnection>(path_, SqliteConnection::Use::write);
  check_pages(*writing_, path_);
  bool const in_use =
      writing_->one("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'")
          .has_value();
  if (admit && in_use) admit(*writing_);
  migrate(*writing_, std::move(steps), clock_.now());
  writing_->script("PRAGMA shrink_memory");  // the check has read every page
  reader_ = std::make_unique<SqliteReader>(
      loop_, clock_, std::make_unique<SqliteConnection>(path_, SqliteConnection::Use::read));
  writer_ = std::make_unique<Writer>(loop_, clock_,
                                     [this](std::span<Unit const> units) { return run(units); });
  writer_->on_commit([this] { reader_->note_commit(); });
}

BatchResult SqliteDatabase::run(std::span<Unit const> units) {
  try {
    // After a failed commit the pages in memory may differ from the disk's: a new handle reads
    // anew.
    if (!writing_)
      writing_ = std::make_unique<SqliteConnection>(path_, SqliteConnection::Use::write);
  } catch (StoreError const& e) {
    return failed_batch(units.size(), e.error());
  }
  auto result = run_batch(*writing_, units);
  if (result.trouble) writing_.reset();
  return result;
}

void SqliteDatabase::close() {
  if (writer_) writer_->close();
  if (reader_) reader_->close();
}

}  // namespace wardroom::store
