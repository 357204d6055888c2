// Spaces of the simulated Webex: who sees them, how they are made by hand, the story's own.
#include "sim/tests/door.hpp"
#include "sim/tests/space_kit.hpp"

namespace wardroom::sim::test {
namespace {
using http::Method;

struct RoomsTest : SpaceKit {};

TEST_F(RoomsTest, are_seen_by_those_who_are_in_them_and_have_the_scope) {
  EXPECT_EQ(get("/v1/rooms", token_for("ada@acme.example")).response.status, 403);
  auto const hands = room("All hands");
  auto const seen = json(get("/v1/rooms/" + hands.id, ada));
  EXPECT_EQ(seen["title"], "All hands");
  EXPECT_EQ(seen["type"], "group");
  EXPECT_EQ(seen["isLocked"], true);
  EXPECT_EQ(seen["ownerId"], sim.org.id());
  EXPECT_FALSE(seen.contains("teamId"));
  auto const bela = token_for("bela@acme.example", space_scopes);
  EXPECT_EQ(get("/v1/rooms/" + hands.id, bela).response.status, 404);
  EXPECT_EQ(texts(read("/v1/rooms", "max=1", zoe), "title"),
            (std::vector<std::string>{"All hands", "Sales team", "Leads"}));
  EXPECT_EQ(rest(Method::delete_, "/v1/rooms/" + hands.id, "", ada).response.status, 405);
}

TEST_F(RoomsTest, a_team_sees_its_spaces_without_being_in_them) {
  auto const seen = json(get("/v1/rooms/" + room("Sales team").id, ada));
  EXPECT_EQ(seen["isLocked"], true);
  EXPECT_NE(seen.value("teamId", ""), "");
  EXPECT_EQ(texts(read("/v1/rooms", "", ada), "title"),
            (std::vector<std::string>{"Operations", "All hands", "Leads"}));
}

TEST_F(RoomsTest, the_demo_names_all_hands_by_an_id_that_does_not_change) {
  EXPECT_EQ(room("All hands").id, api_id("ROOM", sim.org.uuid_of("room All hands")));
  SeededRandom other_dice{99};
  Platform const again{clock, other_dice, 1, 500};
  EXPECT_EQ(again.rooms.all_hands().id, room("All hands").id);
  EXPECT_EQ(room("All hands").id,
            "Y2lzY29zcGFyazovL3VzL1JPT00vMGM2ZDdlMGQtMGM5NC00ZGNlLWE3YzUtZjE0ZjA3YmY5MGZk")
      << "as ./dev demo writes it";
}

struct RoomControlTest : DoorTest {};

TEST_F(RoomControlTest, spaces_and_people_are_changed_by_hand) {
  auto const made = ask(Method::post, "/sim/rooms",
                        {{"title", "Travel"},
                         {"moderators", {"ada@acme.example"}},
                         {"members", {"bela@acme.example", "Guest@Partner.example"}},
                         {"moderated", true}});
  EXPECT_EQ(made["size"], 3);
  EXPECT_EQ(made["moderators"], json::array({"ada@acme.example"}));
  auto const changed = ask(Method::post, "/sim/rooms/Travel",
                           {{"add", {"zoe.mueller@acme.example"}},
                            {"remove", {"bela@acme.example"}},
                            {"read_only", true}});
  EXPECT_EQ(changed["members"],
            json::array({"guest@partner.example", "ada@acme.example", "zoe.mueller@acme.example"}));
  EXPECT_EQ(changed["read_only"], true);
  EXPECT_EQ(ask(Method::get, "/sim/rooms/Travel")["size"], 3);
  auto const everybody = ask(Method::post, "/sim/rooms", {{"title", "All"}, {"people", {0, 1000}}});
  EXPECT_EQ(everybody["size"], 13);
  EXPECT_TRUE(ask(Method::post, "/sim/rooms", {{"title", ""}}).contains("error"));
  EXPECT_TRUE(ask(Method::post, "/sim/rooms", {{"title", "X"}, {"colour", 1}}).contains("error"));
  EXPECT_TRUE(ask(Method::post, "/sim/rooms/Nowhere", json::object()).contains("error"));
  EXPECT_EQ(ask(Method::delete_, "/sim/rooms/Travel")["dropped"], "Travel");
  EXPECT_EQ(ask(Method::get, "/sim/rooms")["rooms"].dump().find("Travel"), std::string::npos);

  auto const bela = ask(Method::post, "/sim/people/bela@acme.example",
                        {{"department", "Contractors"},
                         {"emails", {"Bela@Acme.Example", "b.ory@acme.example"}},
                         {"login_enabled", false}});
  EXPECT_EQ(bela["department"], "Contractors");
  EXPECT_EQ(sim->platform().org.by_email("B.ORY@acme.example")->shown_email(), "Bela@Acme.Example");
  EXPECT_TRUE(ask(Method::post, "/sim/people/bela@acme.example", {{"shoes", 1}}).contains("error"));
  EXPECT_TRUE(ask(Method::post, "/sim/people/bela@acme.example", {{"emails", {"ada@acme.example"}}})
                  .contains("error"));
  EXPECT_TRUE(
      ask(Method::post, "/sim/people/nobody@acme.example", {{"gone", true}}).contains("error"));
}

}  // namespace
}  // namespace wardroom::sim::test
