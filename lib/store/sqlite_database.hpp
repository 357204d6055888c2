/// The store in one SQLite file: a writer's thread, a reader's thread, and the loop between them.
#pragma once
#include "store/database.hpp"
#include "store/sqlite_reader.hpp"
#include "store/state_directory.hpp"
#include "store/writer.hpp"

#include <functional>
#include <memory>
#include <mutex>
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
  /// a folder open to others (78); those of `admit`. `vfs` = SqliteConnection's. `later` =
  /// Worker's: given, batches and reads run on the loop, and there are no threads.
  static Result<std::unique_ptr<SqliteDatabase>> open(Executor loop, Clock& clock, std::string path,
                                                      std::vector<Migration> steps,
                                                      Admit const& admit = {}, std::string vfs = {},
                                                      RunLater later = {});
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

  void hurry() override;
  void close() override;

 protected:
  Executor executor() const override { return loop_; }

 private:
  SqliteDatabase(Executor loop, Clock& clock, std::string path, StateLock lock, std::string vfs,
                 RunLater later);
  void start(std::vector<Migration> steps, Admit const& admit);
  std::unique_ptr<SqliteConnection> connect(SqliteConnection::Use use) const;
  void open_reader();
  SqliteConnection& ready_to_write();
  BatchResult run(std::span<Unit const> units);
  void stop_writing();
  void doubt_log(std::function<void()> const& let_go);

  Executor loop_;
  Clock& clock_;
  std::string path_;
  StateLock lock_;
  std::string vfs_;
  RunLater later_;
  std::mutex batch_;  ///< held by the writer's thread during a batch, by the reader's in doubt_log
  std::unique_ptr<SqliteConnection> writing_;  ///< null after a failure
  bool log_in_doubt_ =
      true;  ///< the WAL may hold what the disk does not: before a commit, empty it
  std::unique_ptr<SqliteReader> reader_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace wardroom::store
