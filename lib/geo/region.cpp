#include "geo/region.hpp"

#include "geo/side.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace wardroom::geo {
namespace {

constexpr double kBulge = 5'000;  // metres: more than a long edge and its arc are ever apart
constexpr double kMetersOfStep = kEarthRadius * radians(1) / kSteps;

}  // namespace

/// From the middle up or down its column, then along the point's row. Few edges lie across that
/// way: which may is found for 64 points at a time, without a branch.
bool Region::crosses_oddly(Group const& group, Spot middle, Spot spot) const {
  Spot const corner{middle.x, spot.y};
  bool odd = false;
  std::uint64_t before = 0;
  for (auto chunk = group.begin; chunk < group.end; chunk += 64) {
    auto const count = std::min(group.end - chunk, 64u);
    std::uint64_t across = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      auto const& p = lines_[chunk + i];
      auto const sides =
          static_cast<std::uint64_t>(((p.y & ~kStart) > spot.y) | (p.x > middle.x) << 1);
      across |= static_cast<std::uint64_t>((sides != before) & (p.y < kStart)) << i;
      before = sides;
    }
    for (; across != 0; across &= across - 1) {
      auto const i = chunk + static_cast<std::uint32_t>(std::countr_zero(across));
      Spot const a{lines_[i - 1].x, lines_[i - 1].y & ~kStart}, b = lines_[i];
      bool const at_corner = left_of(a, b, corner);
      odd ^= ((a.y > spot.y) != (b.y > spot.y)) & (left_of(a, b, spot) != at_corner);
      odd ^= ((a.x > middle.x) != (b.x > middle.x)) & (at_corner != left_of(a, b, middle));
    }
  }
  return odd;
}

std::uint32_t Region::part_in_cell(std::uint32_t group, Spot spot, std::uint32_t column,
                                   std::uint32_t row) const {
  auto const middle = frame_.middle_of(column, row);
  for (;;) {
    auto const g = group_at(group);
    if (g.middle_inside != crosses_oddly(g, middle, spot)) return g.part;
    if (g.last) return kNone;
    group = g.end;
  }
}

double Region::nearest_in_cell(std::uint32_t group, GeoPoint point, double best, bool flat) const {
  double const shrink = std::cos(radians(point.latitude));
  auto const at = point_of(point);
  auto const x = static_cast<double>(frame_.east_of_west(at.x));
  auto const y = static_cast<double>(at.y - frame_.south);
  double squared = best / kMetersOfStep * (best / kMetersOfStep) * 1.01;
  for (;;) {
    auto const g = group_at(group);
    for (auto i = g.begin; i < g.borders_end; ++i) {
      auto const b = lines_[i];
      if (b.y >= kStart) continue;
      Spot const a{lines_[i - 1].x, lines_[i - 1].y & ~kStart};
      if (!flat) {
        best = std::min(best, distance_to_arc(point, place_of(a), place_of(b)));
        continue;
      }
      double ax = a.x - x;
      if (ax > static_cast<double>(kHalfTurn)) ax -= static_cast<double>(kTurn);
      if (ax < -static_cast<double>(kHalfTurn)) ax += static_cast<double>(kTurn);
      ax *= shrink;
      double const ay = a.y - y;
      double const dx = (static_cast<double>(b.x) - a.x) * shrink;
      double const dy = static_cast<double>(b.y) - a.y;
      double const t = std::clamp(-(ax * dx + ay * dy) / (dx * dx + dy * dy), 0.0, 1.0);
      double const fx = ax + t * dx, fy = ay + t * dy;
      if (fx * fx + fy * fy >= squared) continue;
      squared = fx * fx + fy * fy;
      best = std::min(best, distance_near(point, place_of(a), place_of(b)));
    }
    if (g.last) return best;
    group = g.end;
  }
}

/// Of the clusters, and in them of the balls, that can hold the nearest edge, looks at that edge.
double Region::nearest_border(GeoPoint point) const {
  auto const p = vector_of(point);
  auto const way = [&](Ball const& ball) { return chord(p, {ball.x, ball.y, ball.z}); };
  double farthest = 2;  // no chord is longer
  for (auto const& cluster : clusters_)
    farthest = std::min(farthest, way(cluster.around) + cluster.around.radius);
  std::vector<Ball const*> near;
  for (auto const& [around, begin, end] : clusters_) {
    if (way(around) - around.radius > farthest) continue;
    for (auto i = begin; i < end; ++i) {
      auto const to = way(balls_[i]);
      if (to - balls_[i].radius <= farthest) near.push_back(&balls_[i]);
      farthest = std::min(farthest, to + balls_[i].radius);
    }
  }
  bool const flat =
      std::abs(point.latitude) < kFlatLatitude && meters_of_chord(farthest) < kFlatWithin;
  double best = kHalfCircumference;
  for (auto const* ball : near) {
    if (way(*ball) - ball->radius > farthest) continue;
    best = nearest_in_cell(ball->group, point, best, flat);
    farthest = std::min(farthest, 2 * std::sin(best / kEarthRadius / 2) * 1.02 + 1e-6);
  }
  // Looked at from afar an edge is an arc; near it, it is straight in longitude and latitude.
  if (!flat && std::abs(point.latitude) < kFlatLatitude && best + kBulge < kFlatWithin)
    if (auto const close = this->near(point, best + kBulge); !close.at_least) return close.meters;
  return best;
}

double Region::signed_distance(GeoPoint point) const {
  double const meters = nearest_border(point);
  return contains(point) ? -meters : meters;
}

Nearness Region::near(GeoPoint point, double within) const {
  Nearness out{contains(point), within, true};
  double const lean = std::cos(radians(std::min(90.0, std::abs(point.latitude) + 1)));
  if (within > kFlatWithin || std::abs(point.latitude) > kFlatLatitude) {
    double const meters = nearest_border(point);
    return {out.inside, meters, false};
  }
  auto const at = point_of(point);
  auto const high = static_cast<std::int64_t>(within / kMetersOfStep) + 2;
  auto const wide = static_cast<std::int64_t>(within / kMetersOfStep / lean) + 2;
  auto const y = at.y - frame_.south;
  auto const south = std::max<std::int64_t>(0, y - high), north = std::min(frame_.height, y + high);
  if (south > north) return out;
  double best = within;
  for (auto const turn : {-kTurn, std::int64_t{0}, kTurn}) {
    auto const x = frame_.east_of_west(at.x) + turn;
    auto const west = std::max<std::int64_t>(0, x - wide), east = std::min(frame_.width, x + wide);
    if (west > east) continue;
    for (auto row = south >> frame_.shift; row <= north >> frame_.shift; ++row)
      for (auto column = west >> frame_.shift; column <= east >> frame_.shift; ++column) {
        auto const word = words_[static_cast<std::size_t>(row) * frame_.columns +
                                 static_cast<std::size_t>(column)];
        if ((word & kMixed) != 0) best = nearest_in_cell(word & ~kMixed, point, best, true);
      }
  }
  if (best < within) out = {out.inside, best, false};
  return out;
}

std::size_t Region::memory_bytes() const {
  return sizeof *this + words_.capacity() * sizeof(std::uint32_t) +
         lines_.capacity() * sizeof(Spot) + balls_.capacity() * sizeof(Ball) +
         clusters_.capacity() * sizeof(Cluster);
}

}  // namespace wardroom::geo
