/// Where a point lies relative to a border: meters to it, negative inside. Pure.
#pragma once
#include "base/units.hpp"

#include <string>
#include <variant>

namespace wardroom::call_blocking {

/// Degrees. West to east going east; `crosses_antimeridian` says that the way leads over 180.
struct Box {
  double south = 0, north = 0, west = 0, east = 0;
  bool crosses_antimeridian = false;
  bool operator==(Box const&) const = default;
};
struct Circle {
  GeoPoint center;
  Meters radius;
  bool operator==(Circle const&) const = default;
};
using Shape = std::variant<Box, Circle>;

/// Great-circle distance on a sphere of the earth's mean radius.
Meters distance(GeoPoint a, GeoPoint b);

/// Distance to the nearest point of the border; negative inside, 0 on it. Points on the border are
/// inside. A box over all longitudes has no meridian edges, and no edge lies at a pole. A shape
/// without any border (the whole earth) answers minus half the earth's circumference.
Meters signed_distance(Shape const& shape, GeoPoint point);
/// Exact for boxes (no trigonometry): edges count as inside.
bool contains(Shape const& shape, GeoPoint point);

/// The shape in a form that is the same for the same shape: what digests are taken over.
std::string canonical(Shape const& shape);

}  // namespace wardroom::call_blocking
