/// Which cells of a grid an edge touches, and on which side of a ring their middles lie. Pure.
#pragma once
#include "geo/region.hpp"

#include <cstdint>
#include <vector>

namespace wardroom::geo {

/// Adds cell << 32 | number for every cell that the edge touches.
void add_cells_touched(Frame const& frame, Spot a, Spot b, std::uint32_t number,
                       std::vector<std::uint64_t>& out);

/// Where along each row's middles what the unwrapped rings surround begins and ends: a row of
/// `frame.columns` for each from `first_row` to `last_row`, 1 = the side changes here. From the
/// rings as they lie in the plane, with the poles and the antimeridian.
std::vector<std::uint8_t> flips_of(Frame const& frame, std::vector<Ring> const& rings,
                                   std::uint32_t first_row, std::uint32_t last_row);

}  // namespace wardroom::geo
