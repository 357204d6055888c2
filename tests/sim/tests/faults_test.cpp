// Switches: set by JSON, all or none, and scripted answers. Source: webex-rest.md 12.
#include "sim/tests/neighbour.hpp"

namespace wardroom::sim::test {
namespace {
using nlohmann::json;

TEST(FaultsTest, switches_survive_the_way_through_json) {
  Faults a;
  ASSERT_TRUE(set_switches(
      a,
      {{"token_life_s", 7},
       {"server_heartbeats", "echo"},
       {"affinity", true},
       {"answers",
        json::array({{{"door", "rest"}, {"status", 429}, {"retry_after", "rand(30),add(30)"}}})}}));
  Faults b;
  ASSERT_TRUE(set_switches(b, sim::to_json(a)));
  EXPECT_EQ(sim::to_json(a), sim::to_json(b));
  EXPECT_EQ(b.answers.at(0).retry_after, "rand(30),add(30)");
}

TEST(FaultsTest, a_wrong_wish_changes_nothing_and_says_what_is_wrong) {
  Faults f;
  for (auto const& wish : {json{{"token_life_s", 1}, {"afinity", true}}, json{{"affinity", 1}},
                           json{{"stream_cut_how", "loudly"}}, json{{"ack_timeout_s", 0}},
                           json{{"answers", {{"status", 1}}}}, json::array()}) {
    auto const done = set_switches(f, wish);
    ASSERT_FALSE(done) << wish;
    EXPECT_FALSE(done.error().what.empty());
  }
  EXPECT_EQ(sim::to_json(f), sim::to_json(Faults{}));
}

struct ScriptedTest : Neighbour {};

TEST_F(ScriptedTest, the_next_answers_of_a_door_are_as_told_and_then_true_again) {
  auto const token = token_for("ada@acme.example");
  ASSERT_TRUE(set_switches(sim.faults, {{"answers", json::array({{{"door", "rest"},
                                                                  {"path_contains", "people"},
                                                                  {"status", 429},
                                                                  {"count", 2},
                                                                  {"retry_after", "3"},
                                                                  {"body", "html"}}})}}));
  EXPECT_EQ(get("/v1/roles", token).response.status, 200);
  for (int i = 0; i < 2; ++i) {
    auto const a = get("/v1/people/me", token);
    EXPECT_EQ(a.response.status, 429);
    EXPECT_EQ(a.response.headers.get("Retry-After"), "3");
    EXPECT_EQ(a.response.headers.get("Content-Type"), "text/html");
  }
  EXPECT_EQ(get("/v1/people/me", token).response.status, 200);
}

TEST_F(ScriptedTest, answers_can_be_slowed_and_cut_without_being_changed) {
  auto const token = token_for("ada@acme.example");
  ASSERT_TRUE(set_switches(
      sim.faults,
      {{"answers", json::array({{{"wire", "cut"}, {"cut_at", 20}, {"delay_ms", 50}}})}}));
  auto const a = get("/v1/people/me", token);
  EXPECT_EQ(a.response.status, 200);
  EXPECT_EQ(a.wire, Answer::Wire::cut);
  EXPECT_EQ(a.cut_at, 20u);
  EXPECT_EQ(a.delay, Milliseconds(50));
}

TEST_F(ScriptedTest, doors_are_told_apart) {
  ASSERT_TRUE(set_switches(
      sim.faults,
      {{"answers", json::array({{{"door", "actions"}, {"method", "DELETE"}, {"status", 503}}})}}));
  auto const user = sim.org.people()[0].xsi_user;
  EXPECT_EQ(actions(http::Method::get, user + "/calls").response.status, 200);
  EXPECT_EQ(actions(http::Method::delete_, user + "/calls/x").response.status, 503);
  EXPECT_EQ(actions(http::Method::delete_, user + "/calls/x").response.status, 404);
}

}  // namespace
}  // namespace wardroom::sim::test
