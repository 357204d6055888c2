/// Borders with few points, for maps. Pure.
#pragma once
#include "geo/shapes.hpp"

#include <span>
#include <vector>

namespace wardroom::geo {

/// The rings of all parts, unwrapped, with at most about `most` points: those that matter most to
/// the shape (Douglas-Peucker). Rings too small for three points are left out, but never all.
std::vector<Polygon> outline(std::span<Part const> parts, std::size_t most);

}  // namespace wardroom::geo
