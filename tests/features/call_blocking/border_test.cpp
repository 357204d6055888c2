/// Borders: boxes over the antimeridian and at the poles, circles, distances, deny and allow
/// together.
#include "features/call_blocking/border.hpp"

#include "features/call_blocking/fence.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace wardroom::call_blocking {
namespace {

Box const kPlain{10, 20, 30, 40, false};
Box const kFiji{-20, -15, 177, -178, true};
Box const kIssue{10, 20, 100, 30.1, true};  // the box of the configuration's outline
Box const kArctic{70, 90, -180, 180, false};
Box const kPolarWedge{60, 90, 0, 90, false};
Box const kEarth{-90, 90, -180, 180, false};

TEST(Border, counts_edges_and_corners_of_a_box_as_inside) {
  for (GeoPoint p :
       {GeoPoint{10, 30}, GeoPoint{20, 40}, GeoPoint{10, 35}, GeoPoint{15, 40}, GeoPoint{15, 35}})
    EXPECT_TRUE(contains(kPlain, p));
  for (GeoPoint p : {GeoPoint{9.9999999, 35}, GeoPoint{20.0000001, 35}, GeoPoint{15, 29.9999999},
                     GeoPoint{15, 40.0000001}, GeoPoint{15, -145}})
    EXPECT_FALSE(contains(kPlain, p));
}

TEST(Border, follows_a_box_over_the_antimeridian) {
  for (double longitude : {177.0, 179.9, 180.0, -180.0, -179.0, -178.0})
    EXPECT_TRUE(contains(kFiji, GeoPoint{-17, longitude})) << longitude;
  for (double longitude : {176.9999, -177.9999, 0.0, 90.0, -90.0})
    EXPECT_FALSE(contains(kFiji, GeoPoint{-17, longitude})) << longitude;
  EXPECT_TRUE(contains(kIssue, GeoPoint{15, 0}));
  EXPECT_TRUE(contains(kIssue, GeoPoint{15, 30.1}));
  EXPECT_FALSE(contains(kIssue, GeoPoint{15, 65}));
  EXPECT_TRUE(
      contains(Box{0, 1, 170, 180, false}, GeoPoint{0.5, -180}));  // one meridian, two names
  EXPECT_TRUE(contains(Box{0, 1, -180, -170, false}, GeoPoint{0.5, 180}));
}

TEST(Border, knows_that_a_pole_has_every_longitude) {
  EXPECT_TRUE(contains(kPolarWedge, GeoPoint{90, -120}));
  EXPECT_NEAR(signed_distance(kPolarWedge, {90, -120}).value, 0, 1e-6);
  EXPECT_TRUE(contains(kArctic, GeoPoint{90, 12}));
  EXPECT_NEAR(signed_distance(kArctic, {90, 12}).value, -20 * 111'195.08, 5);
  EXPECT_LT(signed_distance(kEarth, {0, 0}).value, -20'000'000);
}

TEST(Border, measures_meters_to_the_nearest_point_of_a_box) {
  // A degree of latitude is 111.195 km on the mean sphere.
  EXPECT_NEAR(signed_distance(kPlain, {21, 35}).value, 111'195, 1);
  EXPECT_NEAR(signed_distance(kPlain, {11, 35}).value, -111'195, 1);
  EXPECT_NEAR(signed_distance(kPlain, {15, 41}).value, 111'195 * std::cos(15 * M_PI / 180), 20);
  EXPECT_NEAR(signed_distance(kPlain, {21, 41}).value, distance({21, 41}, {20, 40}).value, 1);
  EXPECT_DOUBLE_EQ(signed_distance(kPlain, {15, 30}).value, 0);
  // Across the 180th meridian the short way counts.
  EXPECT_NEAR(signed_distance(kFiji, {-17, -177}).value, 111'195 * std::cos(17 * M_PI / 180), 20);
  EXPECT_NEAR(signed_distance(Box{0, 10, 170, 179, false}, {5, -179.5}).value,
              1.5 * 111'195 * std::cos(5 * M_PI / 180), 50);
  // Over the pole: the wedge ends at the pole itself.
  EXPECT_NEAR(signed_distance(kPolarWedge, {80, -135}).value, 10 * 111'195, 20);
}

TEST(Border, measures_circles_also_over_the_antimeridian_and_the_pole) {
  Circle const campus{{48.2, 16.37}, {2000}};
  EXPECT_DOUBLE_EQ(signed_distance(campus, {48.2, 16.37}).value, -2000);
  EXPECT_NEAR(signed_distance(campus, {48.3, 16.37}).value, 11'119.5 - 2000, 1);
  Circle const taveuni{{-16.8, 179.99}, {5000}};
  EXPECT_TRUE(contains(taveuni, GeoPoint{-16.8, -179.99}));
  Circle const pole{{89.9, 0}, {30'000}};
  EXPECT_TRUE(contains(pole, GeoPoint{89.9, 180}));
  EXPECT_FALSE(contains(pole, GeoPoint{89.7, 180}));
}

TEST(Border, has_the_sign_of_contains_and_never_overstates_the_way_to_the_border) {
  test::Dice dice(1);
  for (std::size_t i = 0; i < test::count(5000); ++i) {
    double const south = std::round(dice.between(-90, 80));
    double const north = std::min(90.0, south + 1 + std::round(dice.between(0, 40)));
    double const west = std::round(dice.between(-180, 179));
    double const wide = 1 + std::round(dice.between(0, 300));
    bool const over = west + wide > 180;
    Box const box{south, north, west, over ? west + wide - 360 : west + wide, over};
    if (over && box.east >= box.west) continue;
    GeoPoint const p{dice.between(-90, 90), dice.between(-180, 180)};
    auto const d = signed_distance(box, p);
    EXPECT_EQ(d.value <= 0, contains(box, p));
    // A point nearer than the border is on the same side.
    GeoPoint const q{p.latitude + dice.between(-1, 1), p.longitude + dice.between(-1, 1)};
    if (std::abs(q.latitude) > 90 || std::abs(q.longitude) > 180) continue;
    if (distance(p, q).value < std::abs(d.value) - 1) {
      EXPECT_EQ(contains(box, p), contains(box, q));
    }
  }
}

Fence fence(std::string name, Shape shape, bool deny = false) {
  Fence out;
  out.name = std::move(name);
  out.shape = shape;
  out.deny = deny;
  seal(out);
  return out;
}

TEST(Fences, take_the_union_of_what_is_allowed_and_let_deny_win) {
  std::vector<Fence> const fences{fence("a", Box{0, 10, 0, 10}), fence("b", Box{0, 10, 20, 30}),
                                  fence("hole", Circle{{5, 5}, {50'000}}, true)};
  EXPECT_TRUE(locate(fences, 0b111, {5, 25})->inside);
  EXPECT_TRUE(locate(fences, 0b111, {1, 1})->inside);
  auto const denied = locate(fences, 0b111, {5, 5});
  EXPECT_FALSE(denied->inside);
  EXPECT_EQ(denied->fence, 2);
  EXPECT_NEAR(denied->to_border.value, 50'000, 1);
  EXPECT_FALSE(locate(fences, 0b111, {5, 15})->inside);
  EXPECT_TRUE(locate(fences, 0b011, {5, 5})->inside);
  EXPECT_FALSE(locate(fences, 0b010, {5, 5})->inside);
  EXPECT_FALSE(locate(fences, 0, {5, 5}));
}

TEST(Fences, with_only_a_deny_fence_allow_everywhere_else) {
  std::vector<Fence> const fences{fence("hole", Box{0, 10, 0, 10}, true)};
  EXPECT_FALSE(locate(fences, 1, {5, 5})->inside);
  EXPECT_FALSE(locate(fences, 1, {0, 5})->inside);  // its edge belongs to it
  auto const outside = locate(fences, 1, {5, 12});
  EXPECT_TRUE(outside->inside);
  EXPECT_LT(outside->to_border.value, -200'000);
}

TEST(Fences, are_as_strict_as_the_strictest_that_applies) {
  auto a = fence("a", Box{0, 1, 0, 1});
  auto b = fence("b", Box{0, 1, 0, 1});
  a.policies.no_fix = *parse_policy("open");
  b.policies.no_fix = *parse_policy("grace(2m)");
  a.policies.stale = *parse_policy("grace(1m)");
  b.policies.stale = *parse_policy("grace(10s)");
  auto const both = governing(std::vector{a, b}, 0b11);
  EXPECT_EQ(text(both->policies.no_fix), "grace(2m)");
  EXPECT_EQ(both->fence, 1);
  EXPECT_EQ(text(both->policies.stale), "grace(10s)");
  EXPECT_EQ(text(governing(std::vector{a, b}, 0b01)->policies.no_fix), "open");
}

TEST(Fences, have_a_digest_that_changes_with_anything_that_matters) {
  auto const a = fence("a", Box{0, 1, 0, 1});
  EXPECT_EQ(a.digest.size(), 12u);
  auto b = a;
  b.margin = Meters{299};
  EXPECT_NE(digest_of(b), a.digest);
  b = a;
  b.shape = Box{0, 1, 0, 1.0000001};
  EXPECT_NE(digest_of(b), a.digest);
  b = a;
  b.policies.degraded = *parse_policy("open");
  EXPECT_NE(digest_of(b), a.digest);
  EXPECT_EQ(digest_of(a), a.digest);
}

TEST(Policy, reads_its_three_words_and_nothing_else) {
  EXPECT_EQ(text(*parse_policy("grace(90s)")), "grace(90s)");
  for (std::string_view bad :
       {"", "grace", "grace()", "grace(5)", "Open", "grace(5m", "grace(-1s)"})
    EXPECT_FALSE(parse_policy(bad)) << bad;
}

}  // namespace
}  // namespace wardroom::call_blocking
