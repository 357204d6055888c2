// P7: from a point to its country with the 10m borders, beside Boost.Geometry's exact test (and
// GEOS's prepared geometries, where libgeos was there at build time).
#include "bench/runs.hpp"
#include "geo/countries.hpp"
#include "geo/region.hpp"
#include "geo/unwrap.hpp"

#include <boost/geometry/algorithms/correct.hpp>
#include <boost/geometry/algorithms/covered_by.hpp>
#include <boost/geometry/algorithms/envelope.hpp>
#include <boost/geometry/algorithms/for_each.hpp>
#include <boost/geometry/geometries/box.hpp>
#include <boost/geometry/geometries/point_xy.hpp>
#include <boost/geometry/geometries/polygon.hpp>
#include <boost/geometry/index/rtree.hpp>
#ifdef WARDROOM_HAS_GEOS
#include <geos_c.h>
#endif

#include <algorithm>
#include <random>
#include <span>
#include <time.h>

namespace wardroom::bench {
namespace {

namespace bg = boost::geometry;
using Flat = bg::model::d2::point_xy<double>;
using FlatPolygon = bg::model::polygon<Flat>;
using FlatBox = bg::model::box<Flat>;

constexpr std::size_t kPoints = 1'000'000, kReferencePoints = 20'000;

/// Of this thread: what other programs do meanwhile is not ours.
double cpu_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

template <class Ask>
double ns_each(std::vector<GeoPoint> const& points, std::size_t count, Ask ask) {
  std::size_t found = 0;
  double best = 1e18;
  for (int round = 0; round < 3; ++round) {
    auto const began = cpu_ns();
    for (std::size_t i = 0; i < count; ++i) found += ask(points[i]) ? 1 : 0;
    best = std::min(best, (cpu_ns() - began) / static_cast<double>(count));
  }
  return found == 0 ? 0 : best;
}

std::vector<GeoPoint> uniform_points(std::mt19937_64& dice) {
  std::uniform_real_distribution<double> latitude(-90, 90), longitude(-180, 180);
  std::vector<GeoPoint> out(kPoints);
  for (auto& p : out) p = {latitude(dice), longitude(dice)};
  return out;
}

/// Within some 10 km of a vertex of some border.
std::vector<GeoPoint> points_near_borders(std::vector<geo::Part> const& parts,
                                          std::mt19937_64& dice) {
  std::vector<geo::Point> vertices;
  for (auto const& part : parts)
    for (auto const& polygon : part.polygons)
      for (auto const& ring : polygon) vertices.insert(vertices.end(), ring.begin(), ring.end());
  std::normal_distribution<double> away(0, 0.05);
  std::vector<GeoPoint> out(kPoints);
  for (auto& p : out) {
    p = geo::geo_point_of(vertices[dice() % vertices.size()]);
    p.latitude = std::clamp(p.latitude + away(dice), -90.0, 90.0);
    p.longitude = std::clamp(p.longitude + away(dice), -180.0, 180.0);
  }
  return out;
}

/// Every polygon of the world behind an R-tree of its box: the usual way with a library.
class BoostWorld {
 public:
  explicit BoostWorld(std::vector<geo::Part> const& parts) {
    std::vector<Entry> entries;
    for (auto const& part : parts)
      for (auto const& polygon : part.polygons) {
        FlatPolygon flat;
        flat.inners().resize(polygon.size() - 1);
        for (std::size_t i = 0; i < polygon.size(); ++i)
          for (auto const& p : geo::unwrapped(polygon[i]))
            (i == 0 ? flat.outer() : flat.inners()[i - 1])
                .emplace_back(static_cast<double>(p.x) / geo::kSteps,
                              static_cast<double>(p.y) / geo::kSteps);
        bg::correct(flat);
        add(flat, entries);
        // What goes on beyond the antimeridian is asked about by its other name.
        auto const box = bg::return_envelope<FlatBox>(flat);
        for (double const turn : {-360.0, 360.0})
          if (turn < 0 ? box.max_corner().x() > 180 : box.min_corner().x() < -180) {
            auto moved = flat;
            bg::for_each_point(moved, [&](Flat& p) { p.x(p.x() + turn); });
            add(moved, entries);
          }
      }
    tree_ = Tree(entries);
  }
  std::vector<FlatPolygon> const& polygons() const { return polygons_; }

  /// Calls `has(number of the polygon)` for those whose box has the point, until one says yes.
  template <class Has>
  bool any(GeoPoint p, Has has) const {
    Flat const point(p.longitude, p.latitude);
    auto const found = tree_.qbegin(bg::index::intersects(point));
    return std::any_of(found, tree_.qend(), [&](Entry const& entry) { return has(entry.second); });
  }
  /// Edges count: the data is cut at the antimeridian, where nothing ends.
  bool has(GeoPoint p) const {
    return any(p, [&](std::size_t i) {
      return bg::covered_by(Flat(p.longitude, p.latitude), polygons_[i]);
    });
  }

