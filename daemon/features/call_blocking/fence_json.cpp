#include "features/call_blocking/fence_json.hpp"

#include "base/time_text.hpp"
#include "features/call_blocking/call_record.hpp"

#include <cmath>

namespace wardroom::call_blocking {

namespace {

using Json = nlohmann::ordered_json;

double rounded(double value, double steps) { return std::round(value * steps) / steps; }

std::string_view kind_of(Shape const& shape) {
  if (std::holds_alternative<Box>(shape)) return "box";
  if (std::holds_alternative<Circle>(shape)) return "circle";
  switch (std::get<Area>(shape).kind) {
    case Area::Kind::country:
      return "country";
    case Area::Kind::polygon:
      return "polygon";
    case Area::Kind::geojson_file:
      break;
  }
  return "geojson_file";
}

void add_shape(Json& out, Box const& box) {
  out["box"] = {{"south", box.south},
                {"north", box.north},
                {"west", box.west},
                {"east", box.east},
                {"crosses_antimeridian", box.crosses_antimeridian}};
}

void add_shape(Json& out, Circle const& circle) {
  out["circle"] = {{"at", {circle.center.latitude, circle.center.longitude}},
                   {"radius_m", circle.radius.value}};
}

void add_shape(Json& out, Area const& area) {
  if (area.kind == Area::Kind::country) out["country"] = area.names;
  if (area.kind == Area::Kind::geojson_file) {
    out["geojson_file"] = area.file;
    out["features"] = area.names;
  }
  auto const& region = *area.region;
  auto const km = region.square_km();
  out["square_km"] = rounded(km, km < 10 ? 10'000 : 10);
  out["vertices"] = region.vertices();
  out["border_error_m"] = area.border_error.value;
}

void add_hours(Json& out, Schedule const& schedule, Instant now) {
  auto& hours = out["schedule"] = Json::array();
  for (auto const& one : schedule.hours) hours.push_back(text(one));
  out["active"] = schedule.active_at(now);
  if (auto const next = schedule.next_change(now)) out["next_change_at"] = iso_text(*next);
}

}  // namespace

Json fence_json(Fence const& fence, Instant now) {
  auto const* area = std::get_if<Area>(&fence.shape);
  Json out{{"name", fence.name},
           {"kind", kind_of(fence.shape)},
           {"deny", fence.deny},
           {"digest", fence.digest},
           {"data_version",
            area && !area->data_version.empty() ? area->data_version : std::string(kDataVersion)},
           {"margin_m", fence.margin.value},
           {"accuracy_limit_m", fence.accuracy_limit.value}};
  if (fence.who.everybody)
    out["people"] = "all";
  else
    out["people"] = fence.who.emails;
  if (!fence.who.groups.empty()) out["groups"] = fence.who.groups;
  out["policies"] = {{"no_fix", text(fence.policies.no_fix)},
                     {"stale", text(fence.policies.stale)},
                     {"uncertain", text(fence.policies.uncertain)},
                     {"degraded", text(fence.policies.degraded)},
                     {"suspicious", text(fence.policies.suspicious)}};
  if (!fence.schedule.hours.empty()) add_hours(out, fence.schedule, now);
  std::visit([&](auto const& shape) { add_shape(out, shape); }, fence.shape);
  return out;
}

Json fence_map_json(Fence const& fence, Instant now) {
  auto out = fence_json(fence, now);
  auto const* area = std::get_if<Area>(&fence.shape);
  if (!area) return out;
  // As Leaflet wants it: latitude first; longitudes go on beyond 180 degrees in one piece.
  auto polygons = Json::array();
  for (auto const& polygon : *area->outline) {
    auto rings = Json::array();
    for (auto const& ring : polygon) {
      auto points = Json::array();
      for (auto const& point : ring)
        points.push_back({rounded(static_cast<double>(point.y) / geo::kSteps, 10'000),
                          rounded(static_cast<double>(point.x) / geo::kSteps, 10'000)});
      rings.push_back(std::move(points));
    }
    polygons.push_back(std::move(rings));
  }
  out["outline"] = std::move(polygons);
  return out;
}

Json fence_maps_json(PolicySettings const& policy, Instant now) {
  auto out = Json::array();
  for (auto const& fence : policy.fences) out.push_back(fence_map_json(fence, now));
  return out;
}

nlohmann::ordered_json fences_json(PolicySettings const& policy, Instant now) {
  auto out = nlohmann::ordered_json::array();
  for (auto const& fence : policy.fences) out.push_back(fence_json(fence, now));
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
