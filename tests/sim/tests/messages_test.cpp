// Posting messages as the bot or the administrator. Source: webex-rest.md 5.2.
#include "sim/tests/neighbour.hpp"

namespace wardroom::sim::test {
namespace {
using http::Method;

struct MessagesTest : Neighbour {
  Answer post(nlohmann::json body, std::string token = "sim-bot-token") {
    return rest(Method::post, "/v1/messages", "", std::move(token), body.dump(),
                {{"Content-Type", "application/json; charset=utf-8"}});
  }
  std::string room = sim.messages.operations_room();
};

TEST_F(MessagesTest, the_bot_writes_to_the_space_and_the_simulator_tells_what_was_said) {
  auto const said = post({{"roomId", room}, {"markdown", "**red**: Webex"}});
  ASSERT_EQ(said.response.status, 200) << said.response.body;
  EXPECT_EQ(json(said)["roomType"], "group");
  EXPECT_EQ(json(said)["personEmail"], "wardroom@webex.bot");
  auto const sent = sim.messages.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0]["room"], "Operations");
  EXPECT_EQ(sent[0]["markdown"], "**red**: Webex");
  EXPECT_EQ(sent[0]["to"], nullptr);
  EXPECT_EQ(json(get("/v1/people/me", "sim-bot-token"))["type"], "bot");
}

TEST_F(MessagesTest, writes_to_a_person_by_address_or_id_in_one_direct_space) {
  auto const a = post({{"toPersonEmail", "Zoe.Mueller@acme.example"}, {"text", "hello"}});
  auto const b =
      post({{"toPersonId", sim.org.by_email("zoe.mueller@acme.example")->id}, {"text", "again"}});
  ASSERT_EQ(a.response.status, 200);
  EXPECT_EQ(json(a)["roomId"], json(b)["roomId"]);
  EXPECT_EQ(json(a)["roomType"], "direct");
  EXPECT_EQ(sim.messages.sent()[1]["to"], "zoe.mueller@acme.example");
  post({{"roomId", room}, {"text", "to all"}});
  EXPECT_EQ(sim.messages.sent().size(), 3u);
  EXPECT_EQ(sim.messages.sent("zoe.mueller@acme.example").size(), 2u);
  EXPECT_EQ(post({{"toPersonEmail", "nobody@acme.example"}, {"text", "x"}}).response.status, 404);
}

TEST_F(MessagesTest, refuses_what_the_service_refuses) {
  EXPECT_EQ(post({{"roomId", api_id("ROOM", "made-up")}, {"text", "x"}}).response.status, 404);
  EXPECT_EQ(post({{"roomId", room}}).response.status, 400);
  EXPECT_EQ(post({{"text", "x"}}).response.status, 400);
  EXPECT_EQ(post({{"roomId", room}, {"toPersonEmail", "ada@acme.example"}, {"text", "x"}})
                .response.status,
            400);
  EXPECT_EQ(post({{"roomId", room}, {"text", std::string(7440, 'x')}}).response.status, 400);
  EXPECT_EQ(post({{"roomId", room}, {"text", "x"}}, "").response.status, 401);
  EXPECT_EQ(post({{"roomId", room}, {"text", "x"}}, token_for("ada@acme.example")).response.status,
            403);
  auto const zoe = token_for("zoe.mueller@acme.example", "spark:messages_write");
  EXPECT_EQ(post({{"roomId", room}, {"text", "x"}}, zoe).response.status, 404)
      << "a space one is not in does not exist";
  EXPECT_EQ(rest(Method::post, "/v1/messages", "", "sim-bot-token", "{}").response.status, 415);
  EXPECT_EQ(rest(Method::delete_, "/v1/messages", "", "sim-bot-token").response.status, 405);
  EXPECT_EQ(sim.messages.sent().size(), 0u);
}

TEST_F(MessagesTest, a_space_is_read_newest_first_and_by_bots_only_when_mentioned) {
  auto const ada = token_for("ada@acme.example", "spark:messages_read spark:messages_write");
  std::string first;
  for (auto text : {"one", "two", "three"}) {
    auto const a = json(post({{"roomId", room}, {"text", text}}, ada));
    if (first.empty()) first = a["id"];
  }
  auto const page = json(get("/v1/messages", ada, "max=2&roomId=" + room));
  ASSERT_EQ(page["items"].size(), 2u);
  EXPECT_EQ(page["items"][0]["text"], "three");
  EXPECT_EQ(json(get("/v1/messages/" + first, ada))["text"], "one");
  EXPECT_EQ(get("/v1/messages", "sim-bot-token", "roomId=" + room).response.status, 403);
  EXPECT_EQ(json(get("/v1/messages", "sim-bot-token", "mentionedPeople=me&roomId=" + room))["items"]
                .size(),
            0u);
}

TEST_F(MessagesTest, a_bot_outlives_revoked_grants_and_expired_tokens) {
  sim.oauth.book().revoke_all();
  sim.oauth.book().expire_access_tokens();
  EXPECT_EQ(post({{"roomId", room}, {"text", "the grant is gone"}}).response.status, 200);
}

TEST_F(MessagesTest, the_space_of_an_organisation_keeps_its_id_over_a_restart) {
  Platform again{clock, dice, 1, 13};
  EXPECT_EQ(again.messages.operations_room(), room);
}

}  // namespace
}  // namespace wardroom::sim::test
