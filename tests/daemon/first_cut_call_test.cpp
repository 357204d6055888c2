// The whole daemon against the simulator over real sockets: location → fence → event → release.
#include "support/site.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <signal.h>
#include <thread>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr auto fences = R"(  mode: enforce
  post_interval: 2s
  timeout: 300s
  fences:
    - { name: vienna, circle: { at: [48.2082, 16.3738], radius: 20km }, margin: 300m, people: { all: true },
        no_fix: open, stale: closed, uncertain: open, degraded: open })";

struct FirstCutCall : testing::Test {
  Site site{fences};

  void SetUp() override {
    site.start_daemon();
    site.go_live();
  }
  Browser inside(std::string const& email) { return at(email, 48.2082, 16.3738); }
  Browser outside(std::string const& email) { return at(email, 47.4979, 19.0402); }
  Browser at(std::string const& email, double latitude, double longitude) {
    auto browser = site.browser(email);
    EXPECT_TRUE(browser.sign_in()) << browser.last().status << browser.last().body;
    auto const answer = browser.post_location(latitude, longitude, 20);
    EXPECT_EQ(answer.status, 204) << answer.body;
    return browser;
  }
  std::string call(std::string const& from, std::string const& to, double answer_after = 30) {
    auto const answer =
        site.sim_post("/sim/calls", {{"from", from}, {"to", to}, {"answer_after_s", answer_after}});
    EXPECT_EQ(answer.status / 100, 2) << answer.body;
    return answer.json().value("call", "");
  }
  json state(std::string const& call) { return site.sim("/sim/calls/" + call); }
  bool released_by_us(std::string const& call, std::chrono::milliseconds limit = 5s) {
    return eventually(limit, [&] { return state(call).value("released_by", "") == "api"; });
  }
  std::string id_of(std::string const& call) { return state(call)["legs"][0]["call_id"]; }
  /// The daemon's own word on a call, once it has been decided.
  json why(std::string const& call) {
    json out;
    eventually(5s, [&] {
      out = site.control("/v1/calls/why?call=" + id_of(call));
      return out.contains("verdict") && out.contains("action") && out["action"].contains("end");
    });
    return out;
  }
  void expect_no_violation() {
    EXPECT_EQ(site.sim("/sim/state")["counters"].dump().find("\"emergency_violations\":0") ==
                  std::string::npos,
              false)
        << site.sim("/sim/state")["counters"].dump();
  }
};

