/// The section call_blocking: what it takes, and what it refuses with which sentence.
#include "features/call_blocking/call_blocking_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace wardroom::call_blocking {
namespace {

using testing::HasSubstr;

struct Read {
  CallBlockingSettings settings;
  config::Complaints complaints;
  std::string text;
};
Read read(std::string const& yaml) {
  Read out;
  out.settings = CallBlockingSettings::parse(
      config::Section(YAML::Load(yaml), "wardroom.yaml", "call_blocking", out.complaints));
  for (auto const& complaint : out.complaints) out.text += complaint.text() + "\n";
  return out;
}

TEST(CallBlockingSettings, observe_with_nothing_given) {
  auto const r = read("{}");
  EXPECT_EQ(r.text, "");
  EXPECT_EQ(r.settings.policy.mode, Mode::observe);
  EXPECT_EQ(r.settings.policy.timeout, std::chrono::seconds(300));
  EXPECT_TRUE(r.settings.xsi.srv);
}

TEST(CallBlockingSettings, take_the_boxes_and_circles_of_the_manual) {
  auto const r = read(R"(
mode: enforce
post_interval: 20s
timeout: 2m
internal_calls: allow
outside_line_prefixes: ["0"]
fences:
  - { name: plant, box: { south: 10, north: 20, west: 100, east: 30.1, crosses_antimeridian: true } }
  - { name: campus, circle: { at: [48.2, 16.37], radius: 2km }, deny: true, margin: 50m,
      people: { emails: [Ada@Acme.example] }, no_fix: open, stale: grace(10m), uncertain: closed, degraded: open }
xsi: { srv: false, endpoints: ["http://127.0.0.1:9001"] }
)");
  EXPECT_EQ(r.text, "");
  auto const& fences = r.settings.policy.fences;
  ASSERT_EQ(fences.size(), 2u);
  EXPECT_TRUE(std::get<Box>(fences[0].shape).crosses_antimeridian);
  EXPECT_TRUE(fences[0].who.everybody);
  EXPECT_EQ(std::get<Circle>(fences[1].shape).radius, Meters{2000});
  EXPECT_EQ(fences[1].who.emails, std::vector<std::string>{"ada@acme.example"});
  EXPECT_EQ(text(fences[1].policies.stale), "grace(10m)");
  EXPECT_TRUE(fences[1].deny);
  EXPECT_EQ(fences[1].digest.size(), 12u);
}

TEST(CallBlockingSettings, take_countries_polygons_and_files_of_geojson) {
  std::string const file = testing::TempDir() + "wardroom_area.geojson";
  std::ofstream(file) << R"({"type":"FeatureCollection","features":[
    {"type":"Feature","properties":{"name":"north"},"geometry":{"type":"Polygon",
     "coordinates":[[[10,50],[20,50],[20,60],[10,60],[10,50]],[[14,54],[16,54],[16,56],[14,56],[14,54]]]}},
    {"type":"Feature","properties":{"name":"south"},"geometry":{"type":"Polygon",
     "coordinates":[[[10,30],[20,30],[20,40],[10,40],[10,30]]]}}]})";
  auto const r = read(R"(
fences:
  - { name: home, country: [AT, Kosovo] }
  - { name: site, polygon: [[48.1, 16.2], [48.1, 16.5], [48.3, 16.4]], deny: true }
  - { name: both, geojson_file: )" +
                      file + R"( }
  - { name: one, geojson_file: )" +
                      file + R"(, feature: north }
)");
  EXPECT_EQ(r.text, "");
  auto const& fences = r.settings.policy.fences;
  ASSERT_EQ(fences.size(), 4u);
  auto const& home = std::get<Area>(fences[0].shape);
  EXPECT_EQ(home.names, (std::vector<std::string>{"AT", "Kosovo"}));
  EXPECT_GT(home.border_error.value, 0);
  EXPECT_TRUE(contains(fences[0].shape, {48.2, 16.37}));
  EXPECT_TRUE(contains(fences[0].shape, {42.66, 21.17}));
  EXPECT_FALSE(contains(fences[0].shape, {44.8, 20.5}));  // Belgrade
  EXPECT_TRUE(contains(fences[1].shape, {48.15, 16.35}));
  EXPECT_EQ(border_error(fences[1].shape).value, 0);
  EXPECT_TRUE(contains(fences[2].shape, {35, 15}));
  EXPECT_TRUE(contains(fences[2].shape, {51, 15}));
  EXPECT_FALSE(contains(fences[2].shape, {55, 15}));  // the hole
  EXPECT_FALSE(contains(fences[3].shape, {35, 15}));
  EXPECT_NE(fences[2].digest, fences[3].digest);
  EXPECT_THAT(read("fences: [{ name: x, geojson_file: " + file + ", feature: nord }]").text,
              HasSubstr("has no feature 'nord'; did you mean 'north'?"));
  std::ofstream(file) << R"({"type":"Point","coordinates":[1,2]})";
  EXPECT_THAT(read("fences: [{ name: x, geojson_file: " + file + " }]").text,
              HasSubstr("only Polygon and MultiPolygon are taken"));
}

