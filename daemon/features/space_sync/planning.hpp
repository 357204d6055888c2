/// Makes the plan of a run from what was read and what the job remembers: of a sync, and of an
/// undo. The long part is done on a helper.
#pragma once
#include "features/space_sync/reading.hpp"

namespace wardroom::space_sync {

struct Planned {
  MembershipPlan plan;
  std::vector<Step> steps;           ///< its changes, numbered
  std::vector<Uuid> members_before;  ///< as the job remembered them
  std::vector<Uuid> belonging;       ///< members who belong: what it remembers next; of a sync
  bool other_space = false;          ///< what the job remembers is of a space it had before
};

/// What the job remembers, for a run that goes on: the plan itself is there already.
Task<Result<Planned>> memory_for(RunWorld& world, ActiveRunPtr run);
Task<Result<Planned>> plan_sync(RunWorld& world, ActiveRunPtr run, Reading reading);
/// The reverse of what the run `run->run.undoes` did, as far as it still holds.
Task<Result<Planned>> plan_undo(RunWorld& world, ActiveRunPtr run, Reading reading);

/// As a membership by itself.
Membership membership_of(MemberSnapshot const& members, MemberRow const& row);

/// All steps of a run.
Task<Result<std::vector<Step>>> steps_of(SpaceSyncStore& store, RunId run);

/// Of an undo, pure: adds become removals of those who are members still, unless they are
/// protected; removals become adds of those who are none again.
MembershipPlan reverse_plan(RunId undone, std::vector<Step> const& steps,
                            MemberSnapshot const& members, Protect const& protect, Uuid self,
                            Uuid org, HoldAbove const& limit);

}  // namespace wardroom::space_sync
