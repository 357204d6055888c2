// Groups of the simulated Webex: rights, the filter, pages of at most 500, and the control API.
#include "sim/tests/door.hpp"
#include "sim/tests/neighbour.hpp"

#include <set>

namespace wardroom::sim::test {
namespace {
using http::Method;

struct GroupsTest : Neighbour {
  std::string admin = token_for("ada@acme.example", all_scopes + " identity:groups_read");

  nlohmann::json ask(std::string const& path, std::string const& query = "") {
    return json(get("/v1/groups" + path, admin, query));
  }
  std::string id_of(std::string const& name) {
    return ask("", "filter=displayName%20eq%20%22" + name + "%22")["groups"][0]["id"];
  }
};

TEST_F(GroupsTest, are_for_administrators_with_the_scope) {
  EXPECT_EQ(get("/v1/groups", token_for("ada@acme.example")).response.status, 403);
  auto const person = token_for("zoe.mueller@acme.example", "identity:groups_read");
  EXPECT_EQ(get("/v1/groups", person).response.status, 403);
  EXPECT_EQ(get("/v1/groups/garbage", admin).response.status, 404);
  EXPECT_EQ(rest(Method::delete_, "/v1/groups", "", admin).response.status, 405);
}

TEST_F(GroupsTest, are_filtered_by_the_whole_name_or_its_beginning) {
  auto const one = ask("", "filter=displayName%20eq%20%22pilot%22");
  EXPECT_EQ(one["totalResults"], 1);
  EXPECT_EQ(one["groups"][0]["displayName"], "Pilot");
  EXPECT_EQ(one["groups"][0]["memberSize"], 2);
  EXPECT_EQ(ask("", "filter=displayName%20sw%20%22F%22")["totalResults"], 2)
      << "Field Service, Finance";
  EXPECT_EQ(get("/v1/groups", admin, "filter=memberSize%20eq%20%222%22").response.status, 400);
  auto const page = ask("", "startIndex=2&count=1&includeMembers=true");
  EXPECT_EQ(page["itemsPerPage"], 1);
  EXPECT_GE(page["groups"][0]["members"].size(), 1u);
}

TEST_F(GroupsTest, members_come_in_pages_of_at_most_500) {
  ASSERT_TRUE(sim.groups.make({{"name", "All"}, {"nested", 1200}}));
  auto const id = id_of("All");
  EXPECT_EQ(ask("/" + id + "/members")["members"].size(), 500u);
  EXPECT_EQ(get("/v1/groups/" + id + "/members", admin, "count=501").response.status, 400);
  EXPECT_EQ(ask("/" + id, "includeMembers=true")["members"].size(), 500u);
  std::set<std::string> seen;
  for (auto start : {"1", "501", "1001"})
    for (auto const& member :
         ask("/" + id + "/members", std::string("startIndex=") + start)["members"])
      EXPECT_TRUE(seen.insert(member["id"]).second);
  EXPECT_EQ(seen.size(), 1200u);
  EXPECT_EQ(ask("/" + id + "/members", "startIndex=1201")["members"].size(), 0u);
}

TEST_F(GroupsTest, pages_can_go_astray) {
  ASSERT_TRUE(sim.groups.make({{"name", "All"}, {"nested", 6}}));
  auto const path = "/" + id_of("All") + "/members";
  auto const first = ask(path, "startIndex=1&count=3");
  sim.faults.group_pages = "repeat";
  EXPECT_EQ(ask(path, "startIndex=4&count=3")["members"], first["members"]);
  sim.faults.group_pages = "duplicate";
  EXPECT_EQ(ask(path, "startIndex=4&count=3")["members"][0], first["members"][2]);
  sim.faults.group_pages = "short";
  EXPECT_EQ(ask(path, "startIndex=4&count=3")["members"].size(), 2u);
  sim.faults.group_pages = "total_grows";
  EXPECT_NE(ask(path, "startIndex=4&count=3")["memberSize"], first["memberSize"]);
  sim.faults.group_pages = "no_total";
  EXPECT_FALSE(ask(path).contains("memberSize"));
  ASSERT_TRUE(set_switches(
      sim.faults,
      {{"answers", nlohmann::json::array({{{"path_contains", "/members"}, {"status", 429}}})}}));
  EXPECT_EQ(get("/v1/groups" + path, admin).response.status, 429);
}

struct GroupControlTest : DoorTest {};

TEST_F(GroupControlTest, membership_is_changed_by_hand) {
  auto const made = ask(Method::post, "/sim/groups",
                        {{"name", "Travel"}, {"members", {"bela@acme.example"}}, {"nested", 1}});
  EXPECT_EQ(made["size"], 1);
  auto const changed = ask(
      Method::post, "/sim/groups/Travel",
      {{"add", {"ada@acme.example"}}, {"remove", {"bela@acme.example"}}, {"rename", "Journeys"}});
  EXPECT_EQ(changed["members"], json::array({"ada@acme.example"}));
  EXPECT_EQ(changed["name"], "Journeys");
  EXPECT_TRUE(ask(Method::post, "/sim/groups/Travel", json::object()).contains("error"));
  EXPECT_TRUE(ask(Method::post, "/sim/groups", {{"name", "X"}, {"members", {"nobody@x"}}})
                  .contains("error"));
  auto const names = ask(Method::get, "/sim/groups")["groups"].dump();
  EXPECT_NE(names.find("Journeys"), std::string::npos);
  EXPECT_EQ(ask(Method::delete_, "/sim/groups/Journeys")["dropped"], "Journeys");
  EXPECT_EQ(ask(Method::get, "/sim/state")["groups"].dump().find("Journeys"), std::string::npos);
}

}  // namespace
}  // namespace wardroom::sim::test
