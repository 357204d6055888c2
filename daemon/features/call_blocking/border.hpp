/// Where a point lies relative to a border: meters to it, negative inside. Pure.
#pragma once
#include "base/units.hpp"
#include "geo/region.hpp"

#include <memory>
#include <string>
#include <variant>
#include <vector>

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
/// Countries, or polygons that somebody drew, with the grid that answers for them. The grid is
/// shared by all copies, and never changes.
struct Area {
  enum class Kind : std::uint8_t { country, polygon, geojson_file };
  Kind kind = Kind::country;
  std::vector<std::string> names;  ///< "AT", "Kosovo"; the features taken from a file
  std::string file;                ///< of geojson_file
  std::string data_version;        ///< of countries: whose borders these are
  std::string digest;              ///< of everything that the border depends on
  Meters border_error;             ///< how far the real border may be from this one
  std::shared_ptr<geo::Region const> region;
  std::shared_ptr<std::vector<geo::Polygon> const> outline;  ///< for maps, few points
  bool operator==(Area const& other) const { return kind == other.kind && digest == other.digest; }
};
using Shape = std::variant<Box, Circle, Area>;

/// Great-circle distance on a sphere of the earth's mean radius.
Meters distance(GeoPoint a, GeoPoint b);

/// Distance to the nearest point of the border; negative inside, 0 on it. Points on the border of a
/// box or a circle are inside, of an area on one of its sides. A box over all longitudes has no
/// meridian edges, and no edge lies at a pole. A shape without any border (the whole earth) answers
/// minus half the earth's circumference.
Meters signed_distance(Shape const& shape, GeoPoint point);
/// The same when it is at most `within`; farther away it may answer less, but never less than
/// `within`. For areas this is a matter of nanoseconds.
Meters signed_distance(Shape const& shape, GeoPoint point, Meters within);
/// Exact (no trigonometry) for boxes and areas.
bool contains(Shape const& shape, GeoPoint point);
/// How far the drawn border may be from the real one; 0 for what the operator drew.
Meters border_error(Shape const& shape);

/// The shape in a form that is the same for the same shape: what digests are taken over.
std::string canonical(Shape const& shape);

}  // namespace wardroom::call_blocking
