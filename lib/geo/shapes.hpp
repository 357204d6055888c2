/// Points, rings and polygons in whole steps of 1e-7 degree (about a centimetre), so that every
/// question of side has an exact answer. Pure values.
#pragma once
#include "base/units.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace wardroom::geo {

inline constexpr std::int64_t kSteps = 10'000'000;  ///< to a degree
inline constexpr std::int64_t kHalfTurn = 180 * kSteps;
inline constexpr std::int64_t kTurn = 360 * kSteps;
inline constexpr std::int64_t kPole = 90 * kSteps;

/// x = longitude, y = latitude. Longitudes may lie beyond 180 degrees where a ring was unwrapped.
struct Point {
  std::int64_t x = 0, y = 0;
  bool operator==(Point const&) const = default;
};

inline std::int64_t steps_of(double degrees) {
  return static_cast<std::int64_t>(degrees * kSteps + (degrees < 0 ? -0.5 : 0.5));
}
inline Point point_of(GeoPoint p) { return {steps_of(p.longitude), steps_of(p.latitude)}; }
inline GeoPoint geo_point_of(Point p) {
  auto const x = ((p.x + kHalfTurn) % kTurn + kTurn) % kTurn - kHalfTurn;
  return {static_cast<double>(p.y) / kSteps, static_cast<double>(x) / kSteps};
}

/// The last point is not the first one again; the ring closes by itself. Any winding.
using Ring = std::vector<Point>;
/// Its outside, then its holes. Of overlapping rings, what lies in an odd number is inside.
using Polygon = std::vector<Ring>;

/// What belongs together under one name: a country, a feature. Its polygons must not overlap.
struct Part {
  std::string name;
  std::vector<Polygon> polygons;
};

}  // namespace wardroom::geo
