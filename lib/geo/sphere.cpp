#include "geo/sphere.hpp"

#include <algorithm>
#include <cmath>

namespace wardroom::geo {
namespace {
double eastward(double from, double to) {
  double const d = to - from;
  return d > 180 ? d - 360 : d < -180 ? d + 360 : d;
}
}  // namespace

double distance(GeoPoint a, GeoPoint b) {
  double const dlat = std::sin(radians(b.latitude - a.latitude) / 2);
  double const dlon = std::sin(radians(b.longitude - a.longitude) / 2);
  double const h =
      dlat * dlat + std::cos(radians(a.latitude)) * std::cos(radians(b.latitude)) * dlon * dlon;
  return 2 * kEarthRadius * std::asin(std::sqrt(std::clamp(h, 0.0, 1.0)));
}

double distance_near(GeoPoint from, GeoPoint a, GeoPoint b) {
  double const shrink = std::cos(radians(from.latitude));
  double const ax = eastward(from.longitude, a.longitude) * shrink, ay = a.latitude - from.latitude;
  double const dx = eastward(a.longitude, b.longitude) * shrink, dy = b.latitude - a.latitude;
  double const length = dx * dx + dy * dy;
  double const t = length > 0 ? std::clamp(-(ax * dx + ay * dy) / length, 0.0, 1.0) : 0;
  return distance(from, {from.latitude + ay + t * dy, from.longitude + (ax + t * dx) / shrink});
}

Vector vector_of(GeoPoint p) {
  double const flat = std::cos(radians(p.latitude));
  return {flat * std::cos(radians(p.longitude)), flat * std::sin(radians(p.longitude)),
          std::sin(radians(p.latitude))};
}
double dot(Vector const& a, Vector const& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
Vector cross(Vector const& a, Vector const& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
double chord(Vector const& a, Vector const& b) {
  Vector const d{a.x - b.x, a.y - b.y, a.z - b.z};
  return std::sqrt(dot(d, d));
}
double meters_of_chord(double chord) {
  return 2 * kEarthRadius * std::asin(std::clamp(chord / 2, 0.0, 1.0));
}

double distance_to_arc(GeoPoint from, GeoPoint a, GeoPoint b) {
  auto const p = vector_of(from), u = vector_of(a), v = vector_of(b);
  double const ends = std::min(chord(p, u), chord(p, v));
  auto const normal = cross(u, v);
  double const size = std::sqrt(dot(normal, normal));
  // The foot of the perpendicular lies within the arc when p is on the inner side of both ends.
  if (size > 0 && dot(cross(normal, u), p) > 0 && dot(cross(v, normal), p) > 0)
    return kEarthRadius * std::asin(std::clamp(std::abs(dot(normal, p)) / size, 0.0, 1.0));
  return meters_of_chord(ends);
}

}  // namespace wardroom::geo
