/// The reading side of the store: one query_only handle on a thread of its own, which also moves
/// the WAL into the file once a second while there is something to move.
#pragma once
#include "store/database.hpp"
#include "store/read_answers.hpp"
#include "store/sqlite_connection.hpp"
#include "store/worker.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

namespace wardroom::store {

class SqliteReader {
 public:
  struct Ports {
    /// Opens the handle. On the reader's thread; may throw StoreError.
    std::function<std::unique_ptr<SqliteConnection>()> connect;
    /// The sync of a checkpoint failed: what it had moved is in doubt. Calls `let_go`, which closes
    /// the reader's handle; when this returns, no handle is open. On the reader's thread.
    std::function<void(std::function<void()> const& let_go)> log_in_doubt;
    /// Damage was found while reading. On the loop.
    std::function<void(Error)> damaged;
  };
  /// Opens its first handle; throws StoreError. `later` as Worker's: given, there is no thread.
  SqliteReader(Executor loop, Clock& clock, Ports ports, RunLater later = {});
  ~SqliteReader();  ///< interrupts what runs and drops what waits, unanswered
  SqliteReader(SqliteReader const&) = delete;
  SqliteReader& operator=(SqliteReader const&) = delete;

  /// `work` sees one snapshot. `then` runs on the loop.
  void read(Unit work, Committed then);
  /// Something was committed: a checkpoint follows within a second.
  void note_commit();
  /// Pages in the WAL, and how many of them are in the file already; as of the last checkpoint.
  SqliteConnection::WalSize wal() const { return wal_; }
  /// Whether this keeps the store open at the moment. Any thread.
  bool has_handle() const { return open_; }

  /// Interrupts what runs; everything unanswered is answered `cancelled`.
  void close();

 private:
  void stop_thread();
  SqliteConnection& handle();
  void close_handle();
  void on_thread(std::uint64_t id, Unit const& work);
  void tell_damage(Error damage);
  void checkpoint();
  Result<SqliteConnection::WalSize> checkpoint_on_thread();
  void checkpointed(Result<SqliteConnection::WalSize> outcome);

  Executor loop_;
  Clock& clock_;
  Ports ports_;
  std::mutex swapping_;  ///< the thread replaces its handle while the loop may interrupt it
  std::unique_ptr<SqliteConnection> connection_;
  std::atomic<bool> open_ = false;
  ReadAnswers answers_;
  bool closed_ = false;
  std::atomic<bool> closing_ = false;
  TimerHandle next_checkpoint_;
  bool checkpoint_runs_ = false;
  bool checkpoint_fails_ = false;
  bool commit_noted_ = false;
  SqliteConnection::WalSize wal_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  Worker thread_;
};

}  // namespace wardroom::store
