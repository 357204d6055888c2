/// The writer's thread of the PostgreSQL store: one session, one transaction a batch, and an answer
/// even when the server goes away in the middle of a COMMIT.
///
///   BEGIN, token, savepoint ──► units, a savepoint each ──► COMMIT ──► answers
///     lost: anew, once            lost: undone, all         lost: a new session ends the old one
///     (nothing was done)          units `unavailable`       and looks for the batch's token
///
/// The token is a row of its own rather than the transaction's id: after a crash the server may
/// give an id again that it had not yet written down.
#pragma once
#include "store/batch.hpp"
#include "store/postgres_connection.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>

namespace wardroom::store {

class PostgresBatches {
 public:
  /// Called on the writer's thread: an empty text says that the trouble is over.
  using Trouble = std::function<void(std::string sentence)>;

  PostgresBatches(PostgresSettings const& settings, std::unique_ptr<PostgresConnection> connection,
                  Trouble tell);

  /// On the writer's thread; does not throw.
  BatchResult run(std::span<Unit const> units);
  /// Any thread: from now on nobody waits for a server that is away; one attempt each.
  void hurry();

 private:
  struct Flight {
    BatchResult result;
    std::string token;
    bool in_commit = false;
  };

  void begin(std::string const& token);
  void begin_anew(std::string const& token);
  void attempt(std::span<Unit const> units, Flight& flight);
  Result<void> run_unit(Unit const& unit, bool last);
  void connect(Milliseconds patience);
  bool pause(Milliseconds span);
  BatchResult settle(Flight flight, std::size_t units, Error const& lost);

  PostgresSettings settings_;
  std::unique_ptr<PostgresConnection> connection_;
  PostgresSession last_session_;
  Trouble tell_;
  bool told_ = false;
  std::string const run_name_;  ///< of this process: the first half of every token
  std::uint64_t batches_ = 0;
  std::mutex mutex_;
  std::condition_variable hurry_up_;
  bool hurried_ = false;
};

}  // namespace wardroom::store
