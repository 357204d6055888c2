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
  /// Before the removals of a sync: the groups of its rules anew. Whoever went from one to another
  /// while both were read is in neither list, and nothing a person tells of themselves shows it.
  /// Who is removed must be out by both readings.
  Task<Result<void>> read_groups_again();

 private:
  using Attempt = Task<Result<StepEnd>>;
  Attempt add(Change change);
  Attempt remove(Change change);
  Attempt remove_added(Change change);
  Task<Result<std::string>> id_to_add(Change change);
  /// Why they stay after all; empty = the removal is confirmed.
  Task<Result<std::string>> why_they_stay(Uuid person);
  Attempt remove_membership(std::string membership);
  /// As long as the feature enforces: a change may wait for its turn for minutes.
  Spaces::Wanted wanted() const;
  void count_call() { ++run_->run.counts.calls; }

  RunWorld& world_;
  ActiveRunPtr run_;
  Reading reading_;
  std::shared_ptr<Selection const> again_;  ///< with the groups of the second reading; may be none
  Protection protection_;
};

}  // namespace wardroom::space_sync
