/// Fences and health signs as the JSON of docs/api.md. Pure.
#pragma once
#include "features/call_blocking/call_blocking_settings.hpp"
#include "process/health.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace wardroom::call_blocking {

nlohmann::ordered_json fence_json(Fence const& fence, Instant now);
nlohmann::ordered_json fences_json(PolicySettings const& policy, Instant now);
/// With what a map draws of countries and polygons: `outline`, at most about 2,000 points a fence.
nlohmann::ordered_json fence_map_json(Fence const& fence, Instant now);
nlohmann::ordered_json fence_maps_json(PolicySettings const& policy, Instant now);
nlohmann::ordered_json signs_json(std::vector<HealthSign> const& signs);

}  // namespace wardroom::call_blocking
