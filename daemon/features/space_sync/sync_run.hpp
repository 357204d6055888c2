/// One run from its order to its end: reads, plans, stores the plan, and carries it out unless
/// something speaks against it.
///
///   reading ─ plan ─┬─ only a plan was asked for ........... planned
///                   ├─ not what was shown or approved ...... planned (and a conflict is told)
///                   ├─ too much, and nobody approved it .... held
///                   ├─ mode observe ........................ observed
///                   └─ applying ─┬─ every step done ........ done
///                                ├─ some failed ............ partly
///                                └─ broke off .............. failed
///   the store takes no writes while applying .............. waits for it, then goes on
///   any error before applying ............................. failed, nothing was changed
#pragma once
#include "features/space_sync/planning.hpp"
#include "features/space_sync/protection.hpp"

namespace wardroom::space_sync {

/// On the loop only; lives as long as its task.
class SyncRun {
 public:
  SyncRun(RunWorld& world, ActiveRunPtr run) : world_(world), active_(std::move(run)) {}

  /// Ends with the run over, or with a run that was asked to stop as it is: then the next start
  /// resumes it. Cancellation passes through.
  Task<void> go();

 private:
  Task<Result<void>> through();
  Task<Result<void>> through_again();
  Task<Result<void>> plan();
  Task<Result<void>> store_plan();
  Task<Result<void>> compare();
  bool is_held() const;
  Task<Result<void>> carry_out();
  Task<Result<void>> go_on();
  std::vector<Step> note_what_happened(MemberSnapshot const& members);
  void settle_open(Step& step, MemberSnapshot const& members, Protection const& protection);
  Task<Result<void>> apply();
  Task<Result<void>> remember_left();
  Task<Result<void>> remember_members();
  Task<Result<void>> pause_job();
  Task<Result<void>> finish(RunState state);
  Task<Result<void>> supersede(bool only_plans);
  Task<bool> outlasts_the_store();
  Task<void> fail(Error why);
  void tell_audit(std::string action) const;

  Run& run() { return active_->run; }
  Run const& run() const { return active_->run; }

  RunWorld& world_;
  ActiveRunPtr active_;
  Reading reading_;
  Planned planned_;
};

}  // namespace wardroom::space_sync
