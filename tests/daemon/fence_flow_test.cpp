// Fences and policy through the whole daemon: countries put in force while calls run, a person who
// leaves, staged enforcement, hours, and what is told of it all. Over real sockets.
#include "support/site.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <signal.h>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr auto ada = "ada@acme.example", bela = "bela@acme.example";
struct Spot {
  double latitude, longitude;
};
constexpr Spot vienna{48.2082, 16.3738}, graz{47.0707, 15.4395}, budapest{47.4979, 19.0402};

/// `lines` = further keys, each with two spaces before and a line end behind.
std::string policy(std::string const& fences, std::string const& lines = "") {
  return "  mode: enforce\n  post_interval: 2s\n  timeout: 300s\n" + lines + "  fences:\n" + fences;
}
std::string country(std::string const& name, std::string const& letters,
                    std::string const& more = "") {
  return "    - { name: " + name + ", country: " + letters +
         ", no_fix: open, stale: closed, uncertain: open, degraded: open" + more + " }\n";
}

class FenceFlow : public testing::Test {
 protected:
  std::optional<Site> site;

  void start(std::string const& config, std::vector<std::string> const& trial = {}) {
    site.emplace(config);
    if (!trial.empty())
      EXPECT_EQ(site->sim_post("/sim/groups", {{"name", "Trial"}, {"members", trial}}).status, 201);
    site->start_daemon();
    site->go_live();
  }
  /// Swaps the configuration; `shown` is what the list of fences tells once it is in force.
  void reload(std::string const& config, std::string const& shown) {
    site->write_config(config);
    site->daemon().signal(SIGHUP);
    ASSERT_TRUE(eventually(
        10s,
        [&] { return site->control("/v1/fence/list").dump().find(shown) != std::string::npos; }))
        << site->control("/v1/fence/list").dump() << site->daemon_log();
  }
  Browser at(std::string const& email, Spot spot) {
    auto browser = site->browser(email);
    EXPECT_TRUE(browser.sign_in()) << browser.last().status << browser.last().body;
    post(browser, spot);
    return browser;
  }
  void post(Browser const& browser, Spot spot, double accuracy = 20) {
    auto const answer = browser.post_location(spot.latitude, spot.longitude, accuracy);
    EXPECT_EQ(answer.status, 204) << answer.body;
  }
  std::string call(std::string const& from, std::string const& to = "+442079460000",
                   double answer_after = 30) {
    auto const answer = site->sim_post(
        "/sim/calls", {{"from", from}, {"to", to}, {"answer_after_s", answer_after}});
    EXPECT_EQ(answer.status / 100, 2) << answer.body;
    return answer.json().value("call", "");
  }
  /// One that was answered, after the daemon let it through.
  std::string running_call(std::string const& from) {
    auto const placed = call(from, "+442079460000", 0.1);
    EXPECT_TRUE(eventually(10s, [&] { return state(placed).contains("answered_at"); }));
    EXPECT_EQ(why(placed).value("verdict", ""), "let_through");
    // Told as answered to the daemon too: only then it is a running call.
    EXPECT_TRUE(eventually(10s, [&] {
      return site->control("/v1/calls/show?call=" + id_of(placed)).value("state", "") == "active";
    }));
    return placed;
  }
  json state(std::string const& call) { return site->sim("/sim/calls/" + call); }
  bool live(std::string const& call) { return state(call).value("live", false); }
  bool released(std::string const& call) {
    return eventually(10s, [&] { return state(call).value("released_by", "") == "api"; });
  }
  std::string id_of(std::string const& call) { return state(call)["legs"][0]["call_id"]; }
  json why(std::string const& call) {
    json out;
    eventually(10s, [&] {
      out = site->control("/v1/calls/why?call=" + id_of(call));
      return out.contains("verdict");
    });
    return out;
  }
  json person(std::string const& email) { return site->control("/v1/people/why?person=" + email); }
};

