// Refreshing in every way that the real service is suspected of. Source: webex-rest.md 1.4, 12, 13.
#include "sim/tests/neighbour.hpp"

#include <set>

namespace wardroom::sim::test {
namespace {
using http::Method;
using std::chrono::seconds;

struct RefreshTest : Neighbour {
  nlohmann::json log_in(std::string who = "ada@acme.example") {
    return json(exchange(code_for(std::move(who))));
  }
  Answer refresh(std::string token) {
    return token_request({{"grant_type", "refresh_token"}, {"refresh_token", std::move(token)}});
  }
  int me(std::string token) { return get("/v1/people/me", std::move(token)).response.status; }
  std::uint64_t counter(char const* name) { return sim.oauth.counters().at(name); }
  static std::string last_outcome(TokenLog const& log) {
    return log.entries().back()["outcome"].get<std::string>();
  }
};

TEST_F(RefreshTest, a_rotated_token_works_once) {
  sim.faults.refresh_mode = "rotate";
  auto const first = log_in();
  auto const second = json(refresh(first["refresh_token"]));
  EXPECT_NE(second["refresh_token"], first["refresh_token"]);
  EXPECT_EQ(refresh(first["refresh_token"]).response.status, 400);
  EXPECT_EQ(last_outcome(sim.oauth.log()), "refused: spent");
  EXPECT_EQ(counter("refresh_reuses"), 1u);
  EXPECT_EQ(refresh(second["refresh_token"]).response.status, 200)
      << "without family revocation the grant lives on";
}

TEST_F(RefreshTest, reuse_revokes_the_family_when_told_to) {
  sim.faults.refresh_mode = "rotate";
  sim.faults.family_revocation = true;
  auto const first = log_in();
  auto const second = json(refresh(first["refresh_token"]));
  EXPECT_EQ(refresh(first["refresh_token"]).response.status, 400);
  EXPECT_EQ(me(second["access_token"]), 401);
  EXPECT_EQ(refresh(second["refresh_token"]).response.status, 400);
  EXPECT_EQ(last_outcome(sim.oauth.log()), "refused: revoked");
}

TEST_F(RefreshTest, in_its_grace_a_spent_token_leads_to_the_same_new_one) {
  sim.faults.refresh_mode = "rotate_grace";
  auto const first = log_in();
  auto const second = json(refresh(first["refresh_token"]));
  clock.advance(seconds(59));
  auto const again = json(refresh(first["refresh_token"]));
  EXPECT_EQ(again["refresh_token"], second["refresh_token"]);
  EXPECT_EQ(me(again["access_token"]), 200);
  clock.advance(seconds(1));
  EXPECT_EQ(refresh(first["refresh_token"]).response.status, 400);
  EXPECT_EQ(counter("refresh_reuses"), 2u);
}

TEST_F(RefreshTest, a_refresh_may_change_nothing_for_a_day) {
  sim.faults.refresh_mode = "noop";
  auto const first = log_in();
  clock.advance(std::chrono::hours(23));
  auto const same = json(refresh(first["refresh_token"]));
  EXPECT_EQ(same["access_token"], first["access_token"]);
  EXPECT_EQ(same["expires_in"], first["expires_in"].get<int>() - 23 * 3600);
  clock.advance(std::chrono::hours(1));
  EXPECT_NE(json(refresh(first["refresh_token"]))["access_token"], first["access_token"]);
  sim.faults.token_life_s = 5;
  auto const brief = log_in();
  clock.advance(seconds(5));
  EXPECT_NE(json(refresh(brief["refresh_token"]))["access_token"], brief["access_token"])
      << "a dead access token is never handed out again";
}

TEST_F(RefreshTest, the_refresh_life_rolls_or_shrinks) {
  auto const first = log_in();
  auto const life = first["refresh_token_expires_in"].get<int>();
  clock.advance(std::chrono::hours(24));
  EXPECT_EQ(json(refresh(first["refresh_token"]))["refresh_token_expires_in"], life);
  sim.faults.refresh_rolling = false;
  clock.advance(seconds(100));
  EXPECT_EQ(json(refresh(first["refresh_token"]))["refresh_token_expires_in"], life - 100);
  clock.advance(seconds(life - 100));
  EXPECT_EQ(refresh(first["refresh_token"]).response.status, 400);
}

TEST_F(RefreshTest, the_old_access_token_lives_on_or_dies_perhaps_a_little_late) {
  auto const first = log_in();
  auto const second = json(refresh(first["refresh_token"]));
  EXPECT_EQ(me(first["access_token"]), 200);
  sim.faults.refresh_kills_access = true;
  auto const third = json(refresh(first["refresh_token"]));
  EXPECT_EQ(me(first["access_token"]), 401);
  EXPECT_EQ(me(second["access_token"]), 401);
  EXPECT_EQ(me(third["access_token"]), 200);
  sim.faults.revoked_access_cache_ms = 3000;
  auto const fourth = json(refresh(first["refresh_token"]));
  clock.advance(Milliseconds(2999));
  EXPECT_EQ(me(third["access_token"]), 200);
  clock.advance(Milliseconds(1));
  EXPECT_EQ(me(third["access_token"]), 401);
  EXPECT_EQ(me(fourth["access_token"]), 200);
}

TEST_F(RefreshTest, refusals_come_as_a_keyword_or_in_changing_prose_and_shapes) {
  EXPECT_NE(refresh("unknown").response.body.find("invalid_grant"), std::string::npos);
  sim.faults.token_prose = true;
  std::set<std::string> bodies, shapes;
  for (int i = 0; i < 18; ++i) {
    auto const a = refresh("unknown");
    EXPECT_EQ(a.response.status, 400);
    EXPECT_EQ(a.response.body.find("invalid_grant"), std::string::npos) << a.response.body;
    auto body = json(a);
    body.erase("trackingId");
    bodies.insert(body.dump());
    shapes.insert(body.contains("errors")  ? "errors"
                  : body.contains("error") ? "error"
                                           : "message");
  }
  EXPECT_EQ(bodies.size(), 18u);
  EXPECT_EQ(shapes.size(), 3u);
}

TEST_F(RefreshTest, one_person_has_at_most_so_many_live_access_tokens) {
  sim.faults.token_limit = 3;
  sim.faults.token_life_s = 100;
  auto const first = log_in();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(refresh(first["refresh_token"]).response.status, 200);
  auto const full = refresh(first["refresh_token"]);
  EXPECT_EQ(full.response.status, 400);
  EXPECT_EQ(json(full)["errors"][0]["description"], "tokenlimit_reached");
  EXPECT_EQ(me(log_in("zoe.mueller@acme.example")["access_token"]), 200) << "counted by person";
  clock.advance(seconds(100));
  EXPECT_EQ(refresh(first["refresh_token"]).response.status, 200);
}

TEST_F(RefreshTest, answers_may_lack_fields_and_tokens_may_be_very_long) {
  auto const first = log_in();
  sim.faults.token_fields = "bare";
  auto const bare = json(refresh(first["refresh_token"]));
  EXPECT_FALSE(bare.contains("refresh_token"));
  EXPECT_FALSE(bare.contains("scope"));
  sim.faults.token_chars = 2500;
  auto const token = json(refresh(first["refresh_token"]))["access_token"].get<std::string>();
  EXPECT_GE(token.size(), 2500u);
  EXPECT_EQ(me(token), 200);
}

TEST_F(RefreshTest, T1_refreshes_overlap_while_an_answer_is_not_delivered) {
  auto const ada = log_in(), zoe = log_in("zoe.mueller@acme.example");
  {
    auto const under_way = refresh(ada["refresh_token"]);
    refresh(zoe["refresh_token"]);
    EXPECT_EQ(counter("refresh_overlaps"), 0u) << "another grant is no overlap";
    refresh(ada["refresh_token"]);
    EXPECT_EQ(counter("refresh_overlaps"), 1u);
  }
  refresh(ada["refresh_token"]);
  EXPECT_EQ(counter("refresh_overlaps"), 1u);
  auto const log = sim.oauth.log().entries();
  ASSERT_EQ(log.size(), 6u);
  EXPECT_EQ(log[0]["kind"], "code");
  EXPECT_EQ(log[4]["overlap"], true);
  EXPECT_EQ(log[4]["grant"], log[0]["grant"]);
  EXPECT_EQ(log[5]["overlap"], false);
  EXPECT_EQ(log.dump().find(ada["refresh_token"].get<std::string>()), std::string::npos);
  EXPECT_EQ(log.dump().find(ada["access_token"].get<std::string>()), std::string::npos);
}

TEST_F(RefreshTest, a_lost_answer_was_processed_and_a_replaced_one_was_not) {
  sim.faults.refresh_mode = "rotate";
  auto const first = log_in();
  auto script = [&](nlohmann::json answer) {
    answer["door"] = "token";
    return set_switches(sim.faults, {{"answers", nlohmann::json::array({std::move(answer)})}});
  };
  ASSERT_TRUE(script({{"status", 503}}));
  EXPECT_EQ(refresh(first["refresh_token"]).response.status, 503);
  EXPECT_EQ(last_outcome(sim.oauth.log()), "scripted 503");
  ASSERT_TRUE(script({{"wire", "lost"}}));
  EXPECT_EQ(refresh(first["refresh_token"]).wire, Answer::Wire::reset);
  EXPECT_EQ(last_outcome(sim.oauth.log()), "rotated, not delivered");
  EXPECT_EQ(refresh(first["refresh_token"]).response.status, 400) << "it was rotated all the same";
  EXPECT_FALSE(script({{"wire", "lost"}, {"status", 500}}));
}

TEST_F(RefreshTest, one_grant_can_be_revoked_and_the_others_stay) {
  auto const ada = log_in(), zoe = log_in("zoe.mueller@acme.example");
  auto const id =
      sim.oauth.book().grant_named(sim.oauth.log().entries()[0]["grant"].get<std::string>());
  ASSERT_TRUE(id);
  sim.oauth.book().revoke_grant(*id);
  EXPECT_EQ(me(ada["access_token"]), 401);
  EXPECT_EQ(refresh(ada["refresh_token"]).response.status, 400);
  EXPECT_EQ(me(zoe["access_token"]), 200);
  auto const grants = sim.oauth.book().grants();
  EXPECT_EQ(grants[*id]["revoked"], true);
  EXPECT_EQ(grants[*id]["tokens_live"], 0);
  EXPECT_FALSE(sim.oauth.book().grant_named("g99"));
}

TEST_F(RefreshTest, a_file_of_the_first_simulator_is_still_understood) {
  auto const first = log_in();
  auto old = sim.oauth.book().memory();
  for (auto& g : old["grants"])
    for (auto key : {"id", "kind", "created"}) g.erase(key);
  for (auto& r : old["refresh"]) r = r["grant"];
  for (auto& a : old["access"])
    for (auto key : {"id", "created", "issued"}) a.erase(key);
  // The first one knew people only.
  old["access"].erase("sim-bot-token");
  old["refresh"].erase("sim-service-app-refresh");
  auto const ours = old["grants"].back();
  old["grants"] = nlohmann::json::array({ours});
  for (auto& r : old["refresh"]) r = 0;
  for (auto& a : old["access"]) a["grant"] = 0;

  Platform again{clock, dice, 1, 13};
  auto const recalled = again.oauth.book().recall(old);
  ASSERT_TRUE(recalled) << recalled.error().what;
  EXPECT_EQ(again.oauth.book().check(first["access_token"].get<std::string>())->person->email,
            "ada@acme.example");
  EXPECT_TRUE(again.oauth.book().check("sim-bot-token"));
  EXPECT_TRUE(again.oauth.book().refresh("C-wardroom-demo", first["refresh_token"]));
  EXPECT_TRUE(again.oauth.book().refresh("C-wardroom-guests", "sim-service-app-refresh"));
}

}  // namespace
}  // namespace wardroom::sim::test
