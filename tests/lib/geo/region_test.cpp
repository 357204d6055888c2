/// The grid of a region: sides, shared borders, the antimeridian, poles, distances.
#include "geo/region.hpp"

#include "geo/outline.hpp"
#include "geo/unwrap.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace wardroom::geo {
namespace {

Ring ring(std::initializer_list<GeoPoint> points) {
  Ring out;
  for (auto const& p : points) out.push_back(point_of(p));
  return out;
}
Part part(std::string name, std::vector<Polygon> polygons) {
  return {std::move(name), std::move(polygons)};
}
Region region(std::initializer_list<Part> parts) {
  return Region::build(std::span(parts.begin(), parts.size()));
}
Part box(std::string name, double south, double north, double west, double east) {
  return part(std::move(name),
              {{ring({{south, west}, {south, east}, {north, east}, {north, west}})}});
}

/// A star with many points, over the antimeridian or a pole now and then.
Ring star(test::Dice& dice) {
  GeoPoint const center{dice.between(-80, 80), dice.between(-180, 180)};
  double const size = std::exp(dice.between(std::log(0.001), std::log(9)));
  Ring out;
  auto const corners = 5 + dice.below(60);
  for (std::uint64_t i = 0; i < corners; ++i) {
    double const turn =
        2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(corners);
    double const far = size * dice.between(0.2, 1);
    double longitude = center.longitude + far * std::cos(turn);
    if (longitude > 180) longitude -= 360;
    if (longitude < -180) longitude += 360;
    out.push_back(point_of({center.latitude + far * std::sin(turn), longitude}));
  }
  return out;
}

/// To the nearest border, edge by edge.
double plain_distance(Ring const& flat, GeoPoint p) {
  double best = kHalfCircumference;
  for (std::size_t i = 0; i < flat.size(); ++i)
    best = std::min(
        best, distance_near(p, geo_point_of(flat[i]), geo_point_of(flat[(i + 1) % flat.size()])));
  return best;
}

TEST(Region, of_nothing_has_no_point) {
  EXPECT_FALSE(Region().contains({0, 0}));
  EXPECT_FALSE(Region::build({}).contains({0, 0}));
  EXPECT_GT(Region().signed_distance({0, 0}), 2e7);
}

TEST(Region, tells_which_part_has_a_point_and_no_border_between_neighbours) {
  auto const r = region({box("west", 0, 10, 0, 10), box("east", 0, 10, 10, 20)});
  EXPECT_EQ(r.find({5, 5}), 0u);
  EXPECT_EQ(r.find({5, 15}), 1u);
  EXPECT_FALSE(r.find({5, 21}));
  // The border that they share is none: the nearest one is 5 degrees away.
  EXPECT_NEAR(r.signed_distance({5, 10}), -5 * 111'195, 600);
  EXPECT_NEAR(r.signed_distance({5, 21}), 111'195 * std::cos(radians(5)), 100);
  EXPECT_NEAR(r.square_km(), 2'459'000, 10'000);
}

TEST(Region, follows_borders_over_the_antimeridian_and_counts_no_seam_there) {
  auto const cut =
      region({part("cut", {{ring({{-20, 177}, {-20, 180}, {-15, 180}, {-15, 177}})},
                           {ring({{-20, -180}, {-20, -178}, {-15, -178}, {-15, -180}})}})});
  auto const whole =
      region({part("whole", {{ring({{-20, 177}, {-20, -178}, {-15, -178}, {-15, 177}})}})});
  for (auto const* r : {&cut, &whole}) {
    for (double longitude : {177.1, 179.9999999, 180.0, -180.0, -179.9999999, -178.1}) {
      EXPECT_TRUE(r->contains({-17, longitude})) << longitude;
      EXPECT_NEAR(r->near({-17.5, longitude}, 1e9).meters,
                  std::abs(r->signed_distance({-17.5, longitude})), 1);
    }
    EXPECT_FALSE(r->contains({-17, 176.9}));
    EXPECT_FALSE(r->contains({-17, -177.9}));
    EXPECT_LT(r->signed_distance({-17.5, 180}), -200'000);
    EXPECT_NEAR(r->signed_distance({-17.5, -177.9}), 0.1 * 111'195 * std::cos(radians(17.5)), 20);
  }
  // A border that really ends at the antimeridian is one.
  auto const ends = region({box("ends", -20, -15, 177, 180)});
  EXPECT_TRUE(ends.contains({-17, 179.9999}));
  EXPECT_FALSE(ends.contains({-17, -179.9999}));
  EXPECT_NEAR(ends.signed_distance({-17, -179.9}), 0.1 * 111'195 * std::cos(radians(17)), 20);
}

TEST(Region, has_the_pole_it_surrounds_at_every_longitude) {
  auto const cap = region({part("cap", {{ring({{80, 120}, {80, 0}, {80, -120}})}})});
  for (double longitude : {-180.0, -77.7, 0.0, 33.0, 180.0}) {
    EXPECT_TRUE(cap.contains({90, longitude}));
    EXPECT_TRUE(cap.contains({80.001, longitude}));
    EXPECT_FALSE(cap.contains({79.999, longitude}));
    EXPECT_FALSE(cap.contains({-90, longitude}));
  }
  // 10 degrees along a meridian: the parallel is the border, not the great circle beyond it.
  EXPECT_NEAR(cap.signed_distance({90, 0}), -10 * 111'195, 500);
  auto const box_form =
      region({part("box", {{ring({{80, -180}, {80, 180}, {90, 180}, {90, -180}})}})});
  EXPECT_TRUE(box_form.contains({90, 12}));
  EXPECT_NEAR(box_form.signed_distance({90, 0}), -10 * 111'195, 500);
}

TEST(Region, has_no_border_when_it_is_the_whole_earth) {
  auto const earth =
      region({part("earth", {{ring({{-90, -180}, {-90, 180}, {90, 180}, {90, -180}})}})});
  for (GeoPoint p : {GeoPoint{0, 0}, GeoPoint{90, 0}, GeoPoint{-90, 180}, GeoPoint{12, -180}})
    EXPECT_TRUE(earth.contains(p)) << p.latitude;
  EXPECT_LT(earth.signed_distance({0, 0}), -2e7);
}

TEST(Region, agrees_with_ray_casting_on_random_stars_everywhere) {
  test::Dice dice(11);
  for (std::size_t n = 0; n < test::count(150); ++n) {
    auto const outside = star(dice);
    auto const flat = unwrapped(outside);
    auto const fine = refined(flat, kSteps / 4, 0);
    auto const r = region({part("star", {{outside}})});
    for (int i = 0; i < 60; ++i) {
      auto p = geo_point_of(dice.pick(flat));
      double const spread = dice.one_in(2) ? 1e-6 : 3.0;
      p.latitude = std::clamp(p.latitude + dice.normal(spread), -90.0, 90.0);
      p.longitude = std::clamp(p.longitude + dice.normal(spread), -180.0, 180.0);
      ASSERT_EQ(r.contains(p), surrounds(flat, point_of(p)))
          << n << ": " << p.latitude << " " << p.longitude;
      if (std::abs(p.latitude) > 84) continue;
      auto const exact = plain_distance(fine, p);
      auto const d = r.signed_distance(p);
      EXPECT_EQ(d < 0, r.contains(p) && d != 0);
      if (exact < 100'000) {
        EXPECT_NEAR(std::abs(d), exact, 0.02 * exact + 0.1);
      }
      auto const near = r.near(p, 500);
      if (exact < 499) {
        EXPECT_FALSE(near.at_least);
        EXPECT_NEAR(near.meters, exact, 0.1);
      } else if (exact > 501) {
        EXPECT_TRUE(near.at_least);
      }
    }
  }
}

TEST(Region, measures_the_same_from_afar_by_ball_as_edge_by_edge) {
  test::Dice dice(12);
  auto const r = region({box("box", 10, 20, 170, 175)});
  auto const flat = unwrapped(ring({{10, 170}, {10, 175}, {20, 175}, {20, 170}}));
  for (std::size_t i = 0; i < test::count(500); ++i) {
    GeoPoint const p{dice.between(-90, 90), dice.between(-180, 180)};
    double exact = kHalfCircumference;
    auto const fine = refined(flat, kSteps / 50, 0);
    for (std::size_t k = 0; k < fine.size(); ++k)
      exact = std::min(exact, distance_to_arc(p, geo_point_of(fine[k]),
                                              geo_point_of(fine[(k + 1) % fine.size()])));
    EXPECT_NEAR(std::abs(r.signed_distance(p)), exact, 0.005 * exact + 1)
        << p.latitude << " " << p.longitude;
  }
}

TEST(Outline, keeps_the_shape_with_few_points) {
  Ring circle;
  for (int i = 0; i < 5000; ++i)
    circle.push_back(point_of({10 + std::sin(i * 2 * std::numbers::pi / 5000),
                               20 + std::cos(i * 2 * std::numbers::pi / 5000)}));
  Part const parts[] = {part("circle", {{circle}}), box("speck", 30, 30.0001, 0, 0.0001)};
  auto const drawn = outline(parts, 100);
  ASSERT_EQ(drawn.size(), 1u);  // the speck is smaller than what is left out of the circle
  EXPECT_LE(drawn[0][0].size(), 110u);
  EXPECT_GE(drawn[0][0].size(), 60u);
  EXPECT_NEAR(square_kilometers(drawn[0]), square_kilometers({circle}),
              0.02 * square_kilometers({circle}));
  EXPECT_EQ(outline(parts, 10'000).size(), 2u);
}

}  // namespace
}  // namespace wardroom::geo
