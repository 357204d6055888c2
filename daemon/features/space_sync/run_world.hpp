/// What every part of a run works with.
#pragma once
#include "features/space_sync/active_run.hpp"
#include "features/space_sync/refused_adds.hpp"

namespace wardroom::space_sync {

/// Outlives every run.
struct RunWorld {
  SpaceSync::Ports const& ports;
  SpaceSyncStore& store;
  SyncCounters& counters;
  TaskGroup& tasks;
  RefusedAdds refused{};
};

}  // namespace wardroom::space_sync
