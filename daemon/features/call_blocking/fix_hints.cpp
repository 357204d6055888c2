#include "features/call_blocking/fix_hints.hpp"

#include "features/call_blocking/border.hpp"

#include <algorithm>
#include <cmath>

namespace wardroom::call_blocking {
namespace {

constexpr double kFastest = 1200 / 3.6;  // m/s
constexpr double kFloor = 20'000;        // m
constexpr std::uint16_t kFrozen = 240;
constexpr double kSatellite = 20;  // m
constexpr double kTooExact = 1;    // m
constexpr auto kAhead = std::chrono::minutes(5);

/// Without trigonometry, for nearly all: within 0.1 degrees both ways are less than 16 km.
bool is_near(GeoPoint a, GeoPoint b) {
  return std::abs(a.latitude - b.latitude) < 0.1 && std::abs(a.longitude - b.longitude) < 0.1;
}

bool is_impossible(Fix const& before, Fix const& fix) {
  if (is_near(before.where, fix.where)) return false;
  double const way =
      distance(before.where, fix.where).value - before.accuracy.value - fix.accuracy.value;
  if (way <= kFloor) return false;
  auto const took = std::chrono::duration<double>(fix.received - before.received).count();
  return way / std::max(took, 1.0) > kFastest;
}

}  // namespace

Hints hints_of(Observation const& seen) {
  auto const& fix = seen.fix;
  Hints out = 0;
  if (seen.before && is_impossible(*seen.before, fix)) out |= bit(Hint::impossible_travel);
  if (seen.same_place >= kFrozen && fix.accuracy.value <= kSatellite) out |= bit(Hint::frozen);
  if (fix.accuracy.value <= kTooExact) out |= bit(Hint::too_exact);
  if (seen.taken && *seen.taken > fix.received_at + kAhead) out |= bit(Hint::future_time);
  return out;
}

}  // namespace wardroom::call_blocking
