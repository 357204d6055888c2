// Whether polygons have an inside without doubt: no crossing edges, holes within, no overlap.
#include "geo/geojson.hpp"
#include "geo/unwrap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace wardroom::geo {
namespace {

constexpr std::size_t kMostTries = 20'000'000;

struct Line {
  Point a, b;
};

int side(Point a, Point b, Point p) {
  auto const up = (b.x - a.x) * (p.y - a.y), along = (b.y - a.y) * (p.x - a.x);
  return up > along ? 1 : up < along ? -1 : 0;
}
/// In a point that is inside of both.
bool cross(Line const& l, Line const& r) {
  return side(l.a, l.b, r.a) * side(l.a, l.b, r.b) < 0 &&
         side(r.a, r.b, l.a) * side(r.a, r.b, l.b) < 0;
}

std::string place(Point p) {
  auto const at = geo_point_of(p);
  return fmt::format("longitude {:.5f}, latitude {:.5f}", at.longitude, at.latitude);
}

/// Squares over all lines, each with the lines that may touch it; only those meet.
class Squares {
 public:
  explicit Squares(std::vector<Line> const& lines) : lines_(lines) {
    for (auto const& [a, b] : lines) {
      west_ = std::min({west_, a.x, b.x}), east_ = std::max({east_, a.x, b.x});
      south_ = std::min({south_, a.y, b.y}), north_ = std::max({north_, a.y, b.y});
    }
    side_ = static_cast<std::int64_t>(std::sqrt(static_cast<double>(lines.size()))) + 1;
  }

  /// Nothing, or two lines that cross; an error when that cannot be found out.
  Result<std::optional<Point>> crossing() {
    std::vector<std::uint64_t> entries;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      auto const& [a, b] = lines_[i];
      for (auto row = row_of(std::min(a.y, b.y)); row <= row_of(std::max(a.y, b.y)); ++row)
        for (auto c = column_of(std::min(a.x, b.x)); c <= column_of(std::max(a.x, b.x)); ++c) {
          entries.push_back(static_cast<std::uint64_t>(row * side_ + c) << 32 | i);
          if (entries.size() > kMostTries) return too_intricate();
        }
    }
    std::ranges::sort(entries);
    std::size_t tries = 0;
    for (std::size_t i = 0; i < entries.size(); ++i)
      for (auto j = i + 1; j < entries.size() && entries[i] >> 32 == entries[j] >> 32; ++j) {
        if (++tries > 10 * kMostTries) return too_intricate();
        auto const& l = lines_[entries[i] & 0xFFFFFFFF];
        auto const& r = lines_[entries[j] & 0xFFFFFFFF];
        if (cross(l, r)) return l.a;
      }
    return std::nullopt;
  }

 private:
  static std::unexpected<Error> too_intricate() {
    return failure(ErrorKind::malformed,
                   "has too many long edges beside each other to be checked; simplify the areas");
  }
  std::int64_t row_of(std::int64_t y) const { return (y - south_) * side_ / (north_ - south_ + 1); }
  std::int64_t column_of(std::int64_t x) const { return (x - west_) * side_ / (east_ - west_ + 1); }

  std::vector<Line> const& lines_;
  std::int64_t west_ = 4 * kTurn, east_ = -4 * kTurn, south_ = kPole, north_ = -kPole, side_ = 1;
};

bool inside(std::vector<Ring> const& rings, Point p) {
  return std::ranges::count_if(rings, [&](Ring const& ring) { return surrounds(ring, p); }) % 2 ==
         1;
}

constexpr double kSmallest = 100;  // square steps: about a square decimetre

/// Of the ring in the plane, in square steps.
double size_of(Ring const& flat) {
  double sum = 0;
  for (std::size_t i = 0; i < flat.size(); ++i) {
    auto const& a = flat[i];
    auto const& b = flat[(i + 1) % flat.size()];
    sum += static_cast<double>(a.x - flat[0].x) * static_cast<double>(b.y - flat[0].y) -
           static_cast<double>(b.x - flat[0].x) * static_cast<double>(a.y - flat[0].y);
  }
  return std::abs(sum) / 2;
}

std::unexpected<Error> no_inside(Ring const& ring) {
  return failure(ErrorKind::malformed,
                 fmt::format("the ring at {} has no inside", place(ring.front())));
}

struct Bounds {
  std::int64_t south = kPole, north = -kPole;
};
Bounds bounds_of(Ring const& ring) {
  Bounds out;
  for (auto const& p : ring)
    out.south = std::min(out.south, p.y), out.north = std::max(out.north, p.y);
  return out;
}

}  // namespace

Result<> check_polygons(std::vector<Polygon> const& polygons) {
  std::vector<Line> lines;
  std::vector<std::vector<Ring>> flat;
  for (std::size_t n = 0; n < polygons.size(); ++n) {
    auto& rings = flat.emplace_back();
    for (auto const& ring : polygons[n]) {
      rings.push_back(unwrapped(ring));
      auto const& one = rings.back();
      if (one.size() < 3) return no_inside(ring);
      for (std::size_t i = 0; i < one.size(); ++i)
        lines.push_back({one[i], one[(i + 1) % one.size()]});
    }
  }
  auto const crossing = Squares(lines).crossing();
  if (!crossing) return std::unexpected(crossing.error());
  if (*crossing)
    return failure(ErrorKind::malformed,
                   fmt::format("edges cross each other near {}: it is not clear what is inside",
                               place(**crossing)));
  for (std::size_t n = 0; n < flat.size(); ++n)
    for (std::size_t i = 0; i < flat[n].size(); ++i)
      if (size_of(flat[n][i]) < kSmallest) return no_inside(polygons[n][i]);
  for (std::size_t n = 0; n < flat.size(); ++n)
    for (std::size_t hole = 1; hole < flat[n].size(); ++hole)
      // A hole may touch the outside in a point, so one of its points within is enough.
      if (std::ranges::none_of(flat[n][hole], [&](Point p) { return surrounds(flat[n][0], p); }))
        return failure(ErrorKind::malformed,
                       fmt::format("the hole at {} lies outside of its polygon",
                                   place(flat[n][hole].front())));
  for (std::size_t n = 0; n < flat.size(); ++n) {
    auto const mine = bounds_of(flat[n][0]);
    for (std::size_t other = 0; other < flat.size(); ++other) {
      if (other == n) continue;
      auto const theirs = bounds_of(flat[other][0]);
      if (mine.south < theirs.south || mine.north > theirs.north) continue;
      if (std::ranges::all_of(flat[n][0], [&](Point p) { return inside(flat[other], p); }))
        return failure(ErrorKind::malformed,
                       fmt::format("the polygon at {} lies within another one: make it a hole, or "
                                   "leave it out",
                                   place(flat[n][0].front())));
    }
  }
  return {};
}

}  // namespace wardroom::geo
