/// /healthz, /readyz and /metrics: what load balancers and Prometheus ask.
#pragma once
#include "http/router.hpp"
#include "process/health.hpp"

#include <functional>
#include <string>
#include <vector>

namespace wardroom {

struct HealthSources {
  std::function<std::vector<HealthSign>()> signs;
  std::function<std::string()> metrics_text;
  std::function<bool()> ready;  ///< start is done and stop has not begun
};

/// All three answer callers on this machine only; one whom a proxy passed on for somebody else (by
/// its X-Forwarded-For) gets 404.
void add_health_routes(http::Router& router, HealthSources sources);

}  // namespace wardroom
