/// Countries beside Boost.Geometry, which knows nothing of our grid or our whole numbers.
#include "geo/countries.hpp"
#include "geo/region.hpp"
#include "geo/unwrap.hpp"
#include "support/seed.hpp"

#include <boost/geometry/algorithms/correct.hpp>
#include <boost/geometry/algorithms/within.hpp>
#include <boost/geometry/geometries/point_xy.hpp>
#include <boost/geometry/geometries/polygon.hpp>
#include <gtest/gtest.h>

namespace wardroom::geo {
namespace {

namespace bg = boost::geometry;
using Flat = bg::model::d2::point_xy<double>;
using FlatPolygon = bg::model::polygon<Flat>;

FlatPolygon flat(Polygon const& polygon) {
  FlatPolygon out;
  out.inners().resize(polygon.size() - 1);
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    auto& ring = i == 0 ? out.outer() : out.inners()[i - 1];
    for (auto const& p : unwrapped(polygon[i]))
      ring.emplace_back(static_cast<double>(p.x) / kSteps, static_cast<double>(p.y) / kSteps);
  }
  bg::correct(out);
  return out;
}

TEST(Reference, boost_geometry_has_the_same_points_in_the_same_countries) {
  test::Dice dice(31);
  for (char const* code : {"AT", "ZA", "IT", "FJ", "AQ", "NO"}) {
    Choice const choice[] = {*choose_area(code)};
    auto const parts = borders_of(choice);
    auto const region = Region::build(parts);
    std::vector<FlatPolygon> polygons;
    for (auto const& polygon : parts[0].polygons) polygons.push_back(flat(polygon));
    auto const& outside = parts[0].polygons[0][0];
    for (std::size_t i = 0; i < test::count(40); ++i) {
      auto p = geo_point_of(dice.pick(outside));
      p.latitude = std::clamp(p.latitude + dice.normal(0.2), -90.0, 90.0);
      p.longitude = std::clamp(p.longitude + dice.normal(0.2), -180.0, 180.0);
      if (std::abs(region.signed_distance(p)) < 1 || std::abs(p.longitude) == 180)
        continue;  // rounding of the other's
      bool within = false;
      for (auto const& polygon : polygons)
        for (double turn : {-360.0, 0.0, 360.0})
          within = within || bg::within(Flat(p.longitude + turn, p.latitude), polygon);
      EXPECT_EQ(region.contains(p), within) << code << " " << p.latitude << " " << p.longitude;
    }
  }
}

}  // namespace
}  // namespace wardroom::geo
