/// GeoJSON: what is taken, and where in the file it is refused.
#include "geo/geojson.hpp"

#include "geo/region.hpp"
#include "support/seed.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardroom::geo {
namespace {

using testing::HasSubstr;

std::string polygon(std::string const& rings) {
  return R"({"type":"Polygon","coordinates":[)" + rings + "]}";
}
std::string feature(std::string const& geometry, std::string const& properties = "{}") {
  return R"({"type":"Feature","properties":)" + properties + R"(,"geometry":)" + geometry + "}";
}
std::string square(double west, double south, double size) {
  return fmt::format("[[{0},{1}],[{2},{1}],[{2},{3}],[{0},{3}],[{0},{1}]]", west, south,
                     west + size, south + size);
}
std::string refusal(std::string const& text) {
  auto const read = read_geojson(text);
  return read ? "was taken" : read.error().what;
}

TEST(GeoJson, takes_polygons_with_holes_alone_or_in_features) {
  auto const one = read_geojson(polygon(square(0, 0, 10) + "," + square(4, 4, 2)));
  ASSERT_TRUE(one) << one.error().what;
  auto const region = Region::build(std::span(&one->front().part, 1));
  EXPECT_TRUE(region.contains({2, 2}));
  EXPECT_FALSE(region.contains({5, 5}));
  auto const many =
      read_geojson(R"({"type":"FeatureCollection","features":[)" +
                   feature(polygon(square(0, 0, 1)), R"({"name":"plant","deny":true})") + "," +
                   feature(R"({"type":"MultiPolygon","coordinates":[[)" + square(2, 2, 1) + "],[" +
                           square(4, 4, 1) + "]]}") +
                   "]}");
  ASSERT_TRUE(many) << many.error().what;
  ASSERT_EQ(many->size(), 2u);
  EXPECT_EQ((*many)[0].part.name, "plant");
  EXPECT_EQ((*many)[0].properties["deny"], true);
  EXPECT_EQ((*many)[1].part.polygons.size(), 2u);
}

TEST(GeoJson, is_refused_at_the_place_that_is_wrong) {
  struct Row {
    std::string text;
    char const* sentence;
  };
  for (auto const& row : {
           Row{"", "is not JSON"},
           Row{R"({"type":"Polygon")", "is not JSON: after"},
           Row{"[]", "must be a GeoJSON object"},
           Row{"{}", "type: is missing"},
           Row{R"({"type":"Point","coordinates":[1,2]})",
               "only Polygon and MultiPolygon are taken"},
           Row{R"({"type":"FeatureCollection","features":[]})", "features: is empty"},
           Row{R"({"type":"FeatureCollection","features":[{"type":"Feature","geometry":null}]})",
               "features[0].geometry: is missing"},
           Row{feature(R"({"type":"LineString","coordinates":[]})"),
               "geometry.type: is LineString"},
           Row{polygon("[[0,0],[1,0],[1,1],[0,1]]"), "coordinates[0]: the ring is not closed"},
           Row{polygon("[[0,0],[1,0],[0,0]]"), "at least four positions"},
           Row{polygon("[[0,0],[1,0],[48.2,190],[0,0]]"), "coordinates[0][2]: 190 is no latitude"},
           Row{polygon("[[0,0],[181,0],[1,1],[0,0]]"), "coordinates[0][1]: 181 is no longitude"},
           Row{polygon("[[0,0],[1,0],[1,\"x\"],[0,0]]"), "must be a position"},
           Row{polygon("[[0,0],[10,10],[10,0],[0,10],[0,0]]"), "edges cross each other near"},
           Row{polygon("[[0,0],[1,1],[2,2],[0,0]]"), "has no inside"},
           Row{polygon(square(0, 0, 1) + "," + square(5, 5, 1)), "lies outside of its polygon"},
           Row{R"({"type":"MultiPolygon","coordinates":[[)" + square(0, 0, 10) + "],[" +
                   square(4, 4, 1) + "]]}",
               "lies within another one"},
           Row{R"({"type":"MultiPolygon","coordinates":[[)" + square(0, 0, 10) + "],[" +
                   square(5, 5, 10) + "]]}",
               "edges cross each other"},
       })
    EXPECT_THAT(refusal(row.text), HasSubstr(row.sentence)) << row.text;
  EXPECT_THAT(refusal(std::string(100'000, '[')), HasSubstr("nested too deeply"));
  EXPECT_THAT(refusal(R"({"type":"Polygon","coordinates":[[[1e999,0]]]})"),
              HasSubstr("number overflow"));
  EXPECT_THAT(refusal(std::string(kMostGeoJsonBytes + 1, ' ')), HasSubstr("is larger than"));
}

TEST(GeoJson, survives_any_damage_to_a_good_file) {
  auto const good = feature(polygon(square(0, 0, 10) + "," + square(4, 4, 2)), R"({"name":"x"})");
  test::Dice dice(3);
  for (std::size_t i = 0; i < test::count(2000); ++i) {
    auto text = good;
    for (auto n = dice.below(4) + 1; n > 0; --n) {
      auto const at = dice.below(text.size());
      if (dice.one_in(3))
        text.erase(at, dice.below(8));
      else
        text[at] = static_cast<char>(dice.below(256));
    }
    if (auto const read = read_geojson(text)) {
      EXPECT_GT(Region::build(std::span(&read->front().part, 1)).vertices(), 2u);
    }
  }
}

}  // namespace
}  // namespace wardroom::geo
