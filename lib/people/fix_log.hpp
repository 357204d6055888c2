/// Stores every location report before it is answered: a batch of them is one row, and what the
/// rows say is folded into `last_fix` beside the commits that come anyway.
///
///   record ─► roster row (at once) ─► open batch ─► commit of one fix_batch row ─► answers
///   start   = last_fix, then the batches in order
#pragma once
#include "people/fix_batch.hpp"
#include "people/fix_sweep.hpp"
#include "people/roster.hpp"
#include "store/answer_queue.hpp"
#include "store/database.hpp"

#include <functional>
#include <string>
#include <vector>

namespace wardroom::people {

/// What names this boot of the machine. Empty when the kernel does not tell.
std::string machine_boot_id();

struct FixLogSettings {
  std::string boot_id = machine_boot_id();
  std::chrono::seconds turn{60};       ///< every fix is in last_fix after at most this long
  std::chrono::seconds calm{5};        ///< without a post: then what is left is folded at once
  std::size_t most_waiting = 200'000;  ///< posts that may wait for a commit; more are refused
};

struct FixLogHealth {
  std::uint64_t recorded = 0, batches = 0, folded = 0, refused = 0, failed_batches = 0;
  std::size_t waiting = 0, dirty = 0;
  std::int64_t stored_batches = 0;
};

/// On the loop only. Owner of the fixes in the roster's rows.
class FixLog {
 public:
  /// Moved, never copied: a small lambda is kept without an allocation.
  using Then = std::move_only_function<void(Result<void>)>;

  FixLog(Executor loop, store::Database& database, Clock& clock, Roster& roster,
         FixLogSettings settings = {});
  FixLog(FixLog const&) = delete;
  FixLog& operator=(FixLog const&) = delete;

  /// Puts the stored fixes into the roster; after PeopleStore::load. Errors: malformed names the
  /// damaged batch.
  Task<Result<void>> load();

  /// Writes the fix into the person's row at once, so that the next decision counts it, and calls
  /// `then` on the loop after the commit. Errors: unavailable from the store, or when too many
  /// wait: the fix counts but may be lost on a restart; also unavailable before load(), and
  /// not_found for a person without a row: then it does not count.
  void record(PersonNo person, Fix const& fix, Then then);
  Task<Result<void>> record(PersonNo person, Fix fix);

  /// Whether batches are kept for replays (fix_history_store.hpp) from now on.
  void keep_history(bool keep) { keep_ = keep; }

  FixLogHealth health() const;
  /// Which boot of the machine this is, once loaded; 0 = not known.
  std::int64_t boot_no() const { return boot_no_; }

 private:
  /// What one commit carries.
  struct Work {
    std::vector<StoredFix> batch;
    std::vector<Then> answers;
    std::int64_t seq = 0;  ///< 0 = no batch
    bool keep = false;     ///< for replays
    std::vector<StoredFix> folded;
    FixSweep::Step step;
  };
  struct Answer {
    Then then;
    Result<void> outcome;
    void operator()() {
      if (then) then(std::move(outcome));
    }
  };

  void refuse(Then then, std::string why);
  void collect(std::vector<std::pair<store::Unit, store::Committed>>& batch);
  void landed(Work& work, Result<void> const& outcome);
  static void write(store::Sql& sql, Work const& work);
  void arm();
  StoredFix stored(PersonNo person) const;

  Executor loop_;
  store::Database& database_;
  Clock& clock_;
  Roster& roster_;
  FixLogSettings settings_;

  bool loaded_ = false;
  bool keep_ = false;
  std::int64_t boot_no_ = 0;
  std::int64_t next_seq_ = 1;  ///< never used twice, not even after a failed commit
  std::vector<StoredFix> open_batch_;
  std::vector<Then> open_answers_;
  std::size_t waiting_ = 0;
  FixSweep sweep_;
  Uptime swept_{}, last_batch_{};
  TimerHandle idle_;
  FixLogHealth health_;
  store::AnswerQueue<Answer> answers_;
  std::size_t source_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace wardroom::people