TEST_F(FenceFlow, a_country_put_in_force_by_a_reload_ends_the_running_calls_of_who_is_abroad) {
  start(policy(country("two", "[AT, HU]")));
  auto const first = at(ada, vienna), second = at(bela, budapest);
  auto const home = running_call(ada), abroad = running_call(bela);
  auto const emergency = call(bela, "112");
  reload(policy(country("austria", "AT")), "austria");
  EXPECT_TRUE(released(abroad)) << site->daemon_log();
  EXPECT_TRUE(live(home));
  EXPECT_TRUE(live(emergency));
  auto const reasons = why(abroad);
  EXPECT_EQ(reasons.value("reason", ""), "outside") << reasons.dump();
  EXPECT_EQ(reasons["fence"].value("name", ""), "austria");
  EXPECT_GT(reasons.value("distance_m", 0.0), 50'000) << reasons.dump();
  EXPECT_EQ(reasons.dump().find("19.04"), std::string::npos) << "no coordinates";
}

TEST_F(FenceFlow, a_running_call_ends_within_two_seconds_after_its_person_posts_from_abroad) {
  start(policy(country("austria", "AT")));
  auto const browser = at(bela, vienna);
  auto const running = running_call(bela);
  auto const posted = std::chrono::steady_clock::now();
  post(browser, budapest);
  ASSERT_TRUE(released(running)) << person(bela).dump();
  auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - posted);
  std::cout << "[  MEASURED] " << took.count() << " ms from the post to the end of the call\n";
  EXPECT_LT(took, 8s) << "two seconds are the goal, on a machine that does nothing else";
  EXPECT_EQ(why(running).value("event", ""), "location");
}

TEST_F(FenceFlow, a_running_call_goes_on_when_its_persons_position_goes_stale_and_a_new_one_ends) {
  auto config = policy(country("austria", "AT"));
  config.replace(config.find("post_interval: 2s"), 17, "post_interval: 1s");
  config.replace(config.find("timeout: 300s"), 13, "timeout: 3s");
  start(config);
  auto const browser = at(bela, vienna);
  auto const running = running_call(bela);
  ASSERT_TRUE(eventually(15s, [&] { return person(bela).value("standing", "") == "stale"; }))
      << person(bela).dump();
  EXPECT_TRUE(released(call(bela)));
  EXPECT_TRUE(live(running)) << why(running).dump();
  auto const told = person(bela);
  EXPECT_FALSE(told.value("allowed", true)) << told.dump();
  EXPECT_EQ(told.value("reason", ""), "stale");
}

TEST_F(FenceFlow, rules_are_enforced_for_whom_a_reload_names_and_only_observed_for_others) {
  start(policy(country("austria", "AT"), "  enforce_for: { emails: [ada@acme.example] }\n"));
  auto const first = at(ada, budapest), second = at(bela, budapest);
  auto const of_pilot = call(ada), of_other = call(bela);
  EXPECT_TRUE(released(of_pilot));
  EXPECT_EQ(why(of_other).value("verdict", ""), "release");
  EXPECT_TRUE(eventually(10s, [&] {
    auto const told = why(of_other);
    return told.contains("action") && told["action"].value("end", "") == "observed";
  })) << why(of_other).dump();
  EXPECT_TRUE(live(of_other));
  reload(policy(country("all-of-us", "AT")), "all-of-us");
  EXPECT_TRUE(released(of_other)) << why(of_other).dump();
}

TEST_F(FenceFlow, enforcement_begins_with_a_group_and_follows_who_comes_into_it) {
  auto const config = policy(country("austria", "AT"), "  enforce_for: { groups: [Trial] }\n");
  start(config, {ada});
  auto const first = at(ada, budapest), second = at(bela, budapest);
  auto const of_group = call(ada), of_other = call(bela);
  EXPECT_TRUE(released(of_group)) << why(of_group).dump() << site->control("/v1/status").dump();
  EXPECT_EQ(why(of_other).value("verdict", ""), "release");
  EXPECT_TRUE(live(of_other));
  EXPECT_EQ(person(bela)["policy"].value("mode", ""), "observe") << person(bela).dump();
  ASSERT_EQ(site->sim_post("/sim/groups/Trial", {{"add", {bela}}}).status, 200);
  site->daemon().signal(SIGHUP);  // which reads the groups again
  EXPECT_TRUE(released(of_other)) << why(of_other).dump();
}

