// What people hear of bridges and notices: health, status, figures.
#include "features/security_notices/security_notices_health.hpp"
#include "features/security_notices/security_notices_metrics.hpp"
#include "notices_site.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace wardroom::security_notices::test {
namespace {

using namespace std::chrono_literals;

struct SignOfBridge : testing::Test {
  Instant const now = from_unix_ms(1'795'255'200'000);
  BridgeSettings settings{.name = "cms1"};
  BridgeView view{.settings = &settings};

  HealthSign only() {
    auto const signs = signs_of_bridge(view, now);
    EXPECT_EQ(signs.size(), 1u);
    return signs.empty() ? HealthSign{} : signs[0];
  }
};

TEST_F(SignOfBridge, says_nothing_while_all_is_well) {
  view.registration = Registration::registered;
  view.behind = 0;
  EXPECT_TRUE(signs_of_bridge(view, now).empty());
  view.registration = Registration::unknown;
  EXPECT_TRUE(signs_of_bridge(view, now).empty());
}

TEST_F(SignOfBridge, a_silent_one_is_yellow_and_after_a_minute_red) {
  view.silent_since = now - 59s;
  view.trouble = "it took longer than 3000 ms";
  view.doubt = "not known yet";
  auto const first = only();
  EXPECT_EQ(first.colour, HealthColour::yellow);
  EXPECT_EQ(first.part, "security_notices.cms1");
  EXPECT_NE(first.sentence.find("09:59:01 UTC: it took longer"), std::string::npos)
      << first.sentence;
  EXPECT_EQ(first.remedy, "wardroomctl doctor security_notices");
  view.silent_since = now - 60s;
  EXPECT_EQ(only().colour, HealthColour::red);
  EXPECT_EQ(only().key, first.key) << "the same trouble";
}

TEST_F(SignOfBridge, doubt_is_told_with_the_command_that_ends_it) {
  view.doubt = "3 records were lost";
  EXPECT_EQ(only().colour, HealthColour::yellow);
  EXPECT_EQ(only().remedy, "wardroomctl cms resync cms1");
  EXPECT_NE(only().sentence.find("show level 3: 3 records were lost."), std::string::npos);
}

TEST_F(SignOfBridge, records_that_do_not_come_are_told) {
  view.behind = 1;
  EXPECT_EQ(only().part, "security_notices.cms1.records");
  EXPECT_EQ(only().sentence, "1 call detail record that the bridge cms1 made did not come.");
}

TEST_F(SignOfBridge, a_missing_or_refused_registration_names_the_remedy) {
  view.registration = Registration::missing;
  EXPECT_EQ(only().remedy, "wardroomctl cms register cms1");
  EXPECT_EQ(only().key, "missing");
  view.registration = Registration::full;
  view.receivers = {"https://a/…", "https://b/…", "https://c/…", "https://d/…"};
  EXPECT_EQ(only().key, "full");
  EXPECT_NE(only().sentence.find("all 4 places are taken"), std::string::npos);
}

TEST(SignOfNotices, is_red_while_calls_show_too_little) {
  auto const sign = sign_of_notices(2, 5, 3, FeatureMode::enforce);
  EXPECT_EQ(sign.colour, HealthColour::red);
  EXPECT_FALSE(sign.remedy.empty());
  EXPECT_EQ(sign_of_notices(2, 5, 0, FeatureMode::observe).sentence,
            "2 bridges, 5 conferences, mode observe.");
  EXPECT_EQ(sign_of_notices(1, 1, 0, FeatureMode::enforce).sentence,
            "1 bridge, 1 conference, mode enforce.");
  EXPECT_EQ(sign_of_notices(0, 0, 0, FeatureMode::enforce).colour, HealthColour::green);
}

HealthSign sign(Site& site, std::string_view part) {
  for (auto const& one : site.feature().health())
    if (one.part == part) return one;
  return {};
}

TEST(NoticesHealth, follows_a_bridge_that_falls_silent_and_comes_back) {
  Site site({"cms1", "cms2"});
  site.start();
  site.wait(30s);
  EXPECT_EQ(sign(site, "security_notices.cms2"), HealthSign{});
  site.bridge(1).api.down = Error{ErrorKind::unavailable, "connection refused"};
  site.wait(300s);
  EXPECT_EQ(sign(site, "security_notices.cms2").colour, HealthColour::red);
  EXPECT_EQ(sign(site, "security_notices.cms1"), HealthSign{});
  site.bridge(1).api.down.reset();
  site.wait(120s);
  EXPECT_EQ(sign(site, "security_notices.cms2"), HealthSign{});
}

TEST(NoticesHealth, calls_that_show_too_little_are_red) {
  Site site;
  site.start();
  site.wait(30s);
  site.bridge().start_call("c1", "x");
  site.bridge().join("c1", "out", "m@partner.example");
  for (int i = 0; i < 100; ++i)
    site.bridge().api.faults["show"].push_back({ErrorKind::unavailable, "busy"});
  EXPECT_EQ(site.post().status, 200);
  EXPECT_EQ(sign(site, "security_notices").colour, HealthColour::green);
  site.wait(6s);
  EXPECT_EQ(sign(site, "security_notices").colour, HealthColour::red);
  site.bridge().api.faults.clear();
  site.wait(20s);
  EXPECT_EQ(sign(site, "security_notices").colour, HealthColour::green);
  EXPECT_EQ(site.shown("c1"), "Level 3");
}

TEST(NoticesHealth, says_nothing_of_a_feature_that_is_off) {
  Site site;
  auto settings = site.settings;
  settings.policy.mode = FeatureMode::off;
  site.configure(settings);
  site.start();
  EXPECT_TRUE(site.feature().health().empty());
  nlohmann::ordered_json status = {{"features", nlohmann::ordered_json::array()}};
  site.feature().add_status(status);
  EXPECT_EQ(status["features"][0]["mode"], "off");
  EXPECT_FALSE(status.contains("cms"));
}

TEST(NoticesStatus, counts_bridges_and_conferences) {
  Site site({"cms1", "cms2"});
  site.start();
  site.bridge().start_call("c1", "x");
  site.bridge().join("c1", "out", "m@partner.example");
  site.post();
  site.wait(10s);
  nlohmann::ordered_json status = {{"features", nlohmann::ordered_json::array()}};
  site.feature().add_status(status);
  EXPECT_EQ(status["features"][0].dump(), R"({"name":"security_notices","mode":"enforce"})");
  EXPECT_EQ(status["cms"].dump(), R"({"bridges":2,"up":2,"conferences":1,"level_3":1,"late":0})");
}

double figure(metrics::Registry const& registry, std::string_view name, std::string_view label) {
  for (auto const& family : registry.read()) {
    if (family.name != name) continue;
    for (auto const& one : family.samples) {
      if (!label.empty() &&
          std::ranges::none_of(one.labels, [&](auto const& it) { return it.second == label; }))
        continue;
      if (auto const* value = std::get_if<double>(&one.value)) return *value;
      return double(std::get<metrics::Histogram const*>(one.value)->count());
    }
  }
  return -1;
}

TEST(NoticesMetrics, count_records_levels_notices_and_how_fast_they_rise) {
  Site site({"cms1", "cms2"});
  metrics::Registry registry;
  watch_metrics(registry, site.feature());
  EXPECT_TRUE(std::isnan(figure(registry, "wardroom_cms_registered", "cms1")));
  site.start();
  site.wait(30s);
  site.bridge().start_call("c1", "x");
  site.bridge().join("c1", "in", "a@staff.example");
  site.bridge().join("c1", "out", "m@partner.example");
  auto const body = site.bridge().writer.post();
  EXPECT_EQ(site.post().status, 200);
  EXPECT_EQ(site.post_body(body).status, 200);
  site.wait(1s);
  EXPECT_EQ(figure(registry, "wardroom_cms_posts_total", "cms1"), 2);
  EXPECT_EQ(figure(registry, "wardroom_cms_records_total", "cms2"), 0);
  EXPECT_GE(figure(registry, "wardroom_cms_records_total", "cms1"), 5);
  EXPECT_GE(figure(registry, "wardroom_cms_duplicates_total", "cms1"), 5);
  EXPECT_EQ(figure(registry, "wardroom_cms_up", "cms2"), 1);
  EXPECT_EQ(figure(registry, "wardroom_cms_doubt", "cms1"), 0);
  EXPECT_EQ(figure(registry, "wardroom_cms_registered", "cms1"), 0);
  EXPECT_EQ(figure(registry, "wardroom_cms_calls", "cms1"), 1);
  EXPECT_EQ(figure(registry, "wardroom_cms_legs", "cms1"), 2);
  EXPECT_EQ(figure(registry, "wardroom_conferences", "3"), 1);
  EXPECT_EQ(figure(registry, "wardroom_conferences", "none"), 0);
  EXPECT_EQ(figure(registry, "wardroom_conference_participants", "2"), 1);
  EXPECT_EQ(figure(registry, "wardroom_conference_participants", "3"), 1);
  EXPECT_GE(figure(registry, "wardroom_notices_total", "put"), 1);
  EXPECT_GE(figure(registry, "wardroom_notice_raise_seconds", ""), 1);
  EXPECT_EQ(figure(registry, "wardroom_notices_late", ""), 0);
  EXPECT_EQ(figure(registry, "wardroom_nothing", ""), -1);
}

}  // namespace
}  // namespace wardroom::security_notices::test
