/// The audit for the rest of the daemon: appends records with the changes they tell of, publishes
/// signed heads, verifies and lists.
///
/// Owner of the spool and of the timer of heads. On the loop, except `append` inside a unit.
#pragma once
#include "audit/chain.hpp"
#include "audit/entries.hpp"
#include "audit/spool.hpp"
#include "audit/verifier.hpp"

#include <functional>
#include <memory>

namespace wardroom::audit {

class AuditLog {
 public:
  static constexpr std::int64_t head_every = 1'000;
  static constexpr auto head_period = std::chrono::hours(1);
  static constexpr std::size_t flush_slice = 500;

  /// Told on the loop; send head_text() of it out of the machine's reach.
  using OnHead = std::function<void(Head const&)>;

  /// Reads the key of the store, or makes it; settle the master key before (oauth::settle_key).
  /// `sealer` is used until this ends, the others as long as the log. It outlives the store's
  /// threads: close the database first.
  static Task<Result<std::unique_ptr<AuditLog>>> open(store::Database& database, Clock& clock,
                                                      Random& random, crypto::Sealer const& sealer);
  AuditLog(store::Database& database, Clock& clock, Random& random, Executor loop, AuditKey key);

  AuditKey const& key() const { return *key_; }

  /// Inside any unit, on the writer's thread: joins the change. `now` is asked on the loop, when
  /// the unit is made. Throws StoreError, which takes the unit along.
  std::int64_t append(store::Sql& sql, Instant now, Record const& record);
  /// Alone; `then` (may be empty) hears the number after the commit.
  void append(Record record, std::function<void(Result<std::int64_t>)> then = {});
  /// The same, awaited: its number once it is committed.
  Task<Result<std::int64_t>> commit(Record record);

  /// Publishes a head at once, then hourly and after every 1,000 records.
  void start_publishing(OnHead hear);
  /// Now: answered with what was committed.
  Task<Result<Head>> publish();

  /// `heads`: published ones (parse_head); what this process published is added. Errors: denied
  /// when the chain was written with another audit key; those of the store.
  Task<Result<Verification>> verify(std::int64_t from, std::vector<Head> heads);
  Task<Result<std::vector<Entry>>> list(Filter filter, std::size_t limit);
  /// Erases texts and says so in the chain, in one unit. Gives how many went.
  Task<Result<std::size_t>> erase(Erasure erasure, Record why);

  AuditSpool& spool() { return spool_; }
  /// Writes what waits; ends with the store's first error, and the rest waits on. One at a time:
  /// conflict while another runs.
  Task<Result<std::size_t>> flush_spool();

 private:
  void head_is_due();
  void arm(BootClock::duration wait);
  void published(Head const& head);

  store::Database& database_;
  Clock& clock_;
  Random& random_;
  Executor loop_;
  std::shared_ptr<AuditKey const> key_;
  AuditSpool spool_;
  bool flushing_ = false;
  OnHead on_head_;
  TimerHandle next_head_;
  std::vector<Head> own_heads_;  ///< the last one of each number, at most 100
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace wardroom::audit
