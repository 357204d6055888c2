/// Ends a connection that stays silent for too long: libpq alone would wait for ever on a server
/// that is stopped but not gone.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace wardroom::store {

/// Has a thread of its own, which sleeps unless a statement runs.
class PostgresDeadline {
 public:
  /// Keeps a duplicate of `socket`, so that it can never shut down somebody else's.
  explicit PostgresDeadline(int socket);
  ~PostgresDeadline();
  PostgresDeadline(PostgresDeadline const&) = delete;
  PostgresDeadline& operator=(PostgresDeadline const&) = delete;

  void arm(std::chrono::milliseconds span);
  void disarm();
  /// Ends the connection now; the statement that runs fails as a lost one. Any thread.
  void end_now();
  /// It was us who ended the connection, for its silence.
  bool expired() const;

 private:
  void watch();

  int socket_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::chrono::steady_clock::time_point> until_;
  /// What the watcher sleeps for; it is woken only to sleep shorter.
  std::optional<std::chrono::steady_clock::time_point> sleeps_until_;
  bool expired_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace wardroom::store
