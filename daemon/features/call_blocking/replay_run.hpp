/// One replay from the store: reads the recorded calls and the kept fixes page by page, and folds
/// them on a thread beside the loop. Reads only.
#pragma once
#include "features/call_blocking/replay.hpp"
#include "people/fix_history_store.hpp"
#include "runtime/helpers.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace wardroom::call_blocking {

inline constexpr std::int64_t kMostReplayedCalls = 100'000;
inline constexpr std::int64_t kMostReplayedFixes = 10'000'000;

/// What is asked.
struct ReplayWish {
  Instant since{}, until{};
  /// The policy that is tried out, and the one in force: the same fixes through both show how well
  /// the replay does.
  std::shared_ptr<PolicySettings const> policy, in_force;
  Standings::Named named{}, named_in_force{};
};

struct ReplayResult {
  std::vector<PastCall> calls;
  std::vector<ReplayedCall> outcomes;  ///< of the policy tried out, in the order of the calls
  std::vector<ReplayedCall> in_force;  ///< of the policy in force
  std::int64_t fixes = 0;
  std::int64_t not_judged = 0;  ///< recorded calls without a verdict
  std::int64_t damaged = 0;     ///< batches that could not be read
  std::size_t starts = 0;       ///< of the daemon within the window
  Instant fixes_since{};        ///< fixes of before are not known
};

class ReplayRun {
 public:
  struct Ports {
    store::Database& database;
    people::FixHistoryStore& history;
    Helpers& helper;
  };
  /// `tell(phase, done, total)` on the loop, after each page; false = nobody wants it any more.
  using Tell = std::function<bool(std::string_view phase, std::int64_t done, std::int64_t total)>;

  ReplayRun(Ports ports, ReplayWish wish, Tell tell);
  ~ReplayRun();

  /// Once. Errors: those of the store; malformed when the window holds too much; cancelled.
  Task<Result<std::shared_ptr<ReplayResult const>>> run();
  /// Last: gives back what it holds, which takes its time, beside the loop.
  Task<void> end();

 private:
  struct State;
  Task<Result<void>> read_calls();
  Task<Result<people::FixHistoryStore::Extent>> choose_fixes();
  Task<Result<void>> fold_fixes(people::FixHistoryStore::Extent extent);

  Ports ports_;
  Tell tell_;
  std::shared_ptr<State> state_;  ///< of the helper while it works, of the loop between
};

}  // namespace wardroom::call_blocking
