// Streams and acknowledgements that misbehave. Source: xsi.md 3, 7, 12.
#include "sim/tests/neighbour.hpp"

#include <set>

namespace wardroom::sim::test {
namespace {
using http::Method;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct StreamFaultsTest : Neighbour {
  StreamFaultsTest() { sim.faults.ack_timeout_s = 86400; }
  Channel a = open(0, channel_body("s", "app"));
  std::string sub = subscribe(org(), "s");

  void hooks(int times) {
    for (int i = 0; i < times; ++i)
      sim.calls.tell(*sim.org.by_email("zoe.mueller@acme.example"), "HookStatusEvent",
                     "<xsi:hookStatus>On-Hook</xsi:hookStatus>");
  }
  static std::vector<std::string> sequences(Channel const& c) {
    std::vector<std::string> out;
    for (auto const& d : c.pipe->documents)
      if (!type_of(d).empty()) out.push_back(between(d, "sequenceNumber>", "<"));
    return out;
  }
};
using Strings = std::vector<std::string>;

TEST_F(StreamFaultsTest, numbers_wrap_and_begin_anew) {
  sim.xsi.set_sequence(2147483646);
  hooks(3);
  sim.xsi.set_sequence(0);
  hooks(1);
  EXPECT_EQ(sequences(a), (Strings{"2147483647", "1", "2", "1"}));
}

TEST_F(StreamFaultsTest, a_copy_can_have_an_event_id_of_its_own) {
  sim.faults.duplicate_new_id = 1;
  hooks(2);
  EXPECT_EQ(sequences(a), (Strings{"1", "1", "2"}));
  std::set<std::string> ids;
  for (auto const& d : a.pipe->documents)
    if (!type_of(d).empty()) ids.insert(event_id(d));
  EXPECT_EQ(ids.size(), 3u);
}

TEST_F(StreamFaultsTest, an_event_comes_after_the_next_one_and_by_another_channel) {
  auto const b = open(1, channel_body("s", "app"));
  for (int i = 0; i < 10; ++i) {
    sim.faults.reorder_events = 1;
    auto const before_a = sequences(a).size(), before_b = sequences(b).size();
    hooks(2);
    EXPECT_EQ(sequences(a).size(), before_a + 1);
    EXPECT_EQ(sequences(b).size(), before_b + 1);
  }
  sim.faults.reorder_events = 1;
  auto const before = sequences(a).size() + sequences(b).size();
  hooks(1);
  EXPECT_EQ(sequences(a).size() + sequences(b).size(), before) << "nothing came behind it yet";
  clock.advance(seconds(1));
  EXPECT_EQ(sequences(a).size() + sequences(b).size(), before + 1);
}

TEST_F(StreamFaultsTest, an_event_sent_again_may_have_another_id) {
  sim.faults.ack_timeout_s = 5;
  sim.faults.redelivery_new_id = true;
  auto const b = open(1, channel_body("s", "app"));
  hooks(1);
  clock.advance(seconds(6));
  ASSERT_EQ(sequences(a), Strings{"1"});
  ASSERT_EQ(sequences(b), Strings{"1"});
  EXPECT_NE(event_id(a.pipe->documents.back()), event_id(b.pipe->documents.back()));
}

TEST_F(StreamFaultsTest, several_documents_leave_in_one_chunk) {
  sim.faults.stream_batch = 5;
  auto const before = a.pipe->documents.size();
  hooks(4);
  EXPECT_EQ(a.pipe->documents.size(), before);
  hooks(1);
  ASSERT_EQ(a.pipe->documents.size(), before + 1);
  hooks(1);
  clock.advance(milliseconds(300));
  EXPECT_EQ(a.pipe->documents.size(), before + 2) << "a lonely one goes after a while";
}

TEST_F(StreamFaultsTest, heartbeats_are_spelled_in_many_ways) {
  for (std::string const style :
       {"plain", "declared", "pair", "prefixed", "attributes", "spaced"}) {
    auto const text = heartbeat_document(style);
    auto const from = text.find('<'), to = text.rfind('>');
    auto const root = read_xml(text.substr(from, to + 1 - from));
    ASSERT_TRUE(root) << text;
    EXPECT_EQ(root->name, "ChannelHeartBeat");
    EXPECT_EQ(root->space, xsi_namespace);
  }
  sim.faults.heartbeat_style = "pair";
  sim.faults.server_heartbeats = "echo";
  events(0, Method::put, "channel/" + a.id + "/heartbeat");
  EXPECT_NE(a.pipe->text.find("</ChannelHeartBeat>"), std::string::npos);
}

TEST_F(StreamFaultsTest, garbage_of_every_kind_gets_in_between) {
  for (auto kind : {"text", "half_tag", "nul", "doctype", "unknown", "foreign", "comment", "bom",
                    "error_event", "no_event_id", "broken_event", "deep", "huge"}) {
    auto const before = a.pipe->text.size();
    EXPECT_TRUE(sim.xsi.inject(kind, std::nullopt)) << kind;
    EXPECT_GT(a.pipe->text.size(), before) << kind;
  }
  EXPECT_GT(a.pipe->text.size(), std::size_t(2) << 20);
  EXPECT_FALSE(sim.xsi.inject("confetti", std::nullopt));
}

TEST_F(StreamFaultsTest, a_stream_ends_in_the_middle_of_a_document) {
  sim.xsi.cut_streams(Ending::fin, std::nullopt, true);
  EXPECT_EQ(a.pipe->ended, Ending::fin);
  EXPECT_NE(a.pipe->documents.back().find("<xsi:Event"), std::string::npos);
  EXPECT_EQ(a.pipe->text.find("</xsi:Event>"), std::string::npos);
}

TEST_F(StreamFaultsTest, the_channel_document_may_never_come) {
  sim.faults.channel_document_delay_ms = -1;
  auto const mute = open(0, channel_body("s", "app"));
  clock.advance(seconds(50));
  EXPECT_EQ(mute.status, 200);
  EXPECT_TRUE(mute.pipe->text.empty());
}

TEST_F(StreamFaultsTest, a_stalled_xsp_neither_hears_nor_speaks) {
  auto const b = open(1, channel_body("s", "app"));
  sim.faults.xsp_stall = 1;
  EXPECT_EQ(events(0, Method::put, "channel/" + a.id + "/heartbeat").wire, Answer::Wire::hang);
  EXPECT_EQ(events(1, Method::put, "channel/" + b.id + "/heartbeat").response.status, 200);
  hooks(20);
  EXPECT_TRUE(sequences(a).empty());
  EXPECT_FALSE(sequences(b).empty());
  EXPECT_FALSE(a.pipe->ended) << "nothing closes";
}

TEST_F(StreamFaultsTest, a_stream_outlives_its_token_or_is_cut_with_it) {
  sim.oauth.book().expire_access_tokens();
  clock.advance(seconds(5));
  EXPECT_FALSE(a.pipe->ended);
  EXPECT_EQ(events(0, Method::put, "channel/" + a.id + "/heartbeat").response.status, 401);
  sim.faults.expired_token_cuts_streams = true;
  clock.advance(seconds(1));
  EXPECT_EQ(a.pipe->ended, Ending::fin);
  admin_token.clear();
  auto const fresh = open(0, channel_body("s", "app"));
  clock.advance(seconds(5));
  EXPECT_FALSE(fresh.pipe->ended) << "its token is good";
}

TEST_F(StreamFaultsTest, a_rival_of_the_same_application_ends_our_set_and_no_other) {
  auto const other = open(0, channel_body("o", "another"));
  sim.xsi.displace("app");
  EXPECT_NE(a.pipe->text.find("DuplicateChannelSet"), std::string::npos);
  EXPECT_FALSE(other.pipe->ended);
  EXPECT_EQ(events(0, Method::get, "subscription/" + sub).response.status, 403);
  auto const back = open(0, channel_body("t", "app"));
  EXPECT_NE(back.id, "") << "we can take the set back";
}

TEST_F(StreamFaultsTest, an_acknowledgement_can_be_refused_or_left_hanging) {
  for (int const status : {400, 404, 500, 503}) {
    hooks(1);
    ScriptedAnswer refusal;
    refusal.door = "events";
    refusal.path_contains = "eventresponse";
    refusal.status = status;
    sim.faults.answers = {refusal};
    EXPECT_EQ(acknowledge(0, event_id(a.pipe->documents.back())).response.status, status);
    EXPECT_EQ(acknowledge(0, event_id(a.pipe->documents.back())).response.status, 200);
  }
  hooks(1);
  sim.faults.ack_black_hole = true;
  EXPECT_EQ(acknowledge(0, event_id(a.pipe->documents.back())).wire, Answer::Wire::hang);
}

TEST_F(StreamFaultsTest, refusals_hold_an_error_document_in_xml_or_json) {
  ScriptedAnswer refusal;
  refusal.door = "events";
  refusal.status = 403;
  refusal.code = 110842;
  for (std::string const body : {"xsi", "xsi_json"}) {
    refusal.body = body;
    sim.faults.answers = {refusal};
    auto const a1 = events(0, Method::get, "subscription/" + sub);
    EXPECT_EQ(a1.response.status, 403);
    EXPECT_NE(a1.response.body.find("110842"), std::string::npos);
    if (body == "xsi_json") {
      EXPECT_EQ(json(a1)["ErrorInfo"]["errorCode"]["$"], "110842");
    }
  }
  refusal.door = "channel";
  refusal.status = 302;
  refusal.location = "http://127.0.0.1:8483/channel";
  sim.faults.answers = {refusal};
  auto const moved =
      xsp(0, Method::post, "/com.broadsoft.async/com.broadsoft.xsi-events/v2.0/channel",
          channel_body("s", "app"));
  EXPECT_EQ(moved.response.headers.get("Location"), refusal.location);
}

}  // namespace
}  // namespace wardroom::sim::test
