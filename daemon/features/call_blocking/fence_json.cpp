#include "features/call_blocking/fence_json.hpp"

#include "features/call_blocking/call_record.hpp"

namespace wardroom::call_blocking {

nlohmann::ordered_json fence_json(Fence const& fence) {
  bool const is_box = std::holds_alternative<Box>(fence.shape);
  nlohmann::ordered_json out{{"name", fence.name},
                             {"kind", is_box ? "box" : "circle"},
                             {"deny", fence.deny},
                             {"digest", fence.digest},
                             {"data_version", kDataVersion},
                             {"margin_m", fence.margin.value},
                             {"accuracy_limit_m", fence.accuracy_limit.value}};
  if (fence.everybody)
    out["people"] = "all";
  else
    out["people"] = fence.people;
  out["policies"] = {{"no_fix", text(fence.policies.no_fix)},
                     {"stale", text(fence.policies.stale)},
                     {"uncertain", text(fence.policies.uncertain)},
                     {"degraded", text(fence.policies.degraded)}};
  if (is_box) {
    auto const& box = std::get<Box>(fence.shape);
    out["box"] = {{"south", box.south},
                  {"north", box.north},
                  {"west", box.west},
                  {"east", box.east},
                  {"crosses_antimeridian", box.crosses_antimeridian}};
  } else {
    auto const& circle = std::get<Circle>(fence.shape);
    out["circle"] = {{"at", {circle.center.latitude, circle.center.longitude}},
                     {"radius_m", circle.radius.value}};
  }
  return out;
}

nlohmann::ordered_json fences_json(PolicySettings const& policy) {
  auto out = nlohmann::ordered_json::array();
  for (auto const& fence : policy.fences) out.push_back(fence_json(fence));
  return out;
}

nlohmann::ordered_json signs_json(std::vector<HealthSign> const& signs) {
  auto out = nlohmann::ordered_json::array();
  for (auto const& sign : signs)
    out.push_back({{"part", sign.part},
                   {"colour", name(sign.colour)},
                   {"sentence", sign.sentence},
                   {"remedy", sign.remedy}});
  return out;
}

}  // namespace wardroom::call_blocking
