// Memberships of the simulated Webex: what may be read, added and removed, by whom, and the
// refusals.
#include "sim/tests/space_kit.hpp"

namespace wardroom::sim::test {
namespace {
using http::Method;

struct MembershipsTest : SpaceKit {
  Room const& hands = room("All hands");

  std::vector<std::string> listed(std::string const& query = "") {
    return texts(read("/v1/memberships", "roomId=" + hands.id + query, ada), "personEmail");
  }
};

TEST_F(MembershipsTest, come_in_pages_and_tell_who_each_is) {
  auto const all = read("/v1/memberships", "roomId=" + hands.id + "&max=3", ada);
  ASSERT_EQ(all.size(), 9u);
  EXPECT_EQ(all[0]["personEmail"], "ada@acme.example");
  EXPECT_EQ(all[0]["isModerator"], true);
  EXPECT_EQ(all[0]["id"], membership("ada@acme.example", hands));
  EXPECT_EQ(all[0]["personOrgId"], sim.org.id());
  EXPECT_EQ(all[8]["personEmail"], "pat@partner.example");
  EXPECT_NE(all[8]["personOrgId"], sim.org.id());
  EXPECT_EQ(json(get("/v1/memberships/" + membership("bela@acme.example", room("Leads")),
                     ada))["personEmail"],
            "bela@acme.example");
  auto const one =
      read("/v1/memberships",
           "roomId=" + hands.id + "&personId=" + id_of("zoe.mueller@acme.example"), ada);
  EXPECT_EQ(texts(one, "personEmail"), std::vector<std::string>{"zoe.mueller@acme.example"});
  EXPECT_EQ(read("/v1/memberships", "roomId=" + hands.id + "&personEmail=bela%40acme.example", ada)
                .size(),
            0u);
  EXPECT_EQ(read("/v1/memberships", "", ada).size(), 3u) << "without a space: one's own";
}

TEST_F(MembershipsTest, are_refused_as_the_service_does) {
  EXPECT_EQ(get("/v1/memberships", token_for("ada@acme.example")).response.status, 403);
  auto const bela = token_for("bela@acme.example", space_scopes);
  EXPECT_EQ(get("/v1/memberships", bela, "roomId=" + hands.id).response.status, 404);
  EXPECT_EQ(get("/v1/memberships", ada, "personId=" + id_of("bela@acme.example")).response.status,
            400);
  auto const who = id_of("bela@acme.example");
  EXPECT_EQ(post(ada, {{"personId", who}}).response.status, 400);
  EXPECT_EQ(post(ada, {{"roomId", hands.id}}).response.status, 400);
  EXPECT_EQ(post(ada, {{"roomId", hands.id}, {"personId", "???"}}).response.status, 400);
  EXPECT_EQ(post(zoe, {{"roomId", hands.id}, {"personId", who}}).response.status, 403)
      << "not a moderator";
  EXPECT_EQ(post(bela, {{"roomId", hands.id}, {"personId", who}}).response.status, 404);
  EXPECT_EQ(post(zoe, {{"roomId", room("Leads").id}, {"personEmail", "pat@partner.example"}})
                .response.status,
            403)
      << "restricted to its organisation";
  EXPECT_EQ(post(ada, {{"roomId", hands.id}, {"personId", id_of("max.former@acme.example")}})
                .response.status,
            404);
  ASSERT_TRUE(sim.org.change("bela@acme.example", {{"addable", false}}));
  auto const failed = post(ada, {{"roomId", hands.id}, {"personId", who}});
  EXPECT_EQ(failed.response.status, 502);
  EXPECT_NE(failed.response.body.find("Add participant failed."), std::string::npos);
  sim.faults.member_cap = 9;
  EXPECT_EQ(post(ada, {{"roomId", hands.id}, {"personId", id_of("ken.watanabe@acme.example")}})
                .response.status,
            403);
}

TEST_F(MembershipsTest, are_added_once_and_removed_once) {
  auto const who = id_of("bela@acme.example");
  int told = 0;
  sim.memberships.on_change = [&](MembershipsSim::Change const& change) {
    EXPECT_EQ(change.person->email, "bela@acme.example");
    EXPECT_EQ(change.room->find(*change.person) != nullptr, !change.added)
        << "told before it is so";
    ++told;
  };
  auto const added = post(ada, {{"roomId", hands.id}, {"personId", who}});
  EXPECT_EQ(added.response.status, 200);
  auto const again = post(ada, {{"roomId", hands.id}, {"personId", who}});
  EXPECT_EQ(again.response.status, 409);
  EXPECT_NE(again.response.body.find("already in the room"), std::string::npos);
  auto const id = json(added)["id"].get<std::string>();
  EXPECT_EQ(remove(zoe, id).response.status, 403);
  EXPECT_EQ(remove(ada, id).response.status, 204);
  EXPECT_EQ(remove(ada, id).response.status, 404);
  EXPECT_EQ(told, 2);
  sim.memberships.on_change = {};
  EXPECT_EQ(
      post(ada, {{"roomId", hands.id}, {"personEmail", "new@elsewhere.example"}}).response.status,
      200)
      << "an unknown address is invited";
}

TEST_F(MembershipsTest, the_last_moderator_stays_and_moderators_are_made) {
  auto const own = membership("ada@acme.example", hands);
  EXPECT_EQ(remove(ada, own).response.status, 403);
  auto const made =
      rest(Method::put, "/v1/memberships/" + membership("zoe.mueller@acme.example", hands), "", ada,
           R"({"isModerator":true})");
  EXPECT_EQ(json(made)["isModerator"], true);
  EXPECT_EQ(remove(zoe, own).response.status, 204);
  EXPECT_EQ(get("/v1/memberships", ada, "roomId=" + hands.id).response.status, 404) << "out is out";
}

TEST_F(MembershipsTest, of_a_moderated_team_space_show_moderators_only_to_those_outside) {
  auto const id = room("Sales team").id;
  EXPECT_EQ(texts(read("/v1/memberships", "roomId=" + id, ada), "personEmail"),
            std::vector<std::string>{"zoe.mueller@acme.example"});
  EXPECT_EQ(read("/v1/memberships", "roomId=" + id, zoe).size(), 2u);
}

TEST_F(MembershipsTest, lists_can_go_astray) {
  auto const names = listed();
  sim.faults.member_next = "lost_filter";
  auto const strangers = read("/v1/memberships", "roomId=" + hands.id + "&max=3", ada);
  EXPECT_NE(strangers.back()["roomId"], hands.id) << "one's own in other spaces come then";
  sim.faults.member_next = "skip_page";
  EXPECT_EQ(listed("&max=3").size(), 6u);
  sim.faults.member_next = "page_again";
  EXPECT_EQ(listed("&max=3").size(), 18u);
  sim.faults.member_next = "duplicate";
  EXPECT_GT(listed("&max=3").size(), 9u);
  sim.faults.member_next = "ends_early";
  EXPECT_EQ(listed("&max=3").size(), 3u);
  sim.faults.member_next = "odd_cursor";
  EXPECT_EQ(listed("&max=3"), names);
  sim.faults.member_next = "same_cursor";
  EXPECT_GT(listed("&max=3").size(), 9u);
  sim.faults = {};
  sim.faults.members_shown = "half";
  EXPECT_EQ(listed("&max=2").size(), 4u);
  sim.faults.members_shown = "none";
  EXPECT_EQ(listed().size(), 0u);
  sim.faults = {};
  sim.faults.members_stale = true;
  sim.webex.follow_faults();
  ASSERT_EQ(remove(ada, membership("huong.dang@acme.example", hands)).response.status, 204);
  EXPECT_EQ(listed(), names);
  sim.faults.members_stale = false;
  sim.webex.follow_faults();
  EXPECT_EQ(listed().size(), 8u);
  sim.faults.item_errors = 4;
  auto const damaged = read("/v1/memberships", "roomId=" + hands.id, ada);
  EXPECT_TRUE(damaged[3].contains("errors")) << damaged[3];
  EXPECT_FALSE(damaged[3].contains("personId"));
}

TEST_F(MembershipsTest, a_reader_misses_nobody_who_stays_while_others_are_removed) {
  auto const first = get("/v1/memberships", ada, "roomId=" + hands.id + "&max=4");
  remove(ada, membership("zoe.mueller@acme.example", hands));
  remove(ada, membership("lukasz.zolc@acme.example", hands));
  auto const rest_of = read("/v1/memberships", query_of(next_of(first)), ada);
  EXPECT_EQ(texts(rest_of, "personEmail"),
            (std::vector<std::string>{"eleni.papa@acme.example", "huong.dang@acme.example",
                                      "max.former@acme.example", "wardroom@webex.bot",
                                      "pat@partner.example"}));
}

}  // namespace
}  // namespace wardroom::sim::test