TEST(CallBlockingSettings, refuse_with_a_sentence_that_helps) {
  struct Row {
    char const* yaml;
    char const* sentence;
  };
  for (auto const& row : {
           Row{"timeout: 60s", "must be more than twice post_interval"},
           Row{"directory_refresh: 5m", "must be from 15m to 7d"},
           Row{"directory_refresh: 8d", "must be from 15m to 7d"},
           Row{"mode: enforced", "did you mean 'enforce'"},
           Row{"fences: [{ name: at, country: UK }]", "the United Kingdom is GB"},
           Row{"fences: [{ name: at, country: [AT, Autria] }]", "did you mean 'Austria'"},
           Row{"fences: [{ name: at, country: [AT, at] }]", "AT is there twice"},
           Row{"fences: [{ name: at, country: [] }]", "names no country"},
           Row{"fences: [{ name: at, country: AT, box: { south: 1, north: 2, west: 1, east: 2 } }]",
               "needs one shape"},
           Row{"fences: [{ name: x, geojson_file: /no/such.geojson }]",
               "wardroom.yaml:1:21: call_blocking.fences[0].geojson_file: /no/such.geojson: "},
           Row{"fences: [{ name: x, geojson_file: a.geojson }]", "must be an absolute path"},
           Row{"fences: [{ name: x, polygon: [[1, 2], [3, 4]] }]", "needs three points"},
           Row{"fences: [{ name: x, polygon: [[1, 2], [3, 400], [5, 6], [1, 6]] }]",
               "point 2 must be [latitude, longitude]"},
           Row{"fences: [{ name: x, polygon: [[0, 0], [9, 9], [9, 0], [0, 8]] }]",
               "edges cross each other"},
           Row{"fences: [{ name: x }]", "needs one shape"},
           Row{"fences: [{ name: x, box: { south: 1, north: 2, west: 1, east: 2 }, circle: { at: "
               "[1, 2], radius: 1m } }]",
               "needs one shape"},
           Row{"fences: [{ name: x, box: { south: 2, north: 1, west: 1, east: 2 } }]",
               "must be less than north"},
           Row{"fences: [{ name: x, box: { south: 1, north: 2, west: 170, east: -170 } }]",
               "crosses_antimeridian: true"},
           Row{"fences: [{ name: x, box: { south: 1, north: 2, west: 1, east: 2, "
               "crosses_antimeridian: true } }]",
               "this one has not"},
           Row{"fences: [{ name: x, box: { south: 1, north: 95, west: 1, east: 2 } }]",
               "from -90 to 90"},
           Row{"fences: [{ name: x, box: { south: 1, north: 2, west: 1 } }]", "'east' is needed"},
           Row{"fences: [{ name: x, circle: { at: [100, 2], radius: 1m } }]",
               "[latitude, longitude]"},
           Row{"fences: [{ name: x, circle: { at: [10, 2] } }]", "'radius' must be more than 0"},
           Row{"fences: [{ name: x, circle: { at: [10, 2], radius: 1km }, stale: maybe }]",
               "grace(5m)"},
           Row{"fences: [{ name: x, circle: { at: [10, 2], radius: 1km }, people: { emails: [ada] "
               "} }]",
               "not an e-mail address"},
           Row{"fences: [{ name: x, circle: { at: [10, 2], radius: 1km }, people: { all: false } "
               "}]",
               "names nobody"},
           Row{"fences: [{ name: x, circle: { at: [10, 2], radius: 1km } }, { name: x, circle: { "
               "at: [10, 2], radius: 1km } }]",
               "stands above already"},
           Row{"outside_line_prefixes: [x]", "1 to 4 digits"},
           Row{"xsi: { srv: false }", "false needs endpoints"},
           Row{"xsi: { endpoints: [\"https://a\"] }", "only with srv: false"},
           Row{"fence: []", "did you mean 'fences'"},
       })
    EXPECT_THAT(read(row.yaml).text, HasSubstr(row.sentence)) << row.yaml;
}

TEST(CallBlockingSettings, have_a_digest_of_what_verdicts_depend_on) {
  auto const a = read("timeout: 300s").settings.policy;
  auto const b = read("timeout: 301s").settings.policy;
  EXPECT_NE(digest_of(a), digest_of(b));
  EXPECT_EQ(digest_of(a), digest_of(read("{}").settings.policy));
}

}  // namespace
}  // namespace wardroom::call_blocking
