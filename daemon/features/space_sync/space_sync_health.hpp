/// What of a job people must hear about: held, failed, overdue. Pure; the alerts follow by
/// themselves, and end by themselves.
#pragma once
#include "features/space_sync/space_sync.hpp"

#include <optional>

namespace wardroom::space_sync {

/// After this long (and its jitter) a run that should have begun did not.
inline constexpr auto overdue_after = std::chrono::minutes(15);

/// The moment at which a run should have begun; nothing while all is as it should be.
std::optional<Instant> overdue_since(JobView const& view, Instant now);

/// Yellow, or nothing.
std::optional<HealthSign> sign_of_job(JobView const& view, FeatureMode mode, Instant now);

/// Green: how many jobs there are, and what they are at.
HealthSign sign_of_jobs(std::vector<JobView> const& jobs, FeatureMode mode);

}  // namespace wardroom::space_sync
