/// The figures of space_sync for /metrics.
#pragma once
#include "features/space_sync/space_sync.hpp"
#include "metrics/registry.hpp"

namespace wardroom::space_sync {

/// Figures by job are those of the jobs that are configured now: one that joins by a reload has
/// them after the next start.
void watch_metrics(metrics::Registry& registry, SpaceSync const& feature);

}  // namespace wardroom::space_sync
