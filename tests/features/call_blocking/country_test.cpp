/// Countries as fences: who is on which side of ten land borders, and at the odd places.
#include "features/call_blocking/area_settings.hpp"
#include "features/call_blocking/fence.hpp"
#include "features/call_blocking/standing.hpp"
#include "geo/countries.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace wardroom::call_blocking {
namespace {

Fence country(std::string code, bool deny = false) {
  Fence out;
  out.name = code;
  out.shape = *area_of_countries(std::span(&code, 1));
  out.deny = deny;
  seal(out);
  return out;
}

/// Of one fix without history, as `fence test` tells it.
Side side(Fence const& fence, GeoPoint point, double accuracy) {
  auto const at = *locate(std::span(&fence, 1), 1, point);
  return side_of({.inside = at.inside,
                  .to_border = at.to_border,
                  .accuracy = {accuracy},
                  .margin = fence.margin,
                  .accuracy_limit = fence.accuracy_limit,
                  .border_error = border_error(fence.shape)});
}

GeoPoint between(GeoPoint a, GeoPoint b, double part) {
  return {a.latitude + (b.latitude - a.latitude) * part,
          a.longitude + (b.longitude - a.longitude) * part};
}

/// The point on the way from `home` inside to `abroad` where the signed distance becomes `meters`.
GeoPoint where(Fence const& fence, GeoPoint home, GeoPoint abroad, double meters) {
  double low = 0, high = 1;
  for (int i = 0; i < 60; ++i) {
    double const middle = (low + high) / 2;
    (signed_distance(fence.shape, between(home, abroad, middle)).value < meters ? low : high) =
        middle;
  }
  return between(home, abroad, low);
}

struct Border {
  char const* here;
  char const* there;
  GeoPoint home, abroad;  ///< towns on both sides, some way from the border
};
constexpr Border kBorders[] = {
    {"AT", "DE", {47.80, 13.20}, {47.88, 12.80}},      // Salzburg
    {"FR", "DE", {48.58, 7.60}, {48.58, 7.95}},        // Strasbourg, Kehl
    {"CH", "FR", {46.20, 6.10}, {46.20, 6.35}},        // Geneva, Annemasse
    {"US", "MX", {31.85, -106.40}, {31.60, -106.40}},  // El Paso, Ciudad Juárez
    {"US", "CA", {48.90, -100.0}, {49.10, -100.0}},    // a parallel
    {"EE", "RU", {59.35, 28.00}, {59.35, 28.40}},      // Narva, Ivangorod
    {"BR", "UY", {-30.80, -55.50}, {-31.00, -55.55}},  // Livramento, Rivera
    {"ZM", "ZW", {-17.75, 25.86}, {-18.00, 25.83}},    // Livingstone, Victoria Falls
    {"LA", "TH", {18.05, 102.65}, {17.75, 102.75}},    // Vientiane, Nong Khai
    {"IN", "PK", {31.60, 74.75}, {31.60, 74.40}},      // Amritsar, Lahore
};

TEST(Country, has_people_right_beyond_the_margin_on_both_sides_of_ten_land_borders) {
  for (auto const& border : kBorders) {
    auto const here = country(border.here), there = country(border.there);
    auto const name = std::string(border.here) + "/" + border.there;
    double const zone = here.margin.value + geo::kBorderError;
    auto const just_in = where(here, border.home, border.abroad, -zone - 3);
    auto const just_out = where(here, border.home, border.abroad, zone + 3);
    EXPECT_EQ(side(here, just_in, 5000), Side::inside) << name;
    EXPECT_EQ(side(here, just_out, 5000), Side::outside) << name;
    // Three steps nearer nobody can tell, unless the fix is good.
    auto const nearly_in = where(here, border.home, border.abroad, -zone + 3);
    auto const nearly_out = where(here, border.home, border.abroad, zone - 3);
    EXPECT_EQ(side(here, nearly_in, 5000), Side::uncertain) << name;
    EXPECT_EQ(side(here, nearly_out, 5000), Side::uncertain) << name;
    EXPECT_EQ(side(here, nearly_in, 20), Side::inside) << name;
    EXPECT_EQ(side(here, nearly_out, 20), Side::outside) << name;
    // On the line itself a perfect fix does not help: the data is no better.
    EXPECT_EQ(side(here, where(here, border.home, border.abroad, 0), 0), Side::uncertain) << name;
    // What is outside of the one is inside of the other.
    EXPECT_EQ(side(there, just_out, 5000), Side::inside) << name;
    EXPECT_EQ(side(there, just_in, 5000), Side::outside) << name;
  }
}

TEST(Country, has_its_odd_places_right) {
  auto const fiji = country("FJ"), russia = country("RU"), antarctica = country("AQ");
  EXPECT_EQ(side(fiji, {-17.8, 178.0}, 50), Side::inside);
  EXPECT_EQ(side(fiji, {-17.8, -178.0}, 50), Side::outside);
  EXPECT_EQ(side(russia, {67.5, 180}, 50), Side::inside);
  EXPECT_EQ(side(russia, {67.5, -180}, 50), Side::inside);
  EXPECT_EQ(side(russia, {66.5, -175}, 50), Side::inside);
  EXPECT_EQ(side(russia, {64.5, -165.4}, 50), Side::outside);  // Nome
  EXPECT_EQ(side(antarctica, {-90, 33}, 50), Side::inside);
  EXPECT_EQ(side(antarctica, {90, 33}, 50), Side::outside);
  auto const south_africa = country("ZA"), lesotho = country("LS");
  EXPECT_EQ(side(south_africa, {-29.31, 27.48}, 50), Side::outside);  // Maseru
  EXPECT_EQ(side(lesotho, {-29.5, 28.2}, 50), Side::inside);
  EXPECT_EQ(side(south_africa, {-29.12, 26.22}, 50), Side::inside);
  auto const italy = country("IT"), san_marino = country("SM"), vatican = country("VA");
  EXPECT_EQ(side(italy, {43.9424, 12.4578}, 50), Side::outside);
  EXPECT_EQ(side(san_marino, {43.9424, 12.4578}, 50), Side::inside);
  EXPECT_EQ(side(vatican, {41.9036, 12.4518}, 50), Side::inside);  // its gardens
  EXPECT_EQ(side(vatican, {41.8902, 12.4922}, 50), Side::outside);
  EXPECT_NE(side(italy, {41.9036, 12.4518}, 50), Side::inside);
}

TEST(Country, has_people_right_beyond_the_margin_of_enclaves_on_both_sides) {
  struct Enclave {
    char const* inner;
    char const* around;
    GeoPoint home, abroad;
  };
  for (auto const& [inner, around, home, abroad] :
       {Enclave{"LS", "ZA", {-29.5, 28.2}, {-29.2, 26.9}},
        Enclave{"SM", "IT", {43.94, 12.46}, {43.94, 12.60}},
        Enclave{"VA", "IT", {41.9040, 12.4520}, {41.9040, 12.4800}}}) {
    auto const here = country(inner), there = country(around);
    double const zone = here.margin.value + border_error(here.shape).value;
    EXPECT_EQ(side(here, where(here, home, abroad, zone + 3), 5000), Side::outside) << inner;
    EXPECT_EQ(side(here, where(here, home, abroad, zone - 3), 5000), Side::uncertain) << inner;
    // The country around has the hole, and knows its border no better than its other borders.
    double const outer = there.margin.value + border_error(there.shape).value;
    EXPECT_EQ(side(there, where(here, home, abroad, outer + 3), 5000), Side::inside) << inner;
    EXPECT_EQ(side(there, where(here, home, abroad, outer - 3), 5000), Side::uncertain) << inner;
    if (signed_distance(here.shape, home).value > -zone - 10) continue;  // smaller than the margin
    EXPECT_EQ(side(here, where(here, home, abroad, -zone - 3), 5000), Side::inside) << inner;
    EXPECT_EQ(side(here, where(here, home, abroad, -zone + 3), 5000), Side::uncertain) << inner;
    EXPECT_EQ(side(there, where(here, home, abroad, -zone - 3), 5000), Side::outside) << inner;
  }
  // Nobody is surely inside of the Vatican by a vague fix: it is too small for that.
  EXPECT_EQ(side(country("VA"), {41.9036, 12.4518}, 5000), Side::uncertain);
}

TEST(Country, has_no_border_at_the_antimeridian_nor_at_the_south_pole) {
  for (auto const& [code, latitude] : {std::pair{"FJ", -16.80}, std::pair{"RU", 67.5}}) {
    auto const fence = country(code);
    double before = signed_distance(fence.shape, {latitude, 179.995}).value;
    for (double east = 179.995; east < 180.02; east += 0.001) {
      GeoPoint const p{latitude, east > 180 ? east - 360 : east};
      double const now = signed_distance(fence.shape, p).value;
      EXPECT_LT(now, 0) << code << " " << east;
      EXPECT_NEAR(now, before, 130) << code << " " << east;
      before = now;
    }
  }
  auto const antarctica = country("AQ");
  for (double longitude = -180; longitude <= 180; longitude += 15)
    EXPECT_LT(signed_distance(antarctica.shape, {-89.9999, longitude}).value, -500'000)
        << longitude;
}

TEST(Country, has_people_right_beyond_the_margin_on_both_sides_of_coasts_near_the_antimeridian) {
  struct Coast {
    char const* code;
    GeoPoint home, sea;
  };
  for (auto const& [code, home, sea] :
       {Coast{"FJ", {-17.8, 178.0}, {-19.5, 178.0}}, Coast{"RU", {67.5, -179.9}, {70.0, -179.0}},
        Coast{"RU", {67.5, 179.9}, {70.3, 179.0}}, Coast{"AQ", {-80, 0}, {-65, 0}}}) {
    auto const fence = country(code);
    double const zone = fence.margin.value + border_error(fence.shape).value;
    EXPECT_EQ(side(fence, where(fence, home, sea, -zone - 3), 5000), Side::inside) << code;
    EXPECT_EQ(side(fence, where(fence, home, sea, -zone + 3), 5000), Side::uncertain) << code;
    EXPECT_EQ(side(fence, where(fence, home, sea, zone - 3), 5000), Side::uncertain) << code;
    EXPECT_EQ(side(fence, where(fence, home, sea, zone + 3), 5000), Side::outside) << code;
  }
}

TEST(Country, may_be_denied_and_joined_without_a_border_between) {
  std::string const both[] = {"AT", "DE"};
  Fence joined;
  joined.shape = *area_of_countries(both);
  auto const salzburg = where(country("AT"), kBorders[0].home, kBorders[0].abroad, 0);
  EXPECT_EQ(side(joined, salzburg, 50), Side::inside);  // Austria's border is none of theirs
  EXPECT_LT(signed_distance(joined.shape, salzburg).value, -10'000);
  auto const denied = country("AT", true);
  EXPECT_EQ(side(denied, {48.2, 16.37}, 50), Side::outside);
  EXPECT_EQ(side(denied, {52.5, 13.4}, 50), Side::inside);
}

TEST(Country, has_a_digest_that_depends_on_its_data_and_not_on_the_order) {
  std::string const one[] = {"AT", "DE"}, other[] = {"de", "Austria"}, third[] = {"AT"};
  EXPECT_EQ(area_of_countries(one)->digest, area_of_countries(other)->digest);
  EXPECT_NE(area_of_countries(one)->digest, area_of_countries(third)->digest);
  EXPECT_EQ(area_of_countries(third)->data_version, geo::border_data_version());
}

TEST(Country, tells_for_verdicts_what_it_tells_for_people_as_far_as_it_matters) {
  auto const austria = country("AT");
  for (int i = 0; i < 400; ++i) {
    GeoPoint const p = between({47.80, 13.06}, {47.88, 12.90}, i / 400.0);
    auto const quick = *locate(std::span(&austria, 1), 1, p);
    auto const exact = *locate_exactly(std::span(&austria, 1), 1, p);
    EXPECT_EQ(quick.inside, exact.inside);
    if (std::abs(exact.to_border.value) < clear_of_border(austria).value) {
      EXPECT_DOUBLE_EQ(quick.to_border.value, exact.to_border.value);
    } else {
      EXPECT_GE(std::abs(quick.to_border.value), clear_of_border(austria).value);
    }
  }
}

}  // namespace
}  // namespace wardroom::call_blocking
