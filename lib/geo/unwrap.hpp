/// Rings on the globe as rings in the plane: over the antimeridian, around a pole. Pure.
#pragma once
#include "geo/shapes.hpp"

namespace wardroom::geo {

/// The same ring without jumps: an edge longer than 180 degrees of longitude goes the short way,
/// over the antimeridian, and longitudes go on beyond 180. From 180 to -180 is no way at all, but
/// where the ring would have no inside then it is the parallel all around. A ring that ends a whole
/// turn from where it began surrounds the pole of its hemisphere, and is closed along it.
/// Neighbours are never the same point.
Ring unwrapped(Ring const& ring);

/// Inserts points so that no edge is longer than `longest` in longitude, and none crosses the
/// meridian `cut` (nor that plus a whole turn). The same edge of two neighbours is cut alike.
Ring refined(Ring const& unwrapped, std::int64_t longest, std::int64_t cut);

/// Whether the point, or one whole turns away, lies in the unwrapped ring. A point on the border
/// belongs to one of the two sides. Slow and exact: the yardstick of the grid.
bool surrounds(Ring const& unwrapped, Point point);

/// Of the outside less the holes, on the mean sphere.
double square_kilometers(Polygon const& polygon);

}  // namespace wardroom::geo
