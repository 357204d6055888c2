#include "geo/outline.hpp"

#include "geo/sphere.hpp"
#include "geo/unwrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace wardroom::geo {
namespace {

/// From the line a-b in the plane, with longitudes as short as at the latitude of a.
double off_line(Point a, Point b, Point p) {
  double const shrink = std::cos(radians(static_cast<double>(a.y) / kSteps));
  double const dx = static_cast<double>(b.x - a.x) * shrink, dy = static_cast<double>(b.y - a.y);
  double const px = static_cast<double>(p.x - a.x) * shrink, py = static_cast<double>(p.y - a.y);
  double const length = dx * dx + dy * dy;
  double const t = length > 0 ? std::clamp((px * dx + py * dy) / length, 0.0, 1.0) : 0;
  return std::hypot(px - t * dx, py - t * dy);
}

/// How much each point of the ring matters: the shape changes by so much without it.
std::vector<double> weights_of(Ring const& ring) {
  std::vector<double> out(ring.size(), 0);
  auto const last = ring.size();
  auto const at = [&](std::size_t i) { return ring[i % last]; };
  std::size_t far = 0;
  double most = 0;
  for (std::size_t i = 0; i < last; ++i)
    if (auto const d = off_line(ring[0], ring[0], ring[i]); d > most) most = d, far = i;
  out[0] = out[far] = most;
  struct Span {
    std::size_t from, to;
    double weight;
  };
  std::vector<Span> open{{0, far, most}, {far, last, most}};
  while (!open.empty()) {
    auto const [from, to, weight] = open.back();
    open.pop_back();
    std::size_t best = from;
    double off = -1;
    for (auto i = from + 1; i < to; ++i)
      if (auto const d = off_line(at(from), at(to), at(i)); d > off) off = d, best = i;
    if (best == from) continue;
    out[best] = std::min(off, weight);  // never more than the point that it hangs on
    open.push_back({from, best, out[best]});
    open.push_back({best, to, out[best]});
  }
  return out;
}

}  // namespace

std::vector<Polygon> outline(std::span<Part const> parts, std::size_t most) {
  struct Weighted {
    Ring ring;
    std::vector<double> weights;
    double third;  ///< weight of its third point: below it there is no area left
  };
  std::vector<std::vector<Weighted>> polygons;
  std::vector<double> all;
  double largest = 0;
  for (auto const& part : parts)
    for (auto const& polygon : part.polygons) {
      auto& rings = polygons.emplace_back();
      for (auto const& given : polygon) {
        auto ring = unwrapped(given);
        if (ring.size() < 3) continue;
        auto weights = weights_of(ring);
        auto sorted = weights;
        std::ranges::nth_element(sorted, sorted.begin() + 2, std::greater{});
        largest = std::max(largest, sorted[2]);
        all.insert(all.end(), weights.begin(), weights.end());
        rings.push_back({std::move(ring), std::move(weights), sorted[2]});
      }
    }
  double least = 0;
  if (all.size() > most) {
    std::ranges::nth_element(all, all.begin() + static_cast<std::ptrdiff_t>(most), std::greater{});
    least = std::min(all[most], largest);
  }
  std::vector<Polygon> out;
  for (auto const& rings : polygons) {
    Polygon polygon;
    for (auto const& [ring, weights, third] : rings) {
      if (third < least) {
        if (polygon.empty()) break;  // its outside is not drawn, nor are its holes
        continue;
      }
      auto& kept = polygon.emplace_back();
      for (std::size_t i = 0; i < ring.size(); ++i)
        if (weights[i] >= least) kept.push_back(ring[i]);
    }
    if (!polygon.empty()) out.push_back(std::move(polygon));
  }
  return out;
}

}  // namespace wardroom::geo
