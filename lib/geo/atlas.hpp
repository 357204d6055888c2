/// The borders of the world as the build packed them, read: lines that areas share, and the areas
/// made of them. Pure.
#pragma once
#include "geo/shapes.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace wardroom::geo {

struct PackedArea {
  std::uint64_t number = 0;  ///< ISO 3166-1 numeric; 0 = has no code
  std::string_view name;
  /// Of rings of lines: i = line i forwards, -i-1 = backwards.
  std::vector<std::vector<std::vector<std::int64_t>>> polygons;
};

struct Atlas {
  std::vector<std::vector<Point>> arcs;
  std::vector<PackedArea> areas;
};

/// Takes a millisecond or two.
Atlas read_atlas();
Ring ring_of(Atlas const& atlas, std::vector<std::int64_t> const& arcs);
/// Not in the atlas: drawn by hand.
Ring vatican();

}  // namespace wardroom::geo
