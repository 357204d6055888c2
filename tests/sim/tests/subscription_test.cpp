// Subscriptions: targets, refusals, snapshots, loss. Source: xsi.md 5, 12.
#include "sim/tests/neighbour.hpp"

namespace wardroom::sim::test {
namespace {
using http::Method;
using std::chrono::seconds;
struct SubscriptionTest : Neighbour {
  SubscriptionTest() { sim.faults.client_heartbeat_timeout_s = 1'000'000; }
  Channel c = open(0, channel_body("s", "app"));
  std::string user() { return sim.org.by_email("zoe.mueller@acme.example")->xsi_user; }
};

TEST_F(SubscriptionTest,
       an_organisation_gets_no_snapshot_and_a_user_gets_one_now_and_at_each_refresh) {
  place("zoe.mueller@acme.example", "+442079460000");
  auto const whole = subscribe(org(), "s");
  EXPECT_EQ(whole.size(), 36u);
  EXPECT_TRUE(types(*c.pipe).empty());
  auto const one = subscribe("user/" + user() + "/subscription", "s");
  EXPECT_EQ(types(*c.pipe), std::vector<std::string>{"CallSubscriptionEvent"});
  EXPECT_NE(c.pipe->documents.back().find("<xsi:calls><xsi:call>"), std::string::npos);
  EXPECT_NE(c.pipe->documents.back().find("<xsi:hookStatus>Off-Hook"), std::string::npos);
  auto const refresh =
      "<Subscription "
      "xmlns=\"http://schema.broadsoft.com/xsi\"><expires>7200</expires></Subscription>";
  EXPECT_EQ(events(0, Method::put, "subscription/" + one, refresh).response.status, 200);
  EXPECT_EQ(events(0, Method::put, "subscription/" + whole, refresh).response.status, 200);
  EXPECT_EQ(types(*c.pipe).size(), 2u);
}

TEST_F(SubscriptionTest, every_form_of_target_is_taken) {
  for (auto const& target :
       {org(), org() + "/subscription", "enterprise/" + sim.org.uuid(),
        org() + "/group/" + sim.org.offices()[0].group, "user/" + sim.org.people()[1].uuid})
    EXPECT_EQ(subscribe(target, "s").size(), 36u) << target;
}

TEST_F(SubscriptionTest, unknown_sets_targets_packages_and_rights_are_refused) {
  subscribe(org(), "unknown");
  EXPECT_EQ(subscribe_answer.response.status, 403);
  EXPECT_NE(subscribe_answer.response.body.find("110842"), std::string::npos);
  subscribe("serviceprovider/" + sim.org.people()[0].uuid, "s");
  EXPECT_EQ(subscribe_answer.response.status, 403);
  subscribe("user/nobody@x", "s");
  EXPECT_EQ(subscribe_answer.response.status, 404);
  auto const odd =
      events(0, Method::post, org(),
             "<Subscription xmlns=\"http://schema.broadsoft.com/xsi\"><event>advanced call</event>"
             "<expires>7200</expires><channelSetId>s</channelSetId></Subscription>");
  EXPECT_EQ(odd.response.status, 400);
  admin_token = token_for("zoe.mueller@acme.example");
  subscribe(org(), "s");
  EXPECT_EQ(subscribe_answer.response.status, 403)
      << "only an administrator sees everybody's calls";
  EXPECT_EQ(subscribe("user/" + user(), "s").size(), 36u) << "but one's own";
}

TEST_F(SubscriptionTest, it_can_be_read_and_deleted_and_is_then_gone_with_the_code_of_broadworks) {
  auto const id = subscribe(org(), "s");
  auto const read = events(1, Method::get, "subscription/" + id);
  EXPECT_NE(read.response.body.find("<targetIdType>ServiceProvider</targetIdType>"),
            std::string::npos);
  EXPECT_NE(read.response.body.find("<event>Advanced Call</event>"), std::string::npos);
  EXPECT_EQ(events(0, Method::delete_, "subscription/" + id).response.status, 200);
  EXPECT_EQ(types(*c.pipe), std::vector<std::string>{"SubscriptionTerminatedEvent"});
  auto const gone = events(0, Method::get, "subscription/" + id);
  EXPECT_EQ(gone.response.status, 403);
  EXPECT_NE(gone.response.body.find("110862"), std::string::npos);
  sim.faults.gone_subscription = "404";
  EXPECT_EQ(events(0, Method::get, "subscription/" + id).response.status, 404);
}

TEST_F(SubscriptionTest, it_expires_with_an_event) {
  sim.faults.channel_expires_s = 50'000;
  auto const lasting = open(0, channel_body("s", "app"));
  sim.faults.channel_expires_s = 0;
  auto const id = subscribe(org(), "s");
  events(0, Method::delete_, "channel/" + c.id);
  clock.advance(seconds(7200));
  EXPECT_FALSE(sim.xsi.subscription(id));
  EXPECT_EQ(types(*lasting.pipe), std::vector<std::string>{"SubscriptionTerminatedEvent"});
}

TEST_F(SubscriptionTest, it_survives_while_the_set_has_a_channel_and_a_grace_afterwards) {
  auto const second = open(1, channel_body("s", "app"));
  auto const id = subscribe(org(), "s");
  c.pipe->gone();
  clock.advance(seconds(60));
  EXPECT_TRUE(sim.xsi.subscription(id));
  second.pipe->gone();
  clock.advance(seconds(9));
  EXPECT_TRUE(sim.xsi.subscription(id));
  auto const third = open(0, channel_body("s", "app"));
  clock.advance(seconds(60));
  EXPECT_TRUE(sim.xsi.subscription(id)) << "the set came back in time";
  third.pipe->gone();
  clock.advance(seconds(10));
  EXPECT_FALSE(sim.xsi.subscription(id));
}

TEST_F(SubscriptionTest, a_resync_tells_the_calls_of_everybody_who_has_some) {
  subscribe(org(), "s");
  place("juergen.gross@acme.example", "lukasz.zolc@acme.example");
  auto const before = types(*c.pipe).size();
  sim.xsi.send_resync();
  auto const after = types(*c.pipe);
  EXPECT_EQ(after.size(), before + 2);
  EXPECT_EQ(after.back(), "CallSubscriptionResyncEvent");
}

}  // namespace
}  // namespace wardroom::sim::test
