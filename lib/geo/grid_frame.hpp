/// Where the grid of a region lies, and how fine it is. Pure.
#pragma once
#include "geo/region.hpp"

#include <cstdint>
#include <vector>

namespace wardroom::geo {

inline std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

/// Over the unwrapped rings of all parts, which get points where edges are long or cross its
/// western side. Of nothing: a frame of no height.
Frame frame_over(std::vector<std::vector<Ring>>& parts);

}  // namespace wardroom::geo
