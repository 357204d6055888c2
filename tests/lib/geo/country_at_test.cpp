/// Where any point of the earth lies: beside the grid of the whole world, and beside distances that
/// one country's region knows.
#include "geo/country_at.hpp"

#include "geo/countries.hpp"
#include "geo/region.hpp"
#include "geo/sphere.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace wardroom::geo {
namespace {

std::string label_at(GeoPoint point) {
  auto const found = whereabouts(point);
  return found.area ? label_of(areas()[*found.area]) : "sea";
}

TEST(CountryAt, knows_towns_seas_poles_and_areas_without_a_code) {
  for (auto const& [point, label] :
       std::vector<std::pair<GeoPoint, std::string>>{{{48.2082, 16.3738}, "AT"},
                                                     {{-33.8688, 151.2093}, "AU"},
                                                     {{42.6629, 21.1655}, "Kosovo"},
                                                     {{9.56, 44.06}, "Somaliland"},
                                                     {{41.9035, 12.4530}, "VA"},
                                                     {{41.8905, 12.4922}, "IT"},
                                                     {{43.9367, 12.4467}, "SM"},
                                                     {{-29.6, 28.2}, "LS"},
                                                     {{-16.8, 180}, "FJ"},
                                                     {{-16.8, -180}, "FJ"},
                                                     {{67, 180}, "RU"},
                                                     {{67, -179.5}, "RU"},
                                                     {{-90, 0}, "AQ"},
                                                     {{-89.99, 123}, "AQ"},
                                                     {{90, 0}, "sea"},
                                                     {{0, -140}, "sea"},
                                                     {{40, 180}, "sea"},
                                                     {{54, 3}, "sea"}})
    EXPECT_EQ(label_at(point), label) << point.latitude << " " << point.longitude;
}

TEST(CountryAt, the_whole_world_is_as_its_grid_has_it) {
  auto const parts = all_borders();
  auto const world = Region::build(parts);
  test::Dice dice(41);
  for (std::size_t i = 0; i < test::count(25); ++i) {
    auto const& polygon = dice.pick(dice.pick(parts).polygons);
    auto p = geo_point_of(dice.pick(polygon.front()));
    p.latitude = std::clamp(p.latitude + dice.normal(0.2), -90.0, 90.0);
    p.longitude = std::clamp(p.longitude + dice.normal(0.2), -180.0, 180.0);
    auto const mine = whereabouts(p);
    auto const grid = world.find(p);
    EXPECT_EQ(mine.area.has_value(), grid.has_value()) << p.latitude << " " << p.longitude;
    if (mine.area && grid)
      EXPECT_EQ(label_of(areas()[*mine.area]), parts[*grid].name)
          << p.latitude << " " << p.longitude;
    // In the sea the nearest line is the coast that the grid knows, too.
    if (!mine.area)
      EXPECT_NEAR(mine.to_border, world.signed_distance(p), 1 + 0.01 * mine.to_border)
          << p.latitude << " " << p.longitude;
  }
}

TEST(CountryAt, a_rock_that_is_but_a_line_has_no_border) {
  auto const parts = all_borders();
  auto const world = Region::build(parts);
  // At the Alijos Rocks, of which the data has two points.
  for (GeoPoint const p : {GeoPoint{24.64, -115.76}, GeoPoint{24.954, -115.753}}) {
    auto const mine = whereabouts(p);
    EXPECT_FALSE(mine.area);
    EXPECT_NEAR(mine.to_border, world.signed_distance(p), 0.01 * mine.to_border);
    EXPECT_GT(mine.to_border, 250'000);
  }
}

TEST(CountryAt, the_nearest_border_is_that_of_the_country_around) {
  test::Dice dice(42);
  for (char const* code : {"AT", "LS", "RU", "FJ", "AQ", "US", "SM"}) {
    Choice const choice[] = {*choose_area(code)};
    auto const parts = borders_of(choice);
    auto const region = Region::build(parts);
    for (std::size_t i = 0; i < test::count(12); ++i) {
      auto p = geo_point_of(dice.pick(dice.pick(parts[0].polygons).front()));
      p.latitude = std::clamp(p.latitude + dice.normal(1), -90.0, 90.0);
      p.longitude = std::clamp(p.longitude + dice.normal(1), -180.0, 180.0);
      if (!region.contains(p)) continue;
      auto const to_border = -region.signed_distance(p);
      EXPECT_NEAR(whereabouts(p).to_border, to_border, 1 + 0.01 * to_border)
          << code << " " << p.latitude << " " << p.longitude;
    }
  }
}

TEST(CountryAt, where_the_data_is_cut_there_is_no_border) {
  EXPECT_GT(whereabouts({67, 180}).to_border, 50'000) << "Chukotka, on the antimeridian";
  EXPECT_GT(whereabouts({-90, 0}).to_border, 400'000) << "the south pole";
  EXPECT_GT(whereabouts({90, 0}).to_border, 600'000) << "the north pole";
}

}  // namespace
}  // namespace wardroom::geo
