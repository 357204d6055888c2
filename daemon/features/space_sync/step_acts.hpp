/// Carries out one step of a plan: an add, or a removal with the look at the person just before it.
#pragma once
#include "features/space_sync/protection.hpp"
#include "features/space_sync/reading.hpp"

namespace wardroom::space_sync {

/// What became of a step.
struct StepEnd {
  StepState state = StepState::failed;
  std::string outcome{}, membership{};
  std::optional<ErrorKind> error{};  ///< of a failure
};

class StepActs {
 public:
  StepActs(RunWorld& world, ActiveRunPtr run, Reading reading);

  /// Through the effects: attempts, observe mode. Cancellation passes through.
  Task<StepEnd> perform(Step step);

 private:
  using Attempt = Task<Result<StepEnd>>;
  Attempt add(Change change);
  Attempt remove(Change change);
  Attempt remove_added(Change change);
  Task<Result<std::string>> id_to_add(Change change);
  /// Why they stay after all; empty = the removal is confirmed.
  Task<Result<std::string>> why_they_stay(Uuid person);
  Attempt remove_membership(std::string membership);
  void count_call() { ++run_->run.counts.calls; }

  RunWorld& world_;
  ActiveRunPtr run_;
  Reading reading_;
  Protection protection_;
};

}  // namespace wardroom::space_sync
