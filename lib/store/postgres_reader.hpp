/// The reading side of the PostgreSQL store: one read-only session on a thread of its own.
#pragma once
#include "store/database.hpp"
#include "store/postgres_connection.hpp"
#include "store/read_answers.hpp"
#include "store/worker.hpp"

#include <atomic>
#include <memory>
#include <mutex>

namespace wardroom::store {

class PostgresReader {
 public:
  PostgresReader(Executor loop, PostgresSettings const& settings,
                 std::unique_ptr<PostgresConnection> connection);
  ~PostgresReader();  ///< interrupts what runs and drops what waits, unanswered
  PostgresReader(PostgresReader const&) = delete;
  PostgresReader& operator=(PostgresReader const&) = delete;

  /// `work` sees one snapshot. `then` runs on the loop.
  void read(Unit work, Committed then);
  /// Interrupts what runs; everything unanswered is answered `cancelled`.
  void close();

 private:
  void stop_thread();
  void on_thread(std::uint64_t id, Unit const& work);
  void begin();
  void connect();
  void drop();

  Executor loop_;
  PostgresSettings settings_;
  std::mutex mutex_;  ///< held to change connection_, and by who interrupts it
  std::unique_ptr<PostgresConnection> connection_;
  std::chrono::steady_clock::time_point not_before_{};  ///< after a failed attempt to connect
  Error last_failure_;
  ReadAnswers answers_;
  bool closed_ = false;
  std::atomic<bool> closing_ = false;
  Worker thread_{"wardroom-reader"};
};

}  // namespace wardroom::store
