/// The web API of space sync for administrators: jobs, runs, one run's people, and the buttons. See
/// docs/api.md.
///
///   GET  /api/v1/sync                    {now, jobs}
///   GET  /api/v1/sync/runs               ?job&before: {now, runs:[newest first], older?}
///   GET  /api/v1/sync/runs/{id}          ?after&only=add|remove|failed: {now, run, steps, next?,
///                                        spared} (spared with the first page)
///   POST /api/v1/sync/jobs/{name}/run    {"plan"?, "add_left"?}  202 {run}; also plan, and
///   approve {"removals"}; pause {"reason"} and resume answer 200 {job}
#pragma once
#include "http/router.hpp"

namespace wardroom::space_sync {

class SpaceSync;
/// The feature outlives the router.
void add_space_sync_routes(http::Router& router, SpaceSync& feature);

}  // namespace wardroom::space_sync
