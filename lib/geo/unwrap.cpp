#include "geo/unwrap.hpp"

#include "geo/side.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace wardroom::geo {
namespace {

constexpr double kEarthRadiusKm = 6371.0088;  // mean radius (IUGG)

/// A step of exactly a whole turn is none, from 180 to -180, or all the way around when
/// `literally`.
std::int64_t short_way(std::int64_t step, bool literally) {
  if (literally && (step == kTurn || step == -kTurn)) return step;
  if (step > kHalfTurn) return step - kTurn;
  return step < -kHalfTurn ? step + kTurn : step;
}

std::int64_t rounded_quotient(std::int64_t a, std::int64_t b) {  // b > 0
  return a >= 0 ? (a + b / 2) / b : -((-a + b / 2) / b);
}

/// The point of the edge at longitude x; the same for both directions of the edge.
Point at_longitude(Point a, Point b, std::int64_t x) {
  if (b.x < a.x) std::swap(a, b);
  // A latitude's difference times a longitude's is at most 1.8e9 * 3.6e9: it fits.
  return {x, a.y + rounded_quotient((b.y - a.y) * (x - a.x), b.x - a.x)};
}

std::int64_t floor_turns(std::int64_t x) {
  return x >= 0 ? x / kTurn : -((-x + kTurn - 1) / kTurn);
}

/// The edge's inner points, in its direction.
void cut_edge(Point a, Point b, std::int64_t longest, std::int64_t cut, Ring& out) {
  auto const [west, east] = std::minmax(a.x, b.x);
  std::vector<std::int64_t> xs;
  auto const pieces = (east - west + longest - 1) / longest;
  for (std::int64_t i = 1; i < pieces; ++i) xs.push_back(west + (east - west) * i / pieces);
  for (auto x = cut + (floor_turns(west - cut) + 1) * kTurn; x < east; x += kTurn) xs.push_back(x);
  std::ranges::sort(xs);
  xs.erase(std::ranges::unique(xs).begin(), xs.end());
  if (b.x < a.x) std::ranges::reverse(xs);
  for (auto const x : xs) out.push_back(at_longitude(a, b, x));
}

/// Closes a ring that ends a whole turn from home along the pole of its hemisphere.
void close_along_pole(Ring& ring, std::int64_t end) {
  auto const home = ring.front();
  std::int64_t sum = 0;
  for (auto const& point : ring) sum += point.y / static_cast<std::int64_t>(ring.size());
  auto const pole = sum >= 0 ? kPole : -kPole;
  if (Point const back{end, home.y}; back != ring.back()) ring.push_back(back);
  ring.push_back({end, pole});
  ring.push_back({home.x, pole});
}

Ring unwrapped(Ring const& ring, bool literally) {
  Ring out;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    auto const before = out.empty() ? ring[i] : out.back();
    auto const step = i == 0 ? 0 : short_way(ring[i].x - ring[i - 1].x, literally);
    Point const next{before.x + step, ring[i].y};
    if (out.empty() || next != before) out.push_back(next);
  }
  if (out.size() < 2) return out;
  auto const end = out.back().x + short_way(ring.front().x - ring.back().x, literally);
  if (end != out.front().x)
    close_along_pole(out, end);
  else if (out.back() == out.front())
    out.pop_back();
  return out;
}

/// Twice nothing for flat rings; positive for either winding.
double ring_area(Ring const& ring) {
  double sum = 0;
  auto const radians = [](std::int64_t steps) {
    return static_cast<double>(steps) / kSteps * (std::numbers::pi / 180);
  };
  for (std::size_t i = 0; i < ring.size(); ++i) {
    auto const& a = ring[i];
    auto const& b = ring[(i + 1) % ring.size()];
    // Under an edge on the cylinder of equal areas, whose height is the sine of the latitude.
    sum += radians(b.x - a.x) * (std::sin(radians(a.y)) + std::sin(radians(b.y))) / 2;
  }
  return std::abs(sum) * kEarthRadiusKm * kEarthRadiusKm;
}

}  // namespace

Ring unwrapped(Ring const& ring) {
  auto out = unwrapped(ring, false);
  auto const flat = [&](Point p) { return p.x == out.front().x; };
  return std::ranges::all_of(out, flat) ? unwrapped(ring, true) : out;
}

Ring refined(Ring const& unwrapped, std::int64_t longest, std::int64_t cut) {
  Ring out;
  for (std::size_t i = 0; i < unwrapped.size(); ++i) {
    out.push_back(unwrapped[i]);
    cut_edge(unwrapped[i], unwrapped[(i + 1) % unwrapped.size()], longest, cut, out);
  }
  return out;
}

bool surrounds(Ring const& unwrapped, Point point) {
  bool inside = false;
  for (int turn = -2; turn <= 2; ++turn) {
    Point const p{point.x + turn * kTurn, point.y};
    for (std::size_t i = 0; i < unwrapped.size(); ++i) {
      auto const& a = unwrapped[i];
      auto const& b = unwrapped[(i + 1) % unwrapped.size()];
      if ((a.y > p.y) != (b.y > p.y) && left_of(a, b, p) == (b.y > a.y)) inside = !inside;
    }
  }
  return inside;
}

double square_kilometers(Polygon const& polygon) {
  double out = 0;
  for (auto const& ring : polygon) {
    auto const area = ring_area(unwrapped(ring));
    out = &ring == polygon.data() ? area : out - area;
  }
  return std::max(0.0, out);
}

}  // namespace wardroom::geo
