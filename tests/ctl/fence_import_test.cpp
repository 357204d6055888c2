/// `fence import`: GeoJSON becomes fences that the daemon takes; and what `fence show` says.
#include "fence_import.hpp"

#include "render_fences.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace wardroom::ctl {
namespace {

using testing::HasSubstr;

std::string feature(std::string const& properties, std::string const& rings) {
  return R"({"type":"Feature","properties":)" + properties +
         R"(,"geometry":{"type":"Polygon","coordinates":[)" + rings + "]}}";
}
std::string const kSquare = "[[10,50],[20,50],[20,60],[10,60],[10,50]]";
std::string const kHole = "[[14,54],[16,54],[16,56],[14,56],[14,54]]";

TEST(FenceImport, writes_small_areas_out_and_names_the_file_for_others) {
  auto const path = testing::TempDir() + "wardroom_import.geojson";
  auto const text =
      R"({"type":"FeatureCollection","features":[)" +
      feature(
          R"x({"name":"plant: A","deny":true,"margin":50,"stale":"grace(10m)","schedule":["Mon..Fri 08:00-18:00 Europe/Vienna"],"suspicious":"closed"})x",
          kSquare) +
      "," + feature(R"({"name":"valley","colour":"red"})", kSquare + "," + kHole) + "]}";
  std::ofstream(path) << text;
  auto const yaml = fences_of_geojson(text, path);
  ASSERT_TRUE(yaml) << yaml.error().what;
  EXPECT_EQ(*yaml,
            "call_blocking:\n  fences:\n"
            "    - name: \"plant: A\"\n"
            "      polygon: [[50, 10], [50, 20], [60, 20], [60, 10]]\n"
            "      deny: true\n      margin: 50m\n      schedule: [\"Mon..Fri 08:00-18:00 "
            "Europe/Vienna\"]\n"
            "      stale: grace(10m)\n      suspicious: closed\n"
            "    - name: valley\n"
            "      geojson_file: " +
                path + "\n      feature: valley\n");
}

TEST(FenceImport, refuses_what_the_daemon_would_refuse) {
  auto const refusal = [](std::string const& text) {
    auto const read = fences_of_geojson(text, "/no/such.geojson");
    return read ? "was taken" : read.error().what;
  };
  EXPECT_THAT(refusal(feature(R"({"name":"x","stale":"maybe"})", kSquare)), HasSubstr("grace(5m)"));
  EXPECT_THAT(refusal(feature(R"({"name":"x"})", kSquare + "," + kHole)),
              HasSubstr("no such file"));
  EXPECT_THAT(refusal(R"({"type":"Point","coordinates":[1,2]})"), HasSubstr("only Polygon"));
  EXPECT_THAT(refusal(R"({"type":"FeatureCollection","features":[)" +
                      feature("{}", kSquare + "," + kHole) + "," + feature("{}", kSquare) + "]}"),
              HasSubstr("features[0]: has no name"));
  EXPECT_THAT(
      refusal(R"({"type":"FeatureCollection","features":[)" + feature(R"({"name":"a"})", kSquare) +
              "," + feature(R"({"name":"a"})", kSquare) + "]}"),
      HasSubstr("names must differ"));
}

TEST(FenceScreens, tell_the_countries_and_the_size_of_an_area) {
  Look const plain{};
  auto const shown = render_fence_show(
      Json::parse(R"({"name":"home","kind":"country","country":["AT","DE"],"square_km":441000.4,
                      "vertices":2200,"border_error_m":500,"margin_m":300,"people":"all"})"),
      plain);
  EXPECT_THAT(shown, HasSubstr("AT, DE"));
  EXPECT_THAT(shown, HasSubstr("441,000 km²"));
}

TEST(FenceScreens, tell_the_hours_of_a_fence_and_when_they_begin) {
  Look plain{};
  plain.now = *parse_time("2026-11-22T00:10:05.000Z");
  auto const shown = render_fence_show(
      Json::parse(R"({"name":"office","kind":"circle","people":"all","groups":["Sales"],
                      "schedule":["Mon..Fri 08:00-18:00 Europe/Vienna"],"active":false,
                      "next_change_at":"2026-11-23T07:00:00.000Z"})"),
      plain);
  EXPECT_THAT(shown, HasSubstr("Mon..Fri 08:00-18:00 Europe/Vienna"));
  EXPECT_THAT(shown, HasSubstr("not now, begins in "));
  EXPECT_THAT(shown, HasSubstr("Sales"));
}

TEST(FenceScreens, tell_the_country_of_any_point) {
  Look const plain{};
  auto const at = [&](char const* country) {
    return render_fence_test(Json{{"fences", Json::array()}, {"country", Json::parse(country)}},
                             plain);
  };
  EXPECT_THAT(at(R"({"land":true,"code":"AT","name":"Austria","border_m":39472.2})"),
              HasSubstr("AT (Austria), 39.5 km from the nearest border or coast."));
  EXPECT_THAT(at(R"({"land":true,"name":"Kosovo","border_m":12000})"),
              HasSubstr("Kosovo (has no code of its own), 12"));
  EXPECT_THAT(at(R"({"land":false,"border_m":887250})"),
              HasSubstr("In the sea, 887 km from the nearest coast."));
}

}  // namespace
}  // namespace wardroom::ctl
