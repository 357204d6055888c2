/// What `doctor` looks at in space_sync: the mode, the login, each job's timetable and last run,
/// its space and what we may do there, its groups, its lists from files.
#pragma once
#include "features/space_sync/space_sync.hpp"
#include "process/doctor.hpp"

namespace wardroom::space_sync {

void add_space_sync_checks(Doctor& doctor, SpaceSync& feature);

/// Pure.
Finding judge_mode(FeatureMode mode, std::size_t jobs);
Finding judge_schedule(JobView const& view, Instant now);
Finding judge_last_run(JobView const& view);

}  // namespace wardroom::space_sync
