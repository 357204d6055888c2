// Typed reads of the configuration and what they complain about.
#include "config/yaml_section.hpp"

#include <gtest/gtest.h>

namespace wardroom::config {
namespace {

using namespace std::chrono_literals;

struct Read {
  Complaints complaints;
  Section section;
  explicit Read(char const* yaml) : section(YAML::Load(yaml), "w.yaml", "", complaints) {}
};

TEST(YamlSection, reads_each_type_with_its_unit) {
  Read r("a: text\nn: 42\nf: true\nd: 5m\nm: 2km\nl: [x, y]\nx: -1.5\n");
  EXPECT_EQ(r.section.text("a"), "text");
  EXPECT_EQ(r.section.integer("n", 0, 0, 100), 42);
  EXPECT_TRUE(r.section.flag("f", false));
  EXPECT_EQ(r.section.duration("d", 0ms), 5min);
  EXPECT_DOUBLE_EQ(r.section.distance("m", {}).value, 2000);
  EXPECT_EQ(r.section.texts("l"), (std::vector<std::string>{"x", "y"}));
  EXPECT_DOUBLE_EQ(r.section.number("x", 0, -2, 2), -1.5);
  r.section.finish();
  EXPECT_TRUE(r.complaints.empty());
}

TEST(YamlSection, gives_the_fallback_for_absent_and_null_keys) {
  Read r("nothing:\n");
  EXPECT_EQ(r.section.text("nothing", "dflt"), "dflt");
  EXPECT_EQ(r.section.duration("absent", 7s), 7s);
  r.section.finish();
  EXPECT_TRUE(r.complaints.empty());
}

TEST(YamlSection, refuses_an_unknown_key_with_its_place_and_the_nearest_one) {
  Read r("post_interval: 30s\ntimeuot: 3s\n");
  r.section.duration("post_interval", 0ms);
  r.section.duration("timeout", 0ms);
  r.section.finish();
  ASSERT_EQ(r.complaints.size(), 1u);
  EXPECT_EQ(r.complaints[0].text(),
            "w.yaml:2:1: timeuot: is not a key Wardroom knows; did you mean 'timeout'?");
}

TEST(YamlSection, refuses_a_key_given_twice) {
  Read r("a: 1\na: 2\n");
  r.section.integer("a", 0, 0, 9);
  r.section.finish();
  ASSERT_EQ(r.complaints.size(), 1u);
  EXPECT_EQ(r.complaints[0].line, 2);
}

TEST(YamlSection, names_every_mistake_of_a_file_in_one_run) {
  Read r("n: many\nd: 5 minutes\nm: far\nf: maybe\nw: enforc\nl: [a, '']\ns: 3\n");
  r.section.integer("n", 0, 0, 9);
  r.section.duration("d", 0ms);
  r.section.distance("m", {});
  r.section.flag("f", false);
  r.section.word("w", "observe", {"observe", "enforce", "off"});
  r.section.texts("l");
  r.section.section("s").finish();
  ASSERT_EQ(r.complaints.size(), 7u);
  EXPECT_NE(r.complaints[4].text().find("did you mean 'enforce'"), std::string::npos);
  for (auto const& c : r.complaints) EXPECT_GT(c.line, 0) << c.text();
}

TEST(YamlSection, names_the_index_of_a_list_entry) {
  Read r("fences:\n  - name: a\n  - nam: b\n");
  auto fences = r.section.list("fences");
  ASSERT_EQ(fences.size(), 2u);
  fences[1].required_text("name");
  fences[1].finish();
  ASSERT_EQ(r.complaints.size(), 2u);
  EXPECT_EQ(r.complaints[0].key, "fences[1]");
  EXPECT_EQ(r.complaints[1].line, 3);
}

TEST(Duration, takes_units_and_refuses_everything_else) {
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("0"), 0ms);
  for (auto const* bad : {"", "5", "-5s", "5 s", "s", "nan", "inf s", "1e99d"})
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(5min), "5m");
}

}  // namespace
}  // namespace wardroom::config