TEST_F(FirstCutCall, X1_a_person_outside_calls_out_and_that_call_and_no_other_is_released) {
  auto const free_one = inside("ada@acme.example");
  auto const far_one = outside("bela@acme.example");
  auto const allowed = call("ada@acme.example", "+442079460000");
  auto const blocked = call("bela@acme.example", "+442079460001");
  EXPECT_TRUE(released_by_us(blocked));
  EXPECT_TRUE(state(allowed).value("live", false));
  auto const reasons = why(blocked);
  EXPECT_EQ(reasons.value("verdict", ""), "release") << reasons.dump();
  EXPECT_EQ(reasons.value("standing", ""), "outside");
  EXPECT_GT(reasons.value("distance_m", 0.0), 100'000);
  EXPECT_EQ(reasons["fence"].value("name", ""), "vienna");
  EXPECT_EQ(why(allowed).value("verdict", ""), "let_through");
}

TEST_F(FirstCutCall, X2_emergency_calls_of_a_person_outside_are_never_touched) {
  auto const far_one = outside("bela@acme.example");
  auto const first = call("bela@acme.example", "112");
  auto const second = call("bela@acme.example", "9-911");
  auto const ordinary = call("bela@acme.example", "+4311125555");
  EXPECT_TRUE(released_by_us(ordinary)) << "+43 1 112 5555 is an ordinary number";
  EXPECT_TRUE(state(first).value("live", false));
  EXPECT_TRUE(state(second).value("live", false));
  EXPECT_TRUE(why(first).value("emergency", false));
  EXPECT_TRUE(why(second).value("emergency", false));
  expect_no_violation();
}

TEST_F(FirstCutCall, the_first_fix_outside_ends_the_running_call_at_once) {
  auto const browser = inside("bela@acme.example");
  auto const running = call("bela@acme.example", "+442079460000", 0.1);
  ASSERT_TRUE(eventually(5s, [&] { return state(running).contains("answered_at"); }));
  ASSERT_EQ(why(running).value("verdict", ""), "let_through");
  EXPECT_EQ(browser.post_location(47.4979, 19.0402, 20).status, 204);
  EXPECT_TRUE(released_by_us(running, 2s));
}

TEST_F(FirstCutCall, incoming_and_internal_calls_are_judged_too) {
  auto const free_one = inside("ada@acme.example");
  auto const far_one = outside("bela@acme.example");
  EXPECT_TRUE(released_by_us(call("+442079460000", "bela@acme.example")));
  EXPECT_TRUE(released_by_us(call("ada@acme.example", "bela@acme.example")));
}

TEST_F(FirstCutCall, one_xsp_down_loses_no_release) {
  auto const far_one = outside("bela@acme.example");
  ASSERT_EQ(site.sim_post("/sim/faults", {{"xsp_down", 1}}).status / 100, 2);
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(released_by_us(call("bela@acme.example", "+44207946000" + std::to_string(i))));
  ASSERT_EQ(site.sim_post("/sim/faults", {{"xsp_down", 0}}).status / 100, 2);
  EXPECT_TRUE(eventually(10s, [&] { return site.channels_up(); }));
}

TEST_F(FirstCutCall, a_stream_cut_in_the_middle_of_an_event_is_reopened_and_the_call_released) {
  auto const far_one = outside("bela@acme.example");
  for (int const cut : {0, 37, 400, 900}) {
    site.sim_post("/sim/faults",
                  {{"stream_cut_at", cut}, {"stream_cut_how", "reset"}, {"stream_cut_count", 2}});
    EXPECT_TRUE(released_by_us(call("bela@acme.example", "+442079460000"), 10s))
        << "cut at " << cut;
  }
}

TEST_F(FirstCutCall, a_failing_release_is_tried_again) {
  auto const far_one = outside("bela@acme.example");
  site.sim_post(
      "/sim/faults",
      {{"answers",
        json::array(
            {{{"door", "actions"}, {"method", "DELETE"}, {"status", 503}, {"count", 2}}})}});
  EXPECT_TRUE(released_by_us(call("bela@acme.example", "+442079460000")));
}

TEST_F(FirstCutCall, G2_stops_within_five_seconds_and_deletes_its_subscription) {
  auto const before = std::chrono::steady_clock::now();
  EXPECT_EQ(site.stop_daemon(), 0) << site.daemon_log();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
  auto const state = site.sim("/sim/state");
  EXPECT_TRUE(state["subscriptions"].empty()) << state["subscriptions"].dump();
  EXPECT_TRUE(state["channels"].empty()) << state["channels"].dump();
}

TEST_F(FirstCutCall, R26_monitoring_resumes_within_five_seconds_of_a_kill_without_a_login) {
  auto const far_one = outside("bela@acme.example");
  site.kill_daemon();
  site.start_daemon();
  EXPECT_TRUE(eventually(5s, [&] { return site.channels_up(); })) << site.daemon_log();
  EXPECT_TRUE(released_by_us(call("bela@acme.example", "+442079460000")))
      << "the fix must have survived";
}

TEST_F(FirstCutCall, G2_a_hangup_swaps_the_fences_and_a_bad_file_changes_nothing) {
  auto const browser = outside("bela@acme.example");
  site.write_config(
      "  mode: enforce\n  fences: [{ name: broken, circle: { at: [1], radius: far } }]");
  site.daemon().signal(SIGHUP);
  EXPECT_TRUE(released_by_us(call("bela@acme.example", "+442079460000")))
      << "the old fence still holds";
  site.write_config(R"(  mode: enforce
  fences:
    - { name: budapest, circle: { at: [47.4979, 19.0402], radius: 20km }, people: { all: true }, no_fix: open })");
  site.daemon().signal(SIGHUP);
  ASSERT_TRUE(eventually(5s, [&] {
    return site.control("/v1/fence/list").dump().find("budapest") != std::string::npos;
  })) << site.daemon_log();
  auto const allowed = call("bela@acme.example", "+442079460000");
  EXPECT_EQ(why(allowed).value("verdict", ""), "let_through");
  EXPECT_TRUE(state(allowed).value("live", false));
}

TEST_F(FirstCutCall, observe_mode_decides_and_touches_nothing) {
  auto const far_one = outside("bela@acme.example");
  std::string observing = fences;
  site.write_config(observing.replace(observing.find("enforce"), 7, "observe"));
  site.daemon().signal(SIGHUP);
  ASSERT_TRUE(eventually(5s, [&] {
    auto const status = site.control("/v1/status");
    return std::ranges::any_of(status["features"], [](auto const& feature) {
      return feature["name"] == "call_blocking" && feature["mode"] == "observe";
    });
  }));
  auto const running = call("bela@acme.example", "+442079460000");
  auto const reasons = why(running);
  EXPECT_EQ(reasons.value("verdict", ""), "release");
  EXPECT_EQ(reasons["action"].value("end", ""), "observed") << reasons.dump();
  EXPECT_TRUE(state(running).value("live", false));
}

// Each post says its number as its accuracy: after a kill the last fix must be the last one
// answered 204, or one sent after it whose answer the kill swallowed.
TEST(Durability, D1_every_post_answered_204_survives_kill_9) {
  auto const* count = std::getenv("WARDROOM_COUNT");
  int const kills = count ? std::atoi(count) : 25;
  auto const* given = std::getenv("WARDROOM_SEED");
  auto const seed = given ? std::strtoul(given, nullptr, 10) : std::random_device{}();
  std::printf("seed %lu, %d kills\n", seed, kills);
  std::mt19937 dice(static_cast<std::mt19937::result_type>(seed));
  Site site(fences);
  site.start_daemon();
  site.go_live();
  std::vector<std::string> const emails{"ada@acme.example", "bela@acme.example"};
  std::vector<Browser> browsers;
  for (auto const& email : emails) {
    browsers.push_back(site.browser(email));
    ASSERT_TRUE(browsers.back().sign_in());
  }
  int lost = 0;
  int slowest_ms = 0;
  std::vector<int> acknowledged(browsers.size(), 0);
  std::vector<int> sent(browsers.size(), 0);
  for (int round = 0; round < kills; ++round) {
    std::vector<std::thread> writers;
    for (std::size_t i = 0; i < browsers.size(); ++i)
      writers.emplace_back([&, i] {
        for (;;) {
          ++sent[i];
          auto const answer = browsers[i].post_location(48.2, 16.37, sent[i]);
          if (answer.status == 204)
            acknowledged[i] = sent[i];
          else if (answer.status != 429)
            return;  // killed
        }
      });
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + dice() % 196));
    site.kill_daemon();
    for (auto& writer : writers) writer.join();
    auto const before = std::chrono::steady_clock::now();
    site.start_daemon();
    slowest_ms = std::max<int>(slowest_ms,
                               static_cast<int>((std::chrono::steady_clock::now() - before) / 1ms));
    for (std::size_t i = 0; i < browsers.size(); ++i) {
      if (acknowledged[i] == 0) continue;
      auto const person = site.control("/v1/people/show?person=" + emails[i]);
      auto const kept = person.value("accuracy_m", -1.0);
      if (kept < acknowledged[i] || kept > sent[i]) {
        ++lost;
        ADD_FAILURE() << "round " << round << ": answered up to " << acknowledged[i] << ", sent "
                      << sent[i] << ", kept " << kept << " seed " << seed;
      }
    }
  }
  std::printf("%d kills, %d posts acknowledged, %d lost, slowest start to answer %d ms\n", kills,
              acknowledged[0] + acknowledged[1], lost, slowest_ms);
  EXPECT_EQ(lost, 0);
  EXPECT_TRUE(eventually(5s, [&] { return site.channels_up(); }))
      << "monitoring resumes without a login";
}

}  // namespace
}  // namespace wardroom::test
