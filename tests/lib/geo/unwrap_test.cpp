/// Rings on the globe: over the antimeridian, around the poles, cut alike by both neighbours.
#include "geo/unwrap.hpp"

#include "geo/side.hpp"

#include <gtest/gtest.h>

namespace wardroom::geo {
namespace {

Ring ring(std::initializer_list<GeoPoint> points) {
  Ring out;
  for (auto const& p : points) out.push_back(point_of(p));
  return out;
}
bool has(Ring const& flat, double latitude, double longitude) {
  return surrounds(flat, point_of({latitude, longitude}));
}

TEST(Unwrapped, goes_the_short_way_over_the_antimeridian) {
  auto const fiji = unwrapped(ring({{-20, 177}, {-20, -178}, {-15, -178}, {-15, 177}}));
  ASSERT_EQ(fiji.size(), 4u);
  EXPECT_EQ(fiji[1].x, 182 * kSteps);
  for (double longitude : {177.1, 179.9, 180.0, -180.0, -178.1})
    EXPECT_TRUE(has(fiji, -17, longitude)) << longitude;
  for (double longitude : {176.9, -177.9, 0.0, 90.0})
    EXPECT_FALSE(has(fiji, -17, longitude)) << longitude;
}

TEST(Unwrapped, takes_either_winding) {
  auto const one = ring({{0, 0}, {0, 10}, {10, 10}, {10, 0}});
  Ring const other(one.rbegin(), one.rend());
  for (auto const& r : {one, other}) {
    EXPECT_TRUE(has(unwrapped(r), 5, 5));
    EXPECT_FALSE(has(unwrapped(r), 5, 15));
    EXPECT_NEAR(square_kilometers({r}), 1'230'000, 10'000);
  }
}

TEST(Unwrapped, closes_a_ring_around_a_pole_along_the_pole_of_its_hemisphere) {
  auto const south = unwrapped(ring({{-60, -120}, {-60, 0}, {-60, 120}}));
  EXPECT_TRUE(has(south, -89, 77));
  EXPECT_TRUE(has(south, -61, 180));
  EXPECT_FALSE(has(south, -59, 77));
  EXPECT_FALSE(has(south, 89, 77));
  auto const north = unwrapped(ring({{60, 120}, {60, 0}, {60, -120}}));
  EXPECT_TRUE(has(north, 89, -10));
  EXPECT_FALSE(has(north, -89, -10));
  // A cap of 30 degrees around the pole.
  EXPECT_NEAR(square_kilometers({ring({{60, 120}, {60, 0}, {60, -120}})}), 34'170'000, 50'000);
}

TEST(Unwrapped, reads_a_seam_at_180_as_the_same_meridian_or_as_all_around) {
  // Drawn to the antimeridian on both sides, as tools that know RFC 7946 cut it.
  auto const east = unwrapped(ring({{-20, 177}, {-20, 180}, {-15, -180}, {-15, 177}}));
  EXPECT_TRUE(has(east, -17, 178));
  EXPECT_FALSE(has(east, -17, 0));
  auto const cap = unwrapped(ring({{60, -180}, {60, 180}, {90, 180}, {90, -180}}));
  EXPECT_TRUE(has(cap, 70, 12));
  EXPECT_FALSE(has(cap, 50, 12));
  auto const finer = unwrapped(ring({{60, -180}, {60, 0}, {60, 180}, {90, 180}, {90, -180}}));
  EXPECT_TRUE(has(finer, 70, 12));
  EXPECT_FALSE(has(finer, 50, 12));
}

TEST(Refined, cuts_an_edge_of_two_neighbours_at_the_same_points) {
  Ring const one{{0, 0}, {7'654'321, 3'333'333}, {0, 9'000'000}};
  Ring const back(one.rbegin(), one.rend());
  auto a = refined(one, 1'000'000, 500'001);
  auto b = refined(back, 1'000'000, 500'001);
  EXPECT_GT(a.size(), 15u);
  auto const by_place = [](Point l, Point r) { return std::pair(l.x, l.y) < std::pair(r.x, r.y); };
  std::ranges::sort(a, by_place);
  std::ranges::sort(b, by_place);
  EXPECT_EQ(a, b);
  EXPECT_EQ(std::ranges::count(a, 500'001, &Point::x), 2);
}

TEST(Side, never_leaves_a_point_on_the_line) {
  struct P {
    std::int64_t x, y;
  };
  // What is on the line of an edge counts as a little to the north-east of it.
  EXPECT_FALSE(left_of(P{0, 0}, P{0, 10}, P{0, 5}));
  EXPECT_TRUE(left_of(P{0, 10}, P{0, 0}, P{0, 5}));
  EXPECT_TRUE(left_of(P{0, 0}, P{10, 0}, P{5, 0}));
  EXPECT_FALSE(left_of(P{10, 0}, P{0, 0}, P{5, 0}));
  // The farthest that coordinates can be apart.
  EXPECT_TRUE(left_of(P{0, 0}, P{3'600'000'000, 1'800'000'000}, P{1'800'000'000, 900'000'001}));
  EXPECT_FALSE(left_of(P{0, 0}, P{3'600'000'000, 1'800'000'000}, P{1'800'000'001, 900'000'000}));
}

}  // namespace
}  // namespace wardroom::geo
