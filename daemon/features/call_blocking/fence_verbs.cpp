#include "features/call_blocking/fence_verbs.hpp"

#include "base/encoding.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "features/call_blocking/fence_json.hpp"

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
    if (fence.name == wanted) co_return fence_json(fence);
    names.push_back(fence.name);
  }
  auto const near = nearest(wanted, names);
  co_return failure(
      ErrorKind::not_found,
      fmt::format("there is no fence '{}'{}", wanted,
                  near ? fmt::format("; did you mean '{}'?", *near) : "; `fence list` shows them"));
}

Answer fence_test(CallBlocking& feature, VerbCall call) {
  auto const latitude = number_of(call, "latitude", -90, 90, true);
  if (!latitude) co_return std::unexpected(latitude.error());
  auto const longitude = number_of(call, "longitude", -180, 180, true);
  if (!longitude) co_return std::unexpected(longitude.error());
  auto const accuracy = number_of(call, "accuracy", 0, 1e8, false);
  if (!accuracy) co_return std::unexpected(accuracy.error());
  auto const& policy = feature.standings().policy();
  GeoPoint const point{*latitude, *longitude};
  auto const side = [&](Position const& at) {
    auto const& fence = policy.fences[at.fence];
    return side_of({.inside = at.inside,
                    .to_border = at.to_border,
                    .accuracy = {*accuracy},
                    .margin = fence.margin,
                    .accuracy_limit = fence.accuracy_limit,
                    .border_error = border_error(fence.shape)});
  };
  auto rows = Json::array();
  FenceMask everybody = 0;
  for (std::size_t i = 0; i < policy.fences.size(); ++i) {
    auto const& fence = policy.fences[i];
    if (fence.who.everybody) everybody |= FenceMask{1} << i;
    // The side of the area itself: for a deny fence "inside" is where calls are blocked.
    auto const here = side({contains(fence.shape, point), signed_distance(fence.shape, point),
                            static_cast<std::uint16_t>(i)});
    rows.push_back({{"name", fence.name},
                    {"deny", fence.deny},
                    {"side", side_word(here)},
                    {"distance_m", tenth(signed_distance(fence.shape, point).value)}});
    if (auto const* area = std::get_if<Area>(&fence.shape))
      if (auto const part = area->region->find(point); part)
        rows.back()["area"] = area->region->name_of(*part);
  }
  auto const together = locate(policy.fences, everybody, point);
  co_return Json{{"fences", std::move(rows)},
                 {"allowed_for_all", !together || side(*together) == Side::inside}};
}

}  // namespace

void add_fence_verbs(control::Verbs& verbs, CallBlocking& f) {
  verbs.handle("fence list", [&f](VerbCall) -> Answer {
    co_return Json{{"fences", fences_json(f.standings().policy())}};
  });
  verbs.handle("fence show", [&f](VerbCall call) { return fence_show(f, std::move(call)); });
  verbs.handle("fence test", [&f](VerbCall call) { return fence_test(f, std::move(call)); });
}

}  // namespace wardroom::call_blocking
