// Staged enforcement by a Webex group, over real sockets: scope, reading, a change of membership, a
// restart while Webex does not tell groups.
#include "support/site.hpp"

#include <gtest/gtest.h>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr auto staged = R"(  mode: enforce
  post_interval: 2s
  timeout: 300s
  enforce_for: { groups: [Pilot] }
  fences:
    - { name: vienna, circle: { at: [48.2082, 16.3738], radius: 20km }, margin: 300m, people: { all: true },
        no_fix: open, stale: closed, uncertain: open, degraded: open })";

struct GroupFlow : testing::Test {
  Site site{staged};

  void go_outside(std::string const& email) {
    auto browser = site.browser(email);
    ASSERT_TRUE(browser.sign_in()) << browser.last().status << browser.last().body;
    ASSERT_EQ(browser.post_location(47.4979, 19.0402, 20).status, 204);
  }
  std::string call(std::string const& from) {
    auto const answer = site.sim_post(
        "/sim/calls", {{"from", from}, {"to", "+442079460000"}, {"answer_after_s", 60}});
    return answer.json().value("call", "");
  }
  json state(std::string const& call) { return site.sim("/sim/calls/" + call); }
  bool released_by_us(std::string const& call) {
    return eventually(20s, [&] { return state(call).value("released_by", "") == "api"; });
  }
  std::string decision(std::string const& call) {
    auto const id = state(call)["legs"][0].value("call_id", "");
    auto const answer = site.control("/v1/calls/show?call=" + id);
    return answer.value("decision", "");
  }
  json enforced() {
    auto const features = site.control("/v1/status").value("features", json::array());
    return features.empty() ? json() : features[0].value("enforced", json());
  }
  bool enforced_for(int people) {
    return eventually(20s, [&] { return enforced().value("people", -1) == people; });
  }
};

TEST_F(GroupFlow, R123_calls_of_the_pilot_are_released_and_all_others_only_observed) {
  site.start_daemon();
  site.go_live();
  ASSERT_TRUE(enforced_for(2)) << site.control("/v1/status").dump();
  auto const grants = site.control("/v1/token/show").dump();
  EXPECT_NE(grants.find("identity:groups_read"), std::string::npos) << grants;
  go_outside("umit.ozdemir@acme.example");
  go_outside("bela@acme.example");
  auto const watched = call("bela@acme.example");
  auto const ended = call("umit.ozdemir@acme.example");
  EXPECT_TRUE(released_by_us(ended));
  EXPECT_TRUE(eventually(20s, [&] { return decision(watched) == "observed"; }));
  EXPECT_TRUE(state(watched).value("live", false));

  site.sim_post("/sim/groups/Pilot", {{"add", {"bela@acme.example"}}});
  EXPECT_EQ(site.control_post("/v1/reload", json::object()).status, 200) << "reads groups anew";
  EXPECT_TRUE(released_by_us(watched)) << "observed until now";
  ASSERT_TRUE(enforced_for(3));
  auto const bela = site.control("/v1/people/show?person=bela@acme.example");
  EXPECT_EQ(bela.value("enforced", false), true) << bela.dump();
  EXPECT_EQ(bela["groups"], json::array({"Pilot"}));

  // Webex does not tell groups any more: what is known counts, also after a restart.
  json const refused{{"path_contains", "/v1/groups"}, {"status", 403}, {"count", -1}};
  ASSERT_EQ(site.sim_post("/sim/faults", {{"answers", json::array({refused})}}).status, 200);
  ASSERT_EQ(site.stop_daemon(), 0);
  site.start_daemon();
  EXPECT_TRUE(enforced_for(3));
  auto const complains = [&] {
    return site.control("/v1/status").dump().find("identity:groups_read must be granted") !=
           std::string::npos;
  };
  EXPECT_TRUE(eventually(30s, complains)) << site.control("/v1/status").dump();
}

}  // namespace
}  // namespace wardroom::test
