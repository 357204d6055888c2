#include "geo/country_at.hpp"

#include "geo/atlas.hpp"
#include "geo/countries.hpp"
#include "geo/sphere.hpp"
#include "geo/unwrap.hpp"

#include <algorithm>
#include <cmath>

namespace wardroom::geo {
namespace {

constexpr double kMetresADegree = 111'000;  // of latitude; a little less than there are
constexpr std::int64_t kRounding = 100;

/// From south to north.
struct Rows {
  std::int64_t south = kPole, north = -kPole;
  bool has(std::int64_t y) const { return south <= y && y <= north; }
  void add(Rows const& other) {
    south = std::min(south, other.south);
    north = std::max(north, other.north);
  }
};

std::vector<Rows> rows_of_arcs(Atlas const& atlas) {
  std::vector<Rows> out;
  for (auto const& arc : atlas.arcs) {
    auto& rows = out.emplace_back();
    for (auto const& point : arc) rows.add({point.y, point.y});
  }
  return out;
}

bool is_beside(std::vector<Rows> const& rows, std::vector<std::int64_t> const& ring, Point point) {
  Rows all;
  for (auto const name : ring) all.add(rows[static_cast<std::size_t>(name < 0 ? ~name : name)]);
  // A ring around a pole has it, however far the ring is.
  return all.has(point.y) || all.north > kPole - 20 * kSteps || all.south < 20 * kSteps - kPole;
}

bool has(Atlas const& atlas, std::vector<Rows> const& rows, PackedArea const& area, Point point) {
  return std::ranges::any_of(area.polygons, [&](auto const& polygon) {
    if (!is_beside(rows, polygon.front(), point)) return false;
    auto const rings_around = std::ranges::count_if(polygon, [&](auto const& ring) {
      return surrounds(unwrapped(ring_of(atlas, ring)), point);
    });
    return rings_around % 2 == 1;
  });
}

std::optional<std::size_t> area_at(Atlas const& atlas, Point point) {
  auto const known = areas();
  auto const number_of = [&](auto const& is) {
    return static_cast<std::size_t>(std::ranges::find_if(known, is) - known.begin());
  };
  if (surrounds(vatican(), point)) return number_of([](Area const& a) { return a.code == "VA"; });
  auto const rows = rows_of_arcs(atlas);
  for (auto const& area : atlas.areas)
    if (has(atlas, rows, area, point))
      return number_of(
          [&](Area const& a) { return a.number == area.number && a.name == area.name; });
  return std::nullopt;
}

/// Where the data was cut, at the antimeridian and around the south pole, there is no border.
bool is_cut(Point a, Point b) {
  auto const at_cut = [](Point p) { return std::abs(std::abs(p.x) - kHalfTurn) < kRounding; };
  auto const at_pole = [](Point p) { return p.y < kRounding - kPole; };
  return (at_cut(a) && at_cut(b)) || (at_pole(a) && at_pole(b));
}

/// As fences have it (region.hpp): near the point an edge is straight in longitude and latitude, as
/// RFC 7946 says; towards the poles an arc of ten kilometres is some metres beside it.
double to_edge(GeoPoint from, GeoPoint a, GeoPoint b) {
  double const arc = distance_to_arc(from, a, b);
  bool const near = std::abs(from.latitude) < kFlatLatitude && arc < kFlatWithin;
  return near ? distance_near(from, a, b) : arc;
}

double to_line(GeoPoint from, std::vector<Point> const& line, double best) {
  for (std::size_t i = 1; i < line.size(); ++i) {
    auto const [low, high] = std::minmax(line[i - 1].y, line[i].y);
    auto const y = steps_of(from.latitude);
    auto const gap = static_cast<double>(std::max({low - y, y - high, std::int64_t{0}})) / kSteps;
    if (gap * kMetresADegree > best || is_cut(line[i - 1], line[i])) continue;
    best = std::min(best, to_edge(from, geo_point_of(line[i - 1]), geo_point_of(line[i])));
  }
  return best;
}

/// A rock so small that its line goes there and back, or nowhere: it has no inside and no border.
bool surrounds_nothing(std::vector<Point> const& arc) {
  return arc.size() < 4 && arc.front() == arc.back();
}

double nearest_border(Atlas const& atlas, GeoPoint from) {
  double best = kHalfCircumference;
  for (auto const& arc : atlas.arcs)  // a bound, so that most lines need no look
    if (auto const& first = arc.front(); !is_cut(first, first) && !surrounds_nothing(arc))
      best = std::min(best, distance(from, geo_point_of(first)));
  for (auto const& arc : atlas.arcs)
    if (!surrounds_nothing(arc)) best = to_line(from, arc, best);
  auto walls = vatican();
  walls.push_back(walls.front());
  return to_line(from, walls, best);
}

}  // namespace

Whereabouts whereabouts(GeoPoint point) {
  auto const atlas = read_atlas();
  return {area_at(atlas, point_of(point)), nearest_border(atlas, point)};
}

}  // namespace wardroom::geo