 private:
  using Entry = std::pair<FlatBox, std::size_t>;
  using Tree = bg::index::rtree<Entry, bg::index::rstar<16>>;
  void add(FlatPolygon polygon, std::vector<Entry>& entries) {
    entries.emplace_back(bg::return_envelope<FlatBox>(polygon), polygons_.size());
    polygons_.push_back(std::move(polygon));
  }
  std::vector<FlatPolygon> polygons_;
  Tree tree_;
};

#ifdef WARDROOM_HAS_GEOS
/// GEOS's prepared polygons behind the same R-tree.
class GeosWorld {
 public:
  explicit GeosWorld(BoostWorld const& boxes) : boxes_(boxes) {
    for (auto const& polygon : boxes.polygons()) {
      std::vector<GEOSGeometry*> holes;
      for (auto const& inner : polygon.inners()) holes.push_back(ring(inner));
      geometries_.push_back(GEOSGeom_createPolygon_r(context_, ring(polygon.outer()), holes.data(),
                                                     static_cast<unsigned>(holes.size())));
      prepared_.push_back(GEOSPrepare_r(context_, geometries_.back()));
    }
  }
  ~GeosWorld() {
    for (auto const* one : prepared_) GEOSPreparedGeom_destroy_r(context_, one);
    for (auto* one : geometries_) GEOSGeom_destroy_r(context_, one);
    GEOS_finish_r(context_);
  }
  GeosWorld(GeosWorld const&) = delete;
  GeosWorld& operator=(GeosWorld const&) = delete;

  /// Points in its own form, made beforehand: making one costs as much as asking.
  std::vector<GEOSGeometry*> points(std::span<GeoPoint const> from) const {
    std::vector<GEOSGeometry*> out;
    for (auto const& p : from)
      out.push_back(GEOSGeom_createPointFromXY_r(context_, p.longitude, p.latitude));
    return out;
  }
  void forget(std::vector<GEOSGeometry*> const& points) const {
    for (auto* point : points) GEOSGeom_destroy_r(context_, point);
  }
  bool has(GeoPoint p, GEOSGeometry const* point) const {
    return boxes_.any(p, [&](std::size_t i) {
      return GEOSPreparedContains_r(context_, prepared_[i], point) == 1;
    });
  }

 private:
  template <class Ring>
  GEOSGeometry* ring(Ring const& points) const {
    auto* out = GEOSCoordSeq_create_r(context_, static_cast<unsigned>(points.size()), 2);
    for (unsigned i = 0; i < points.size(); ++i)
      GEOSCoordSeq_setXY_r(context_, out, i, points[i].x(), points[i].y());
    return GEOSGeom_createLinearRing_r(context_, out);
  }
  GEOSContextHandle_t context_ = GEOS_init_r();
  BoostWorld const& boxes_;
  std::vector<GEOSGeometry*> geometries_;
  std::vector<GEOSPreparedGeometry const*> prepared_;
};
#endif

}  // namespace

void run_p7(Figures& figures) {
  auto const parts = geo::all_borders();
  auto const began = cpu_ns();
  auto const world = geo::Region::build(parts);
  double const build_ms = (cpu_ns() - began) / 1e6;
  std::mt19937_64 dice(7);
  auto const uniform = uniform_points(dice);
  auto const near = points_near_borders(parts, dice);
  auto const ours = [&](GeoPoint p) { return world.contains(p); };
  auto const far_ns = ns_each(uniform, kPoints, ours), near_ns = ns_each(near, kPoints, ours);

  BoostWorld const boost(parts);
  std::string name = "Boost.Geometry behind an R-tree";
  auto theirs_far = ns_each(uniform, kReferencePoints, [&](GeoPoint p) { return boost.has(p); });
  auto theirs_near = ns_each(near, kReferencePoints, [&](GeoPoint p) { return boost.has(p); });
  figures.add({"P7", name + ", near borders", theirs_near, "ns"});
#ifdef WARDROOM_HAS_GEOS
  GeosWorld const geos(boost);
  name = "GEOS prepared geometries behind an R-tree";
  auto const measured = [&](std::vector<GeoPoint> const& points) {
    auto const made = geos.points(std::span(points).first(kPoints / 5));
    auto const at = [&](GeoPoint const& p) {
      return made[static_cast<std::size_t>(&p - points.data())];
    };
    auto const ns =
        ns_each(points, made.size(), [&](GeoPoint const& p) { return geos.has(p, at(p)); });
    geos.forget(made);
    return ns;
  };
  theirs_far = measured(uniform);
  theirs_near = measured(near);
  figures.add({"P7", name + ", near borders", theirs_near, "ns"});
#endif
  std::size_t differences = 0;
  for (std::size_t i = 0; i < kReferencePoints; ++i)
    for (auto const& p : {uniform[i], near[i]})
      if (world.contains(p) != boost.has(p) && std::abs(world.signed_distance(p)) > 1)
        ++differences;

  figures.add({"P7", "point to country, uniform", far_ns, "ns", name, far_ns / theirs_far,
               "<= 50 ns, >= 10x", far_ns <= 50 && theirs_far >= 10 * far_ns});
  figures.add({"P7", "point to country, near borders", near_ns, "ns", name, near_ns / theirs_near,
               "<= 300 ns", near_ns <= 300});
  auto const mib = static_cast<double>(world.memory_bytes()) / 1e6;
  figures.add({.id = "P7",
               .what = "memory of the world's grid",
               .value = mib,
               .unit = "MB",
               .goal = "<= 25 MB",
               .met = mib <= 25});
  figures.add({.id = "P7",
               .what = "differences to the exact test, 1 m and more from a border",
               .value = static_cast<double>(differences),
               .unit = "",
               .goal = "0",
               .met = differences == 0});
  figures.add({"P7", "building the world's grid", build_ms, "ms"});
}

}  // namespace wardroom::bench
