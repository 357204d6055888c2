#include "features/call_blocking/border.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace wardroom::call_blocking {
namespace {

using geo::kEarthRadius;
using geo::kHalfCircumference;
using geo::radians;

/// How far east of `west` the longitude lies, in [0, 360).
double eastward(double west, double longitude) {
  double const d = longitude - west;
  return d < 0 ? d + 360 : d >= 360 ? d - 360 : d;
}

double width(Box const& box) {
  double const w = box.east - box.west;
  return box.crosses_antimeridian ? w + 360 : w;
}

bool within_longitudes(Box const& box, double longitude) {
  // 180 and -180 are one meridian, so a box that ends at 180 contains -180.
  return width(box) >= 360 || eastward(box.west, longitude) <= width(box) ||
         (longitude == -180 && eastward(box.west, 180) <= width(box));
}

/// To the part of one meridian between two latitudes.
double to_meridian(GeoPoint point, double longitude, double south, double north) {
  double const lat = radians(point.latitude);
  double const dlon = radians(point.longitude - longitude);
  // The meridian's point nearest to ours: along it the cosine of the distance is A cos(t - foot).
  double const foot =
      std::atan2(std::sin(lat), std::cos(lat) * std::cos(dlon)) * (180 / std::numbers::pi);
  if (foot >= south && foot <= north) {
    double const sine = std::clamp(std::abs(std::cos(lat) * std::sin(dlon)), 0.0, 1.0);
    return std::asin(sine) * kEarthRadius;
  }
  return std::min(distance(point, {south, longitude}).value,
                  distance(point, {north, longitude}).value);
}

double signed_distance_to(Box const& box, GeoPoint point) {
  bool const beside = within_longitudes(box, point.longitude);
  double nearest = kHalfCircumference;
  // To a parallel the shortest way is straight along our meridian, when that meets the edge at all.
  if (beside && box.north < 90)
    nearest = std::min(nearest, radians(std::abs(point.latitude - box.north)) * kEarthRadius);
  if (beside && box.south > -90)
    nearest = std::min(nearest, radians(std::abs(point.latitude - box.south)) * kEarthRadius);
  if (width(box) < 360) {
    nearest = std::min(nearest, to_meridian(point, box.west, box.south, box.north));
    nearest = std::min(nearest, to_meridian(point, box.east, box.south, box.north));
  }
  return contains(box, point) ? -nearest : nearest;
}

double signed_distance_to(Circle const& circle, GeoPoint point) {
  return distance(circle.center, point).value - circle.radius.value;
}

double signed_distance_to(Area const& area, GeoPoint point) {
  return area.region->signed_distance(point);
}

}  // namespace

Meters distance(GeoPoint a, GeoPoint b) { return Meters{geo::distance(a, b)}; }

Meters signed_distance(Shape const& shape, GeoPoint point) {
  double const d = std::visit([&](auto const& s) { return signed_distance_to(s, point); }, shape);
  return Meters{d == 0 ? 0.0 : d};  // no minus zero
}

Meters signed_distance(Shape const& shape, GeoPoint point, Meters within) {
  auto const* area = std::get_if<Area>(&shape);
  if (!area) return signed_distance(shape, point);
  auto const near = area->region->near(point, within.value);
  return Meters{near.inside && near.meters > 0 ? -near.meters : near.meters};
}

Meters border_error(Shape const& shape) {
  auto const* area = std::get_if<Area>(&shape);
  return area ? area->border_error : Meters{0};
}

bool contains(Shape const& shape, GeoPoint point) {
  if (auto const* box = std::get_if<Box>(&shape)) {
    if (point.latitude < box->south || point.latitude > box->north) return false;
    if (std::abs(point.latitude) == 90) return true;  // a pole has every longitude
    return within_longitudes(*box, point.longitude);
  }
  if (auto const* area = std::get_if<Area>(&shape)) return area->region->contains(point);
  auto const& circle = std::get<Circle>(shape);
  return distance(circle.center, point) <= circle.radius;
}

std::string canonical(Shape const& shape) {
  if (auto const* box = std::get_if<Box>(&shape))
    return fmt::format("box {:.7f} {:.7f} {:.7f} {:.7f} {}", box->south, box->north, box->west,
                       box->east, box->crosses_antimeridian);
  if (auto const* area = std::get_if<Area>(&shape)) return "area " + area->digest;
  auto const& circle = std::get<Circle>(shape);
  return fmt::format("circle {:.7f} {:.7f} {:.3f}", circle.center.latitude, circle.center.longitude,
                     circle.radius.value);
}

}  // namespace wardroom::call_blocking
