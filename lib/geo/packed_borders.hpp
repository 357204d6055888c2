/// The countries' borders as the build packed them; their grammar stands in make_borders.mjs.
#pragma once
#include <span>
#include <string_view>

namespace wardroom::geo {

struct PackedBorders {
  std::span<unsigned char const> bytes;
  std::string_view version;  ///< "world-atlas 2.0.2"
  std::string_view digest;   ///< first 12 hex digits of the SHA-256 of what was packed
  double scale_x = 0, scale_y = 0, x0 = 0, y0 = 0;  ///< degrees = step * scale + origin
};

PackedBorders packed_borders();

}  // namespace wardroom::geo
