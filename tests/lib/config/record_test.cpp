// What is noted of each key while it is read, and what differs between two readings.
#include "config/record.hpp"

#include "config/yaml_section.hpp"

#include <gtest/gtest.h>

namespace wardroom::config {
namespace {

using namespace std::chrono_literals;

struct Read {
  Complaints complaints;
  Record record;
  Section section;
  explicit Read(std::string const& yaml)
      : section(YAML::Load(yaml), "w.yaml", "", complaints, &record) {}
};

Record read(std::string const& yaml) {
  Read r(yaml);
  r.section.duration("time", 5min);
  auto const api = r.section.text("api", "https://a.example");
  r.section.derived_text("token", api + "/token", "api");
  for (auto& one : r.section.list("fences")) {
    one.required_text("name");
    one.distance("margin", {300});
  }
  return r.record;
}

TEST(Record, has_value_default_and_source_of_each_key) {
  auto const record = read("time: 300s\napi: https://b.example\n");
  auto const* time = record.find("time");
  ASSERT_TRUE(time);
  EXPECT_EQ(time->value, "5m");
  EXPECT_EQ(source_of(*time, "w.yaml"), "w.yaml:1");
  EXPECT_FALSE(time->changed()) << "it says what the default is";
  EXPECT_TRUE(record.find("api")->changed());
  EXPECT_EQ(source_of(*record.find("token"), "w.yaml"), "derived from api");
  EXPECT_EQ(record.find("token")->value, "https://b.example/token");
  EXPECT_EQ(source_of(*read("").find("api"), "w.yaml"), "default");
}

TEST(Record, calls_an_entry_of_a_list_by_its_name) {
  auto const record = read("fences:\n  - name: plant\n    margin: 2km\n  - name: b\n");
  EXPECT_EQ(record.find("fences")->value, "plant, b");
  auto const* margin = record.find("fences.plant.margin");
  ASSERT_TRUE(margin);
  EXPECT_EQ(margin->value, "2km");
  EXPECT_EQ(margin->pattern, "fences.NAME.margin");
  EXPECT_EQ(margin->owner, "fences.plant");
  EXPECT_EQ(margin->line, 3);
  EXPECT_EQ(record.find("fences.b.margin")->value, "300m");
}

TEST(Record, shows_no_password_that_stands_in_a_url) {
  auto const record = read("api: \"https://u:geheim@b.example/x\"\n");
  EXPECT_EQ(record.find("api")->value, "https://u:***@b.example/x");
  for (auto const& entry : record.entries())
    EXPECT_EQ(entry.value.find("geheim"), std::string::npos) << entry.key;
  EXPECT_EQ(without_passwords("a http://b:c@d, https://e/f:g@h"),
            "a http://b:***@d, https://e/f:g@h");
}

TEST(Record, differs_where_a_value_does_and_an_entry_comes_or_goes_as_a_whole) {
  auto const a = read("time: 5m\nfences:\n  - { name: x }\n  - { name: y, margin: 1km }\n");
  auto const b = read("time: 300s\nfences:\n  - { name: x, margin: 5m }\n  - { name: z }\n");
  auto const found = differences(a, b);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].key, "fences");
  EXPECT_EQ(found[0].before, "x, y");
  EXPECT_EQ(found[0].after, "x, z");
  EXPECT_EQ(found[1].key, "fences.x.margin");
  EXPECT_EQ(found[1].before, "300m");
  EXPECT_EQ(found[1].after, "5m");
  EXPECT_TRUE(differences(a, a).empty());
}

TEST(Record, is_of_the_new_file_where_a_reload_takes_it_and_of_the_old_one_elsewhere) {
  auto const old = read("time: 1m\napi: https://b.example\nfences: [{ name: x }]\n");
  auto const fresh = read("\ntime: 2m\napi: https://c.example\n");
  auto const now =
      after_reload(old, fresh, [](std::string_view key) { return key != "api" && key != "token"; });
  EXPECT_EQ(now.find("time")->value, "2m");
  EXPECT_EQ(now.find("time")->line, 2);
  EXPECT_EQ(now.find("api")->value, "https://b.example");
  EXPECT_EQ(now.find("token")->value, "https://b.example/token");
  EXPECT_EQ(now.find("fences")->value, "");
  EXPECT_FALSE(now.find("fences.x.name"));
}

}  // namespace
}  // namespace wardroom::config
