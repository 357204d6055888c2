/// The loop's side of the one writer: gathers units, hands them to the writer's thread as a batch,
/// and answers each after the commit.
///
///   idle ── something waits ──► scheduled ──► in flight ──► answers (64 a slice), and again
///   scheduled = the next turn of the loop, or 1 ms of gathering when the last batch had ≥ 2 rows:
///   that saves two thirds of the fsyncs under load and costs a lone write nothing.
#pragma once
#include "store/answer_queue.hpp"
#include "store/batch.hpp"
#include "store/database.hpp"
#include "store/worker.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace wardroom::store {

class Writer {
 public:
  /// Runs on the writer's thread; does not throw.
  using Run = std::function<BatchResult(std::span<Unit const>)>;
  static constexpr Milliseconds gather{1};
  /// While writing fails: the time to the next attempt, which is made whether anybody writes or
  /// not.
  static constexpr Milliseconds retry{1'000};

  /// `later` as Worker's: given, there is no thread.
  Writer(Executor loop, Clock& clock, Run run, RunLater later = {});
  /// Without close() before: waits for the batch in flight, drops everything else unanswered, as a
  /// crash would. Those who would hear the answers may be gone by now.
  ~Writer();
  Writer(Writer const&) = delete;
  Writer& operator=(Writer const&) = delete;

  void write(Unit unit, Committed then);
  std::size_t add_source(Database::Source source);
  /// Call it once per row that waits in the source: the count decides about gathering.
  void wake_source(std::size_t source);
  WriterHealth const& health() const { return health_; }

  /// The store is damaged: whatever is written from now on is refused with this error.
  void condemn(Error damage);

  /// Told on the loop after each commit.
  void on_commit(std::function<void()> hook) { on_commit_ = std::move(hook); }

  /// From now on a tenth of `retry`, also for the attempt that is being waited for.
  void hurry();
  /// Blocks: commits and answers all that waits, then ends the thread. Later writes are refused.
  void close();

 private:
  struct Source {
    Database::Source ask;
    std::size_t rows = 0;  ///< wakes since it was last asked
  };
  struct Answer {
    Committed then;
    Result<void> outcome;
    void operator()() {
      if (then) then(std::move(outcome));
    }
  };
  struct Flight {
    std::vector<Committed> answers;
    std::vector<Unit> units;
    BatchResult result;
  };

  bool something_waits() const { return waiting_rows_ > 0; }
  void schedule();
  void start();
  std::shared_ptr<Flight> take();
  void landed(Flight& flight);
  void failed(BatchResult const& result);

  Executor loop_;
  Clock& clock_;
  Run run_;
  std::function<void()> on_commit_;
  WriterHealth health_;

  std::vector<std::pair<Unit, Committed>> queue_;
  std::vector<Source> sources_;
  std::size_t waiting_rows_ = 0;
  std::size_t last_rows_ = 0;  ///< of the last batch handed over

  bool scheduled_ = false;
  bool closed_ = false, closing_ = false;
  Milliseconds pause_ = retry;
  std::optional<Error> condemned_;
  TimerHandle gathering_;
  std::shared_ptr<Flight> in_flight_;
  using WorkGuard = boost::asio::executor_work_guard<Executor>;
  std::optional<WorkGuard>
      keep_loop_;  ///< while a batch is on the thread, the loop may not run dry
  AnswerQueue<Answer> answers_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  Worker thread_;
};

}  // namespace wardroom::store