TEST_F(FenceFlow, a_fence_for_a_group_binds_nobody_else) {
  start(policy("    - { name: trial, country: AT, people: { groups: [Trial] }, no_fix: open }\n"),
        {ada});
  auto const first = at(ada, budapest), second = at(bela, budapest);
  auto const bound = call(ada), free_one = call(bela);
  EXPECT_TRUE(released(bound)) << why(bound).dump();
  EXPECT_EQ(why(free_one).value("reason", ""), "no_fence");
  EXPECT_TRUE(live(free_one));
}

TEST_F(FenceFlow, a_fence_binds_in_its_hours_only) {
  auto const ever = [](std::string const& hours) { return ", schedule: \"" + hours + "\""; };
  auto const far = std::chrono::system_clock::now() + std::chrono::hours(12);
  auto const hour = std::chrono::duration_cast<std::chrono::hours>(far.time_since_epoch()).count();
  auto const text = std::to_string(100 + hour % 24).substr(1);
  start(policy(country("night", "AT", ever(text + ":00-" + text + ":59 UTC"))));
  auto const browser = at(bela, budapest);
  auto const placed = call(bela);
  EXPECT_EQ(why(placed).value("verdict", ""), "let_through") << why(placed).dump();
  EXPECT_EQ(why(placed).value("reason", ""), "no_fence") << why(placed).dump();
  reload(policy(country("always", "AT", ever("00:00-24:00 UTC"))), "always");
  EXPECT_TRUE(released(placed)) << why(placed).dump();
}

TEST_F(FenceFlow, other_fences_are_tried_on_recorded_calls_and_change_nothing) {
  start(policy(country("austria", "AT"), "  history_hours: 1\n"));
  auto const first = at(ada, vienna), second = at(bela, graz);
  auto const of_ada = call(ada), of_bela = call(bela);
  EXPECT_EQ(why(of_ada).value("verdict", ""), "let_through");
  EXPECT_EQ(why(of_bela).value("verdict", ""), "let_through");
  auto const digest = why(of_ada)["policy"]["digest"];
  std::string const city =
      "fences: [{ name: city, circle: { at: [48.2082, 16.3738], radius: 20km }, no_fix: open }]";
  json told;
  EXPECT_TRUE(eventually(10s, [&] {
    auto const answer = site->control_post("/v1/fence/simulate", {{"file", city}});
    auto const lines = answer.body.substr(0, answer.body.find_last_not_of('\n') + 1);
    told = json::parse(lines.substr(lines.rfind('\n') + 1), nullptr, false);
    return told.is_object() && told.contains("done") && told["done"].value("calls", 0) == 2;
  })) << told.dump();
  EXPECT_EQ(told["done"]["would_cut"].value("calls", -1), 1) << told.dump();
  EXPECT_EQ(told["done"]["would_cut"].value("people", -1), 1);
  EXPECT_EQ(told["done"]["was_cut"].value("calls", -1), 0);
  EXPECT_EQ(told.dump().find("47.07"), std::string::npos) << "no coordinates";
  EXPECT_TRUE(live(of_ada));
  EXPECT_TRUE(live(of_bela)) << "nothing was changed";
  EXPECT_EQ(person(bela)["policy"]["digest"], digest);
}

TEST_F(FenceFlow, a_deny_fence_wins_over_an_allow_fence_and_its_neighbours_go_on) {
  start(policy(country("europe", "[AT, HU, SK]") + country("not-hungary", "HU", ", deny: true")));
  auto const first = at(ada, graz), second = at(bela, budapest);
  auto const fine = call(ada);
  auto const denied = call(bela);
  EXPECT_TRUE(released(denied));
  EXPECT_EQ(why(fine).value("verdict", ""), "let_through");
  EXPECT_TRUE(live(fine));
  EXPECT_EQ(why(denied)["fence"].value("name", ""), "not-hungary") << why(denied).dump();
}

}  // namespace
}  // namespace wardroom::test
