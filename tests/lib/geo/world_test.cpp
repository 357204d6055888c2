/// All countries of the world beside exact ray casting, and the places where borders are odd.
#include "geo/countries.hpp"
#include "geo/region.hpp"
#include "geo/side.hpp"
#include "geo/unwrap.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <map>

namespace wardroom::geo {
namespace {

std::vector<Part> const& parts() {
  static auto const all = all_borders();
  return all;
}
Region const& world() {
  static auto const built = Region::build(parts());
  return built;
}
std::string at(GeoPoint p) {
  auto const found = world().find(p);
  return found ? world().name_of(*found) : "-";
}

/// Ray casting over every edge of the world that lies in the point's band of latitude.
class RayCasting {
 public:
  RayCasting() {
    for (std::uint32_t part = 0; part < parts().size(); ++part)
      for (auto const& polygon : parts()[part].polygons)
        for (auto const& ring : polygon) add(unwrapped(ring), part);
  }
  std::vector<std::uint32_t> parts_at(Point p) const {
    std::vector<std::uint32_t> crossed, out;
    auto const found = bands_.find(p.y / kBand);
    if (found == bands_.end()) return {};
    for (auto const& edge : found->second) {
      if ((edge.a.y > p.y) == (edge.b.y > p.y)) continue;
      for (auto const turn : {-kTurn, std::int64_t{0}, kTurn})
        if (left_of(edge.a, edge.b, Point{p.x + turn, p.y}) == (edge.b.y > edge.a.y))
          crossed.push_back(edge.part);
    }
    std::ranges::sort(crossed);
    for (std::size_t i = 0; i < crossed.size();) {
      auto end = i;
      while (end < crossed.size() && crossed[end] == crossed[i]) ++end;
      if ((end - i) % 2 == 1) out.push_back(crossed[i]);
      i = end;
    }
    return out;
  }
  /// Vertices, each as often as rings have it.
  std::vector<Point> const& vertices() const { return vertices_; }

