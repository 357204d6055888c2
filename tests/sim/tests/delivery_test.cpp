// Delivery: one channel an event, acknowledgements, fail-over, documents. Source: xsi.md 2, 6,
// 7, 12.
#include "sim/tests/neighbour.hpp"

#include <set>

namespace wardroom::sim::test {
namespace {
using std::chrono::milliseconds;
using std::chrono::seconds;
struct DeliveryTest : Neighbour {
  Channel a = open(0, channel_body("s", "app")), b = open(1, channel_body("s", "app"));
  std::string sub = subscribe(org(), "s");
  std::vector<std::string> events_on(Channel const& c) {
    std::vector<std::string> out;
    for (auto const& d : c.pipe->documents)
      if (!type_of(d).empty()) out.push_back(d);
    return out;
  }
  std::size_t total() { return events_on(a).size() + events_on(b).size(); }
  void call(int times) {
    for (int i = 0; i < times; ++i) {
      place("zoe.mueller@acme.example", "+442079460000", std::nullopt);
      clock.advance(milliseconds(1));
    }
  }
  void acknowledge_all(Channel const& c, std::size_t which) {
    for (auto const& d : events_on(c)) acknowledge(which, event_id(d));
  }
};

TEST_F(DeliveryTest, each_event_goes_to_exactly_one_channel_and_both_are_used) {
  call(50);
  EXPECT_EQ(total(), 100u);
  EXPECT_GT(events_on(a).size(), 20u);
  EXPECT_GT(events_on(b).size(), 20u);
  std::set<std::string> ids, sequences;
  for (auto const* c : {&a, &b})
    for (auto const& d : events_on(*c)) {
      ids.insert(event_id(d));
      sequences.insert(between(d, "sequenceNumber>", "</"));
      EXPECT_EQ(between(d, "xsi:channelId>", "</"), c->id);
    }
  EXPECT_EQ(ids.size(), 100u);
  EXPECT_EQ(sequences.size(), 100u) << "one counter for the subscription, over both channels";
}

TEST_F(DeliveryTest, the_channel_of_lower_priority_number_comes_first) {
  auto const first = open(0, channel_body("p", "other", 7200, 1)),
             second = open(1, channel_body("p", "other", 7200, 2));
  subscribe(org(), "p", "other");
  call(10);
  EXPECT_EQ(events_on(first).size(), 20u);
  EXPECT_TRUE(events_on(second).empty());
}

TEST_F(DeliveryTest, a_broken_channel_hands_its_unacknowledged_events_to_the_next) {
  call(10);
  auto const lost = events_on(a);
  acknowledge(0, event_id(lost.front()));
  a.pipe->gone();
  clock.drain();
  EXPECT_EQ(events_on(b).size(), 20u - 1u);
}

TEST_F(DeliveryTest, acknowledgements_are_counted_with_their_latency) {
  call(1);
  clock.advance(milliseconds(250));
  acknowledge_all(a, 0);
  acknowledge_all(b, 1);
  auto const n = sim.xsi.counters();
  EXPECT_EQ(n["acks"], total());
  EXPECT_EQ(n["events_unacknowledged"], 0);
  EXPECT_GE(n["ack_latency_ms"]["max"].get<double>(), 100);
  EXPECT_EQ(acknowledge(0, "never-sent").response.status, 404);
}

TEST_F(DeliveryTest, without_acknowledgements_events_move_on_and_channels_end_as_non_responsive) {
  call(10);
  clock.advance(seconds(10));
  EXPECT_GT(sim.xsi.counters()["events_redelivered"].get<int>(), 0);
  clock.advance(seconds(20));
  EXPECT_NE(a.pipe->text.find("NonResponsiveChannel"), std::string::npos);
  EXPECT_NE(b.pipe->text.find("NonResponsiveChannel"), std::string::npos);
  EXPECT_EQ(sim.xsi.live_channels(), 0u);
}

TEST_F(DeliveryTest, the_status_of_an_acknowledgement_decides) {
  a.pipe->gone();
  clock.drain();
  auto const c = open(0, channel_body("s", "app", 7200, 2));  // b first, then c
  call(1);
  ASSERT_EQ(events_on(b).size(), 2u);
  EXPECT_EQ(acknowledge(1, event_id(events_on(b)[0]), 400).response.status, 200);
  EXPECT_TRUE(events_on(c).empty());
  acknowledge(1, event_id(events_on(b)[1]), 500);
  EXPECT_EQ(events_on(c).size(), 1u) << "500 sends it to the next channel";
  EXPECT_EQ(event_id(events_on(c)[0]), event_id(events_on(b)[1]));
  call(1);
  acknowledge(1, event_id(events_on(b).back()), 404);
  clock.drain();
  EXPECT_NE(b.pipe->text.find("UnknownChannel"), std::string::npos) << "404 deletes the channel";
  acknowledge(0, event_id(events_on(c).back()), 481);
  EXPECT_FALSE(sim.xsi.subscription(sub)) << "481 deletes the subscription";
}

TEST_F(DeliveryTest, malformed_acknowledgements_are_refused) {
  call(1);
  auto post = [&](std::string body) {
    return events(0, http::Method::post, "channel/eventresponse", std::move(body)).response.status;
  };
  EXPECT_EQ(post("<EventResponse "
                 "xmlns=\"http://schema.broadsoft.com/xsi\"><eventID>x</eventID><statusCode>200</"
                 "statusCode><reason/></EventResponse>"),
            400);
  EXPECT_EQ(post("<EventResponse "
                 "xmlns=\"http://schema.broadsoft.com/xsi\"><eventID>x</eventID><statusCode>201</"
                 "statusCode><reason>OK</reason></EventResponse>"),
            400);
  sim.faults.ack_black_hole = true;
  EXPECT_EQ(acknowledge(0, "x").wire, Answer::Wire::hang);
}

TEST_F(DeliveryTest, gaps_duplicates_and_losses_on_demand) {
  sim.faults.skip_sequence = 5;
  sim.faults.duplicate_events = 1;
  call(1);
  ASSERT_EQ(total(), 3u);
  sim.faults.lose_events = 2;
  call(1);
  EXPECT_EQ(total(), 3u);
  EXPECT_EQ(sim.xsi.subscription(sub)->sequence, 9);
}

TEST_F(DeliveryTest, events_look_like_the_examples) {
  sim.faults.duplicate_events = 0;
  place("+14085550123", "renee.oconnor@acme.example", 1);
  clock.advance(milliseconds(50));
  ASSERT_EQ(total(), 1u);
  auto const document = events_on(a).empty() ? events_on(b)[0] : events_on(a)[0];
  auto const root = read_xml(document);
  ASSERT_TRUE(root) << document;
  EXPECT_EQ(root->name, "Event");
  std::vector<std::string> names;
  for (auto const& c : root->children) names.push_back(c.name);
  EXPECT_EQ(names, (std::vector<std::string>{"eventID", "sequenceNumber", "userId",
                                             "externalApplicationId", "subscriptionId", "channelId",
                                             "targetId", "eventData"}));
  EXPECT_EQ(root->child_text("userId"), sim.org.people()[0].uuid)
      << "the subscriber, not the person on the phone";
  EXPECT_EQ(root->child_text("targetId"), sim.org.by_email("renee.oconnor@acme.example")->xsi_user);
  auto const& call = root->children.back().children.at(0);
  EXPECT_EQ(call.child_text("personality"), "Terminator");
  EXPECT_EQ(call.child_text("state"), "Alerting");
  EXPECT_TRUE(complaint_about_order(
                  call, {"callId", "extTrackingId", "networkCallId", "personality", "state",
                         "releaseCause", "releasingParty", "remoteParty", "endpoint", "appearance",
                         "allowRetrieve", "startTime", "answerTime", "heldTime", "releaseTime"})
                  .empty());
}

TEST_F(DeliveryTest, every_document_style_says_the_same) {
  for (auto style : {"plain", "no_declaration", "prefixes", "latin1", "spaced"}) {
    auto const& call = place("renee.oconnor@acme.example", "zoe.mueller@acme.example");
    EventHead const head{"e", 1, "o", "app", "s", "c", "t@x"};
    auto const data = call_xml(call, call.legs[1], "xsi:", "call");
    auto const styled = restyle(event_document(head, "CallReceivedEvent", data), style);
    auto const start = styled.find_first_not_of("\r\n ");
    auto const root =
        read_xml(std::string_view(styled).substr(start, styled.find_last_of('>') + 1 - start));
    ASSERT_TRUE(root) << styled;
    auto const& leg = root->children.back().children.at(0);
    EXPECT_EQ(leg.space, xsi_namespace);
    for (auto const& part : leg.children)
      if (part.name == "remoteParty")
        EXPECT_EQ(part.child_text("name"), "Renée O'Connor & Søn") << style;
  }
}

}  // namespace
}  // namespace wardroom::sim::test
