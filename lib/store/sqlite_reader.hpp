/// The reading side of the store: one query_only handle on a thread of its own, which also moves
/// the WAL into the file once a second while there is something to move.
#pragma once
#include "store/database.hpp"
#include "store/read_answers.hpp"
#include "store/sqlite_connection.hpp"
#include "store/worker.hpp"

#include <atomic>
#include <memory>

namespace wardroom::store {

class SqliteReader {
 public:
  SqliteReader(Executor loop, Clock& clock, std::unique_ptr<SqliteConnection> connection);
  ~SqliteReader();  ///< interrupts what runs and drops what waits, unanswered
  SqliteReader(SqliteReader const&) = delete;
  SqliteReader& operator=(SqliteReader const&) = delete;

  /// `work` sees one snapshot. `then` runs on the loop.
  void read(Unit work, Committed then);
  /// Something was committed: a checkpoint follows within a second.
  void note_commit();
  /// Pages in the WAL, and how many of them are in the file already; as of the last checkpoint.
  SqliteConnection::WalSize wal() const { return wal_; }

  /// Interrupts what runs; everything unanswered is answered `cancelled`.
  void close();

 private:
  void stop_thread();
  void on_thread(std::uint64_t id, Unit const& work);
  void checkpoint();
  void checkpointed(Result<SqliteConnection::WalSize> outcome);

  Executor loop_;
  Clock& clock_;
  std::unique_ptr<SqliteConnection> connection_;
  ReadAnswers answers_;
  bool closed_ = false;
  std::atomic<bool> closing_ = false;
  TimerHandle next_checkpoint_;
  bool checkpoint_runs_ = false;
  bool commit_noted_ = false;
  SqliteConnection::WalSize wal_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  Worker thread_{"wardroom-reader"};
};

}  // namespace wardroom::store
