/// On which side of an edge a point lies, exactly and never "on it". Pure.
///
/// Points asked about are thought moved by (e, e²), e smaller than any step, and points of edges
/// are not; so no three points lie on a line, and every count of crossings agrees with every other.
#pragma once
#include <cstdint>

namespace wardroom::geo {

/// Left of the edge from a to b. Coordinates may differ by 3.6e9 in x and 1.8e9 in y.
template <class EdgePoint, class Asked>
constexpr bool left_of(EdgePoint const& a, EdgePoint const& b, Asked const& p) {
  auto const dx = static_cast<std::int64_t>(b.x) - static_cast<std::int64_t>(a.x);
  auto const dy = static_cast<std::int64_t>(b.y) - static_cast<std::int64_t>(a.y);
  // Compared, not subtracted: each product fits 64 bits, their difference may not.
  auto const up = dx * (static_cast<std::int64_t>(p.y) - static_cast<std::int64_t>(a.y));
  auto const along = dy * (static_cast<std::int64_t>(p.x) - static_cast<std::int64_t>(a.x));
  if (up != along) return up > along;
  return dy != 0 ? dy < 0 : dx > 0;
}

}  // namespace wardroom::geo
