#include "features/call_blocking/fence_verbs.hpp"

#include "base/encoding.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "features/call_blocking/fence_json.hpp"
#include "geo/countries.hpp"
#include "geo/country_at.hpp"
#include "runtime/helpers.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;
using Answer = Task<Result<Json>>;
using control::VerbCall;

double tenth(double value) { return std::round(value * 10) / 10; }

Result<double> number_of(VerbCall const& call, std::string_view param, double least, double most,
                         bool needed) {
  auto const text = call.get(param);
  if (text.empty() && !needed) return 0.0;
  double value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) ||
      value < least || value > most)
    return failure(ErrorKind::malformed,
                   fmt::format("{} must be a number from {} to {}", param, least, most));
  return value;
}

std::string_view side_word(Side side) {
  return side == Side::inside ? "inside" : side == Side::outside ? "outside" : "uncertain";
}

Answer fence_show(CallBlocking& feature, VerbCall call) {
  auto const wanted = call.get("fence");
  std::vector<std::string> names;
  for (auto const& fence : feature.standings().policy().fences) {
    if (fence.name == wanted) co_return fence_json(fence, feature.ports().clock.now());
    names.push_back(fence.name);
  }
  auto const near = nearest(wanted, names);
  co_return failure(
      ErrorKind::not_found,
      fmt::format("there is no fence '{}'{}", wanted,
                  near ? fmt::format("; did you mean '{}'?", *near) : "; `fence list` shows them"));
}

struct Tested {
  GeoPoint point;
  double accuracy = 0;
};

Result<Tested> tested(VerbCall const& call) {
  auto const latitude = number_of(call, "latitude", -90, 90, true);
  if (!latitude) return std::unexpected(latitude.error());
  auto const longitude = number_of(call, "longitude", -180, 180, true);
  if (!longitude) return std::unexpected(longitude.error());
  auto const accuracy = number_of(call, "accuracy", 0, 1e8, false);
  if (!accuracy) return std::unexpected(accuracy.error());
  return Tested{{*latitude, *longitude}, *accuracy};
}

Side side_at(Fence const& fence, Position const& at, double accuracy) {
  return side_of({.inside = at.inside,
                  .to_border = at.to_border,
                  .accuracy = {accuracy},
                  .margin = fence.margin,
                  .accuracy_limit = fence.accuracy_limit,
                  .border_error = border_error(fence.shape)});
}

/// The side of the area itself: for a deny fence "inside" is where calls are blocked.
Json tested_fence(Fence const& fence, Tested const& what, bool awake) {
  auto const distance = signed_distance(fence.shape, what.point);
  auto const side = side_at(fence, {contains(fence.shape, what.point), distance, 0}, what.accuracy);
  Json out{{"name", fence.name},
           {"deny", fence.deny},
           {"side", side_word(side)},
           {"distance_m", tenth(distance.value)}};
  if (!awake) out["active"] = false;
  if (auto const* area = std::get_if<Area>(&fence.shape))
    if (auto const part = area->region->find(what.point); part)
      out["area"] = area->region->name_of(*part);
  return out;
}

/// Which country has the point, whatever the fences.
Json country_json(geo::Whereabouts const& found) {
  Json out{{"land", found.area.has_value()}};
  if (found.area) {
    auto const& area = geo::areas()[*found.area];
    if (!area.code.empty()) out["code"] = area.code;
    out["name"] = area.name;
  }
  out["border_m"] = tenth(found.to_border);
  out["data_version"] = geo::border_data_version();
  return out;
}

Answer fence_test(CallBlocking& feature, VerbCall call) {
  auto const what = tested(call);
  if (!what) co_return std::unexpected(what.error());
  Helpers beside(feature.ports().loop, 1);
  auto const found = co_await beside.run([point = what->point] { return geo::whereabouts(point); });
  auto const policy = feature.standings().shared_policy();
  auto const awake = feature.standings().awake();
  auto rows = Json::array();
  FenceMask everybody = 0;
  for (std::size_t i = 0; i < policy->fences.size(); ++i) {
    auto const& fence = policy->fences[i];
    if (fence.who.everybody) everybody |= FenceMask{1} << i;
    rows.push_back(tested_fence(fence, *what, (awake >> i & 1) != 0));
  }
  auto const together = locate(policy->fences, everybody & awake, what->point);
  bool const allowed = !together || side_at(policy->fences[together->fence], *together,
                                            what->accuracy) == Side::inside;
  co_return Json{
      {"fences", std::move(rows)}, {"country", country_json(found)}, {"allowed_for_all", allowed}};
}

}  // namespace

void add_fence_verbs(control::Verbs& verbs, CallBlocking& f) {
  verbs.handle("fence list", [&f](VerbCall) -> Answer {
    co_return Json{{"fences", fences_json(f.standings().policy(), f.ports().clock.now())}};
  });
  verbs.handle("fence show", [&f](VerbCall call) { return fence_show(f, std::move(call)); });
  verbs.handle("fence test", [&f](VerbCall call) { return fence_test(f, std::move(call)); });
}

}  // namespace wardroom::call_blocking
