/// Carries out the steps of a plan, several at once: adds first, all of them, then removals.
///
/// Of each step the intent is committed before its act, and its result after it. A worker commits
/// the intent of its next step and the result of its last one while it acts, so that the store
/// holds nobody up; what is `begun` in the store may thus not have been tried yet.
#pragma once
#include "features/space_sync/removal_trail.hpp"
#include "features/space_sync/step_acts.hpp"

#include <set>

namespace wardroom::space_sync {

/// On the loop only. Shared by its workers, which run in the feature's task group.
class Applying : public std::enable_shared_from_this<Applying> {
 public:
  Applying(RunWorld& world, ActiveRunPtr run, Reading reading);

  /// Until every step was tried, or the run was asked to stop (then some are still planned).
  /// Errors: why it broke off, with no step under way any more.
  Task<Result<void>> go();

 private:
  struct Worker;
  Task<void> all(Act act);
  Task<void> work();
  std::optional<std::size_t> take();
  Task<void> act_on(std::size_t index);
  Task<void> note(std::optional<std::size_t> ended, std::optional<std::size_t> begun);
  Task<void> note_begun(std::size_t index);
  Task<void> note_ended(std::size_t index);
  void settle(Step& step, StepEnd end);
  void refuse_removals(Error const& why);
  bool resting() const { return broken_.has_value() || run_->stop; }

  RunWorld& world_;
  ActiveRunPtr run_;
  StepActs acts_;
  RemovalTrail trail_;
  std::vector<std::size_t> todo_;  ///< of this act
  std::size_t next_ = 0, working_ = 0;
  std::set<std::size_t> not_tried_;  ///< their intent was committed
  Wake idle_;
  std::optional<Error> broken_;
};

}  // namespace wardroom::space_sync
