/// Distances on a sphere of the earth's mean radius, in metres. Pure.
#pragma once
#include "base/units.hpp"

namespace wardroom::geo {

inline constexpr double kEarthRadius = 6'371'008.8;  ///< metres, mean radius (IUGG)
/// Where edges are taken as straight in longitude and latitude (RFC 7946): degrees, since nearer to
/// a pole the plane misleads, and metres from the point, since farther away it does so too.
inline constexpr double kFlatLatitude = 85;
inline constexpr double kFlatWithin = 50'000;
/// The farthest that anything on earth can be.
inline constexpr double kHalfCircumference = 3.14159265358979323846 * kEarthRadius;

inline constexpr double radians(double degrees) { return degrees * (3.14159265358979323846 / 180); }

/// Along the great circle.
double distance(GeoPoint a, GeoPoint b);

/// To the straight line in longitude and latitude from a to b, when it is short and near: the
/// nearest point is sought in the plane that touches the sphere at `from`. Exact to 1 % within
/// 100 km below 85 degrees of latitude.
double distance_near(GeoPoint from, GeoPoint a, GeoPoint b);

/// To the arc of the great circle from a to b, anywhere.
double distance_to_arc(GeoPoint from, GeoPoint a, GeoPoint b);

/// A point of the sphere as a unit vector.
struct Vector {
  double x = 0, y = 0, z = 0;
};
Vector vector_of(GeoPoint p);
double dot(Vector const& a, Vector const& b);
Vector cross(Vector const& a, Vector const& b);
/// The straight way through the earth, in earth radii, and the way on the surface.
double chord(Vector const& a, Vector const& b);
double meters_of_chord(double chord);

}  // namespace wardroom::geo
