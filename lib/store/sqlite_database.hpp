/// The store in one SQLite file: a writer's thread, a reader's thread, and the loop between them.
#pragma once
#include "store/database.hpp"
#include "store/sqlite_reader.hpp"
#include "store/state_directory.hpp"
#include "store/writer.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace wardroom::store {

class SqliteDatabase final : public Database {
 public:
  /// Looks at a store that was there before; throws StoreError to have it left as it is.
  using Admit = std::function<void(Sql&)>;
  /// Locks the folder, opens the file and, once `admit` (may be empty) lets it, brings its schema
  /// up to date; blocks, so call it at start. Errors: conflict = another daemon uses it (exit 75);
  /// unavailable = I/O, rights, disk full (74); malformed = damaged (74); denied = newer schema, or
  /// a folder open to others (78); those of `admit`.
  static Result<std::unique_ptr<SqliteDatabase>> open(Executor loop, Clock& clock, std::string path,
                                                      std::vector<Migration> steps,
                                                      Admit const& admit = {});
  /// Call close() first, while those who wait for answers are alive: this only joins the threads
  /// and drops what waits.
  ~SqliteDatabase() override = default;

  using Database::read;
  using Database::write;
  void write(Unit unit, Committed then) override {
    writer_->write(std::move(unit), std::move(then));
  }
  std::size_t add_source(Source source) override { return writer_->add_source(std::move(source)); }
  void wake_source(std::size_t source) override { writer_->wake_source(source); }
  void read(Unit work, Committed then) override { reader_->read(std::move(work), std::move(then)); }
  WriterHealth const& health() const override { return writer_->health(); }

  SqliteConnection::WalSize wal() const { return reader_->wal(); }
  std::string const& path() const { return path_; }
  std::string address() const override { return "sqlite:" + path_; }

  void close() override;

 protected:
  Executor executor() const override { return loop_; }

 private:
  SqliteDatabase(Executor loop, Clock& clock, std::string path, StateLock lock);
  void start(std::vector<Migration> steps, Admit const& admit);
  BatchResult run(std::span<Unit const> units);

  Executor loop_;
  Clock& clock_;
  std::string path_;
  StateLock lock_;
  std::unique_ptr<SqliteConnection> writing_;  ///< the writer thread's; null after a failed commit
  std::unique_ptr<SqliteReader> reader_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace wardroom::store
