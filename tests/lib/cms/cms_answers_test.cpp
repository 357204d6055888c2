// What the answers of a bridge mean, as the reference has them.
#include "lib/cms/cms_api_kit.hpp"
#include "lib/cms/cms_fixture.hpp"

#include <gmock/gmock.h>

namespace wardroom::test {
namespace {

using conference::CallId, conference::Correlator, conference::LegId;
using Fake = FakeHttpClient;

class CmsAnswers : public Bridge {};

TEST_F(CmsAnswers, to_the_question_for_its_status) {
  http.always("/system/status", Fake::reply(200, cms_fixture("api_status")));
  auto const status = run(api->status());
  ASSERT_TRUE(status) << status.error().what;
  EXPECT_EQ(status->version, "3.5");
  EXPECT_EQ(status->next_record, 948u);
  EXPECT_EQ(status->clustered, true);
  EXPECT_EQ(iso_text(*status->time), "2024-05-14T10:02:50.000Z");
  EXPECT_EQ(status->up_for, std::chrono::seconds(90'730));
  auto const& asked = http.last();
  EXPECT_EQ(asked.url, "https://cms1.test:445/api/v1/system/status");
  ASSERT_TRUE(asked.basic) << "sent without being asked for";
  EXPECT_EQ(asked.basic->first, "api");
  EXPECT_EQ(asked.basic->second.reveal(), "s3cret");
  EXPECT_EQ(asked.connect_timeout, Milliseconds(3'000));
  EXPECT_EQ(asked.timeout, Milliseconds(10'000));
}

TEST_F(CmsAnswers, of_an_old_bridge_leave_out_what_it_does_not_know) {
  http.always("/system/status",
              Fake::reply(200, "<status><softwareVersion>2.1.4</softwareVersion></status>"));
  auto const status = run(api->status());
  ASSERT_TRUE(status);
  EXPECT_EQ(status->version, "2.1.4");
  EXPECT_FALSE(status->next_record || status->clustered || status->time || status->up_for);
}

TEST_F(CmsAnswers, to_the_question_for_calls_and_for_one) {
  http.always("/calls", Fake::reply(200, cms_fixture("api_calls")));
  http.always("/calls/ca11", Fake::reply(200, cms_fixture("api_call")));
  auto const calls = run(api->calls());
  ASSERT_TRUE(calls) << calls.error().what;
  ASSERT_EQ(calls->size(), 2u);
  EXPECT_EQ(calls->front().name, "All hands");
  EXPECT_EQ(calls->front().space, "5face000-0000-4000-8000-000000000001");
  EXPECT_EQ(calls->back().correlator, Correlator("c0441e1a-0000-4000-8000-000000000007"));
  EXPECT_FALSE(calls->back().space);

  auto const call = run(api->call(CallId("ca11000a-0000-4000-8000-000000000001")));
  ASSERT_TRUE(call) << call.error().what;
  EXPECT_EQ(call->facts.type, "coSpace");
  EXPECT_EQ(call->facts.correlator, Correlator("c0441e1a-0000-4000-8000-000000000001"));
  EXPECT_EQ(call->message, (conference::Message{"Security Level 3", "bottom", "permanent"}));
  EXPECT_EQ(call->legs, 2u);
  EXPECT_EQ(call->other_bridges, 1u);

  auto const of_space = run(api->calls_of_space("5face000-0000-4000-8000-000000000001"));
  EXPECT_TRUE(of_space);
  EXPECT_THAT(http.last().url,
              testing::HasSubstr("coSpaceFilter=5face000-0000-4000-8000-000000000001&offset=0"));
}

TEST_F(CmsAnswers, of_a_call_without_a_message_say_that_none_is_shown) {
  http.always("/calls/c1", Fake::reply(200,
                                       "<call id=\"c1\"><messagePosition>middle</messagePosition>"
                                       "<messageDuration>0</messageDuration></call>"));
  auto const call = run(api->call(CallId("c1")));
  ASSERT_TRUE(call);
  EXPECT_FALSE(call->message.shown());
  EXPECT_FALSE(call->legs);
}

TEST_F(CmsAnswers, to_the_question_for_legs_and_for_one) {
  http.always("/callLegs", Fake::reply(200, cms_fixture("api_call_legs")));
  http.always("/callLegs/1e60", Fake::reply(200, cms_fixture("api_call_leg")));
  auto const call = CallId("ca11000a-0000-4000-8000-000000000001");
  auto const legs = run(api->legs(call));
  ASSERT_TRUE(legs) << legs.error().what;
  ASSERT_EQ(legs->size(), 2u);
  EXPECT_EQ(legs->front().remote_party, "alice@rooms.secure.example");
  EXPECT_EQ(legs->front().display_name, "Alice");
  EXPECT_EQ(legs->back().original_remote_party, "10.2.0.1");
  EXPECT_FALSE(legs->back().display_name);
  EXPECT_EQ(legs->back().call, call);

  auto const leg = run(api->leg(LegId("1e6000a0-0000-4000-8000-000000000002")));
  ASSERT_TRUE(leg) << leg.error().what;
  EXPECT_EQ(leg->type, "sip");
  EXPECT_EQ(leg->sub_type, "distributionLink");
  EXPECT_EQ(leg->direction, "incoming");
  EXPECT_EQ(leg->group_id, "9a47000a-0000-4000-8000-000000000002");
  EXPECT_EQ(leg->sip_call_id, "s-b-2@10.2.0.1");
  EXPECT_EQ(leg->connected, true);
}

TEST_F(CmsAnswers, that_a_leg_records_are_believed_of_machines_only) {
  auto const leg_with = [&](std::string const& party, std::string const& direction) {
    http.next("/callLegs/l",
              Fake::reply(200, "<callLeg id=\"l\"><remoteParty>" + party +
                                   "</remoteParty><type>acano</type><direction>" + direction +
                                   "</direction><status><recording>true</recording>"
                                   "<deactivated>true</deactivated></status></callLeg>"));
    return run(api->leg(LegId("l"))).value();
  };
  EXPECT_EQ(leg_with("", "outgoing").recording, true);
  EXPECT_FALSE(leg_with("mallory@partner.example", "outgoing").recording);
  EXPECT_FALSE(leg_with("", "incoming").recording);
  EXPECT_EQ(leg_with("", "incoming").deactivated, true);
}

TEST_F(CmsAnswers, to_the_questions_for_participants_bridges_and_receivers) {
  http.always("/participants", Fake::reply(200, cms_fixture("api_participants")));
  http.always("/callBridges", Fake::reply(200, cms_fixture("api_call_bridges")));
  http.always("/callBridges/cb00000a",
              Fake::reply(200,
                          "<callBridge id=\"cb00000a-0000-4000-8000-00000000000a\">"
                          "<name>cms-a</name><address>https://10.1.0.1:8443</address>"
                          "<sipDomain>cms-a.example.com</sipDomain></callBridge>"));
  http.always("/callBridges/cb00000b", failed(404, "<callBridgeDoesNotExist/>"));
  http.always("/system/cdrReceivers",
              Fake::reply(200,
                          "<cdrReceivers total=\"2\" maximum=\"4\"><cdrReceiver id=\"r1\">"
                          "<uri>https://w/cdr/x?a=1&amp;b=2</uri></cdrReceiver><cdrReceiver "
                          "id=\"r2\"><uri></uri></cdrReceiver></cdrReceivers>"));
  auto const people = run(api->participants(CallId("c1")));
  ASSERT_TRUE(people) << people.error().what;
  ASSERT_EQ(people->size(), 2u);
  EXPECT_EQ(people->front().call_bridge, "");
  EXPECT_EQ(people->back().id, "9a47000b-0000-4000-8000-000000000001");
  EXPECT_EQ(people->back().call_bridge, "cb00000b-0000-4000-8000-00000000000b");

  auto const bridges = run(api->cluster());
  ASSERT_TRUE(bridges) << bridges.error().what;
  ASSERT_EQ(bridges->size(), 1u) << "one was taken out of the cluster meanwhile";
  EXPECT_EQ(bridges->front().address, "https://10.1.0.1:8443");
  EXPECT_EQ(bridges->front().sip_domain, "cms-a.example.com");

  auto const receivers = run(api->receivers());
  ASSERT_TRUE(receivers) << receivers.error().what;
  EXPECT_EQ(receivers->most, 4u);
  ASSERT_EQ(receivers->all.size(), 2u);
  EXPECT_EQ(receivers->all.front().uri, "https://w/cdr/x?a=1&b=2");
}

TEST_F(CmsAnswers, ids_travel_as_one_part_of_the_path) {
  http.always("/calls", Fake::reply(404));
  (void)run(api->call(CallId("../system/x?y=1#z")));
  EXPECT_EQ(http.last().url, "https://cms1.test:445/api/v1/calls/..%2Fsystem%2Fx%3Fy%3D1%23z");
}

// --- Messages and receivers --------------------------------------------------------------------

TEST_F(CmsAnswers, a_message_is_one_put) {
  http.always("/calls/c1", Fake::reply(200));
  ASSERT_TRUE(run(api->show(CallId("c1"), {"Security Level 3", "bottom", "permanent"}, true)));
  EXPECT_EQ(http.last().method, http::Method::put);
  EXPECT_EQ(http.last().url, "https://cms1.test:445/api/v1/calls/c1");
  EXPECT_EQ(http.last().body,
            "messageText=Security%20Level%203&messagePosition=bottom&messageDuration=permanent");
  EXPECT_EQ(http.last().headers.get("Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_TRUE(http.last().urgent);
  EXPECT_TRUE(http.last().idempotent);
  ASSERT_TRUE(run(api->show(CallId("c1"), {"Gäste & ="}, false)));
  EXPECT_EQ(http.last().body, "messageText=G%C3%A4ste%20%26%20%3D&messageDuration=permanent");
  EXPECT_FALSE(http.last().urgent);
  for (conference::Message const& none :
       {conference::Message{}, {"x", "bottom", "0"}, {" \n", "bottom", "permanent"}}) {
    ASSERT_TRUE(run(api->show(CallId("c1"), none, false)));
    EXPECT_EQ(http.last().body, "messageText=&messageDuration=0");
  }
}

TEST_F(CmsAnswers, a_message_is_one_line_of_plain_text) {
  http.always("/calls/c1", Fake::reply(200));
  auto const sent = [&](std::string text) {
    (void)run(api->show(CallId("c1"), {std::move(text), "top", "30"}, true));
    return http::parse_query(http.last().body)->front().second;
  };
  EXPECT_EQ(sent(" two\r\nlines\x7f \t"), "two  lines");
  EXPECT_EQ(sent("a\xc2\x85"
                 "b\xe2\x80\xa8"
                 "c"),
            "a b c");
  EXPECT_EQ(sent(std::string("a\0b", 3)), "a b");
  EXPECT_EQ(sent("two  spaces stay"), "two  spaces stay");
  auto const before = http.requests.size();
  auto const refused = run(api->show(CallId("c1"), {"\xff", "top", "30"}, true));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::malformed);
  EXPECT_EQ(http.requests.size(), before);
}

TEST_F(CmsAnswers, a_receiver_is_entered_as_uri_and_where_that_is_not_known_as_url) {
  http.next("/system/cdrReceivers", Fake::reply(200));
  ASSERT_TRUE(run(api->add_receiver("https://w.test/cdr/s?x=1")));
  EXPECT_EQ(http.last().method, http::Method::post);
  EXPECT_EQ(http.last().body, "uri=https%3A%2F%2Fw.test%2Fcdr%2Fs%3Fx%3D1");
  EXPECT_FALSE(http.last().idempotent);
  http.next("/system/cdrReceivers", failed(400, "<parameterError parameter=\"uri\"/>"));
  http.next("/system/cdrReceivers", Fake::reply(200));
  ASSERT_TRUE(run(api->add_receiver("https://w.test/")));
  EXPECT_EQ(http.last().body, "url=https%3A%2F%2Fw.test%2F");
  http.next("/system/cdrReceivers/r1", failed(200, "<parameterError/>"));
  http.next("/system/cdrReceivers/r1", Fake::reply(200));
  ASSERT_TRUE(run(api->change_receiver("r1", "https://w.test/")));
  EXPECT_EQ(http.last().method, http::Method::put);
  EXPECT_EQ(http.requests.size(), 5u);
  http.always("/system/cdrReceivers", failed(400, "<tooManyCdrReceivers/>"));
  auto const full = run(api->add_receiver("https://w.test/"));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind, ErrorKind::conflict);
  EXPECT_THAT(full.error().what, testing::HasSubstr("all places for CDR receivers are taken"));
  EXPECT_EQ(http.requests.size(), 6u);
}

}  // namespace
}  // namespace wardroom::test
