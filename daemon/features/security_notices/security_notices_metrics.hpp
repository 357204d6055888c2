/// The figures of security_notices for /metrics.
#pragma once
#include "features/security_notices/security_notices.hpp"
#include "metrics/registry.hpp"

namespace wardroom::security_notices {

/// Both outlive each other's use: the registry is read only while the feature is there.
void watch_metrics(metrics::Registry& registry, SecurityNotices& feature);

}  // namespace wardroom::security_notices