 private:
  static constexpr std::int64_t kBand = kSteps / 20;
  struct Edge {
    Point a, b;
    std::uint32_t part;
  };
  void add(Ring const& flat, std::uint32_t part) {
    vertices_.insert(vertices_.end(), flat.begin(), flat.end());
    for (std::size_t i = 0; i < flat.size(); ++i) {
      Edge const edge{flat[i], flat[(i + 1) % flat.size()], part};
      auto const [low, high] = std::minmax(edge.a.y, edge.b.y);
      // Division drops the fraction: the band around the equator is twice as high.
      for (auto band = low / kBand; band <= high / kBand; ++band) bands_[band].push_back(edge);
    }
  }
  std::map<std::int64_t, std::vector<Edge>> bands_;
  std::vector<Point> vertices_;
};

TEST(World, agrees_with_ray_casting_on_random_points_and_near_borders) {
  RayCasting const casting;
  test::Dice dice(21);
  std::size_t differences = 0, land = 0;
  auto const compare = [&](GeoPoint p) {
    auto const exact = casting.parts_at(point_of(p));
    auto const found = world().find(p);
    land += found ? 1 : 0;
    bool const same = found ? std::ranges::find(exact, *found) != exact.end() : exact.empty();
    if (!same && differences++ < 5)
      ADD_FAILURE() << p.latitude << " " << p.longitude << " " << at(p);
  };
  auto const count = test::count(200'000);
  for (std::size_t i = 0; i < count; ++i) compare({dice.between(-90, 90), dice.between(-180, 180)});
  EXPECT_NEAR(static_cast<double>(land) / static_cast<double>(count), 0.32, 0.06);  // of the map
  for (std::size_t i = 0; i < count / 4; ++i) {
    auto p = geo_point_of(dice.pick(casting.vertices()));
    double const spread = dice.one_in(2) ? 0.00002 : 0.02;
    p.latitude = std::clamp(p.latitude + dice.normal(spread), -90.0, 90.0);
    p.longitude = std::clamp(p.longitude + dice.normal(spread), -180.0, 180.0);
    compare(p);
  }
  for (std::size_t i = 0; i < count / 100; ++i)
    for (double longitude : {180.0, -180.0, 179.9999999, -179.9999999})
      compare({dice.between(-90, 89.9), longitude});
  EXPECT_EQ(differences, 0u);
}

TEST(World, knows_its_capitals_and_its_seas) {
  struct Row {
    GeoPoint where;
    char const* code;
  };
  for (auto const& row : {
           Row{{48.2082, 16.3738}, "AT"},
           Row{{52.52, 13.405}, "DE"},
           Row{{-33.8688, 151.2093}, "AU"},
           Row{{38.9072, -77.0369}, "US"},
           Row{{-1.2921, 36.8219}, "KE"},
           Row{{35.6762, 139.6503}, "JP"},
           Row{{-34.6037, -58.3816}, "AR"},
           Row{{42.6629, 21.1655}, "Kosovo"},
           Row{{35.3364, 33.3173}, "N. Cyprus"},
           Row{{9.56, 44.065}, "Somaliland"},
           Row{{45.63, 63.3}, "Baikonur"},
           Row{{0, -30}, "-"},
           Row{{43, 35}, "-"},
       })
    EXPECT_EQ(at(row.where), row.code) << row.where.latitude << " " << row.where.longitude;
}

TEST(World, has_the_holes_in_its_countries) {
  EXPECT_EQ(at({-29.31, 27.48}), "LS");     // Maseru, in South Africa
  EXPECT_EQ(at({-29.12, 26.22}), "ZA");     // Bloemfontein, west of it
  EXPECT_EQ(at({-29.86, 31.02}), "ZA");     // Durban, east of it
  EXPECT_EQ(at({43.9424, 12.4578}), "SM");  // San Marino, in Italy
  EXPECT_EQ(at({44.06, 12.57}), "IT");      // Rimini, 17 km away
  EXPECT_EQ(at({41.9029, 12.4534}), "VA");  // the Vatican gardens
  EXPECT_EQ(at({41.8902, 12.4922}), "IT");  // the Colosseum
  Choice const italy[] = {*choose_area("IT")};
  auto const r = Region::build(borders_of(italy));
  EXPECT_FALSE(r.contains({41.9029, 12.4534}));
  EXPECT_FALSE(r.contains({43.9424, 12.4578}));
  EXPECT_NEAR(r.signed_distance({41.9022, 12.4600}), -130, 40);  // east of St. Peter's square
}

TEST(World, goes_on_behind_the_antimeridian) {
  EXPECT_EQ(at({-16.58, 179.9}), "FJ");
  EXPECT_EQ(at({-16.85, -179.98}), "FJ");  // Taveuni's east
  EXPECT_EQ(at({-17.8, 178.0}), "FJ");
  EXPECT_EQ(at({66.5, 179.0}), "RU");
  EXPECT_EQ(at({66.5, -175.0}), "RU");  // Chukotka
  for (double longitude : {180.0, -180.0}) EXPECT_EQ(at({67.5, longitude}), "RU");
  EXPECT_EQ(at({71.2, 180}), "RU");     // Wrangel island lies on it
  EXPECT_EQ(at({54.7, 20.5}), "RU");    // Kaliningrad
  EXPECT_EQ(at({65.6, -168.0}), "US");  // Alaska begins beyond the strait
  Choice const russia[] = {*choose_area("RU")};
  auto const r = Region::build(borders_of(russia));
  EXPECT_LT(r.signed_distance({67.5, 180}), -100'000);  // no border runs along the antimeridian
}

TEST(World, ends_at_the_poles) {
  for (double longitude : {-180.0, -90.0, 0.0, 12.3456789, 180.0}) {
    EXPECT_EQ(at({-90, longitude}), "AQ");
    EXPECT_EQ(at({-89.9999999, longitude}), "AQ");
    EXPECT_EQ(at({90, longitude}), "-");
    EXPECT_EQ(at({89.9999999, longitude}), "-");
  }
  Choice const antarctica[] = {*choose_area("AQ")};
  auto const r = Region::build(borders_of(antarctica));
  EXPECT_LT(r.signed_distance({-90, 0}), -300'000);
  EXPECT_GT(r.signed_distance({90, 0}), 16'000'000);
}

TEST(World, fits_its_budget_of_memory) {
  EXPECT_LE(world().memory_bytes(), 25'000'000u);
  EXPECT_GT(world().cells(), 1'000'000u);
}

}  // namespace
}  // namespace wardroom::geo
