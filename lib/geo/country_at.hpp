/// Which country has a point of the earth, and how far the nearest border is: for people to read,
/// and whatever fences there are. Slow and exact; fences have a grid of their own (region.hpp).
#pragma once
#include "base/units.hpp"

#include <cstddef>
#include <optional>

namespace wardroom::geo {

struct Whereabouts {
  std::optional<std::size_t> area;  ///< in `areas()`; none = the sea
  double to_border = 0;             ///< metres to the nearest border or coast, 0 or more
};

/// Takes some milliseconds: not on the loop.
Whereabouts whereabouts(GeoPoint point);

}  // namespace wardroom::geo
