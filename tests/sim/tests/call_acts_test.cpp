// What can happen to a call on its way: transfers, parking, queues, conferences. Source: xsi.md
// 6.2, 12.
#include "sim/tests/neighbour.hpp"

namespace wardroom::sim::test {
namespace {
using http::Method;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Strings = std::vector<std::string>;

std::string const zoe = "zoe.mueller@acme.example", juergen = "juergen.gross@acme.example",
                  lukasz = "lukasz.zolc@acme.example", soren = "soren.kjaer@acme.example",
                  outside = "+442079460000";

struct CallActsTest : Neighbour {
  CallActsTest() { sim.faults.ack_timeout_s = 86400; }  // nobody acknowledges here
  Channel channel = open(0, channel_body("s", "app"));
  std::string sub = subscribe(org(), "s");

  Call const& place_as(PlaceCall wish) {
    auto const placed = sim.calls.place(wish);
    if (!placed) throw std::runtime_error(placed.error().what);
    return **placed;
  }
  Result<void> act(Call const& call, std::string_view name, Act wish = {}) {
    return sim.calls.act(call.id, name, wish);
  }
  // The newest event of that type for that person.
  std::string newest(std::string type, std::string email) {
    auto const& docs = channel.pipe->documents;
    auto const* who = sim.org.by_email(email);
    auto const user = who ? who->xsi_user : sim.org.queue().xsi_user;
    for (auto d = docs.rbegin(); d != docs.rend(); ++d)
      if (type_of(*d) == type && between(*d, "targetId>", "</") == user) return *d;
    return {};
  }
  Strings told(std::string email) { return types(*channel.pipe, email); }
  Strings since(std::size_t from, std::string email) {
    auto all = told(email);
    return {all.begin() + std::ptrdiff_t(from), all.end()};
  }
  static std::string part(std::string_view document, std::string const& element) {
    return between(document, "<xsi:" + element + ">", "<");
  }
  std::size_t halves(std::string email) {
    return sim.calls.halves_of(*sim.org.by_email(email)).size();
  }
};

TEST_F(CallActsTest, a_blind_transfer_detaches_one_half_and_rings_at_another) {
  auto const& call = place(juergen, lukasz, 1);
  clock.advance(seconds(2));
  auto const before = told(juergen).size();
  ASSERT_TRUE(act(call, "transfer", {.by = lukasz, .to = zoe, .answer_after_s = 3}));
  clock.advance(milliseconds(100));

  auto const redirected = newest("CallRedirectedEvent", lukasz);
  EXPECT_NE(redirected.find("<xsi:calls><xsi:call>"), std::string::npos);
  EXPECT_EQ(part(redirected, "state"), "Detached");
  EXPECT_NE(redirected.find("<xsi:reason>transfer</xsi:reason>"), std::string::npos);
  EXPECT_EQ(told(lukasz).back(), "HookStatusEvent");
  EXPECT_EQ(halves(lukasz), 0u);
  EXPECT_EQ(call.legs[0].state, LegState::active);

  EXPECT_EQ(since(before, juergen), Strings{"CallTransferredEvent"});
  EXPECT_EQ(part(newest("CallTransferredEvent", juergen), "userId"),
            sim.org.by_email("ada@acme.example")->uuid)
      << "the first userId is the owner of the subscription";
  EXPECT_NE(newest("CallTransferredEvent", juergen).find(sim.org.by_email(zoe)->xsi_user),
            std::string::npos);
  EXPECT_EQ(part(newest("CallReceivedEvent", zoe), "state"), "Alerting");
  EXPECT_NE(newest("CallReceivedEvent", zoe).find("<xsi:redirections>"), std::string::npos);

  clock.advance(seconds(4));
  EXPECT_EQ(part(newest("CallAnsweredEvent", zoe), "state"), "Active");
  EXPECT_FALSE(call.ended);
  EXPECT_TRUE(sim.calls.release(*sim.org.by_email(zoe), call.legs.back().id, false));
  clock.advance(seconds(1));
  EXPECT_EQ(call.released_by, "api");
  EXPECT_EQ(told(juergen).back(), "HookStatusEvent");
}

TEST_F(CallActsTest, a_call_transferred_out_of_the_organisation_is_over_for_us) {
  auto const& call = place(outside, zoe, 0.1);
  clock.advance(seconds(1));
  ASSERT_TRUE(act(call, "transfer", {.to = "+4315550000"}));
  EXPECT_EQ(call.released_by, "transfer");
  EXPECT_EQ(sim.calls.live(), 0u);
  EXPECT_EQ(act(call, "hold").error().kind, ErrorKind::conflict);
}

TEST_F(CallActsTest, a_consultative_transfer_joins_two_sessions_under_one_tracking_id) {
  auto const& first = place(juergen, zoe, 1);
  clock.advance(seconds(2));
  ASSERT_TRUE(act(first, "hold", {.by = zoe}));
  auto const& second = place(zoe, lukasz, 1);
  clock.advance(seconds(2));
  auto const old_tracking = second.tracking;
  auto const lukasz_half = second.legs[1].id;
  ASSERT_TRUE(act(first, "consult_transfer", {.by = zoe, .other = second.id}));
  auto const away = newest("CallRedirectedEvent", zoe);
  EXPECT_NE(away.find(first.legs[1].id), std::string::npos);
  EXPECT_NE(away.find(second.legs[0].id), std::string::npos) << "one event names both calls";
  auto const moved = newest("CallTransferredEvent", lukasz);
  EXPECT_EQ(part(moved, "callId"), lukasz_half);
  EXPECT_EQ(part(moved, "extTrackingId"), first.tracking);
  EXPECT_NE(part(moved, "extTrackingId"), old_tracking);
  EXPECT_NE(moved.find(sim.org.by_email(juergen)->xsi_user), std::string::npos);
  EXPECT_EQ(halves(zoe), 0u);
  EXPECT_EQ(halves(lukasz), 1u);
  EXPECT_TRUE(second.ended);
  EXPECT_EQ(sim.calls.live(), 1u);
  ASSERT_TRUE(sim.calls.release(*sim.org.by_email(lukasz), lukasz_half, false));
  clock.advance(seconds(1));
  EXPECT_TRUE(first.ended);
  EXPECT_EQ(told(juergen).back(), "HookStatusEvent");
}

TEST_F(CallActsTest, somebody_else_picks_up_a_ringing_call) {
  auto const& call = place(juergen, lukasz, std::nullopt);
  clock.advance(milliseconds(200));
  auto const tracking = call.tracking;
  ASSERT_TRUE(act(call, "pick_up", {.by = soren}));
  auto const taken = newest("CallPickedUpEvent", soren);
  EXPECT_EQ(part(taken, "state"), "Active");
  EXPECT_NE(part(taken, "extTrackingId"), tracking);
  EXPECT_EQ(told(lukasz).back(), "CallReleasedEvent");
  EXPECT_NE(newest("CallAnsweredEvent", juergen).find(sim.org.by_email(soren)->xsi_user),
            std::string::npos);
  EXPECT_FALSE(call.ended);
  EXPECT_FALSE(act(call, "pick_up", {.by = zoe})) << "it rings no more";
}

TEST_F(CallActsTest, who_barges_in_or_listens_can_be_released_alone) {
  for (std::string const name : {"barge_in", "monitor"}) {
    auto const& call = place(juergen, outside, 0.1);
    clock.advance(seconds(1));
    ASSERT_TRUE(act(call, name, {.by = zoe, .to = juergen})) << name;
    EXPECT_NE(newest(name == "monitor" ? "CallMonitoredEvent" : "CallBargedInEvent", zoe), "");
    ASSERT_TRUE(sim.calls.release(*sim.org.by_email(zoe), call.legs.back().id, false));
    clock.advance(seconds(1));
    EXPECT_FALSE(call.ended) << "the other two talk on";
    EXPECT_EQ(halves(juergen), 1u);
    EXPECT_EQ(halves(zoe), 0u);
    ASSERT_TRUE(act(call, "hang_up", {.by = juergen}));
    EXPECT_TRUE(call.ended);
  }
}

TEST_F(CallActsTest, a_parked_call_is_retrieved_by_another_or_rings_again) {
  auto const& call = place(juergen, lukasz, 0.1);
  clock.advance(seconds(1));
  ASSERT_TRUE(act(call, "park", {.by = lukasz, .to = soren}));
  EXPECT_EQ(part(newest("CallDetachedEvent", lukasz), "state"), "Detached");
  EXPECT_EQ(part(newest("CallHeldEvent", juergen), "state"), "Remote Held");
  EXPECT_NE(newest("CallParkedAgainstEvent", soren), "");
  EXPECT_EQ(halves(soren), 0u) << "parked against is no call of theirs";
  ASSERT_TRUE(act(call, "park_retrieve", {.by = zoe}));
  EXPECT_EQ(part(newest("CallParkRetrievedEvent", zoe), "state"), "Active");
  EXPECT_EQ(part(newest("CallRetrievedEvent", juergen), "state"), "Active");

  ASSERT_TRUE(act(call, "park", {.by = zoe}));
  ASSERT_TRUE(act(call, "recall", {.answer_after_s = std::nullopt}));
  clock.advance(seconds(1));
  auto const again = newest("CallReceivedEvent", zoe);
  EXPECT_EQ(part(again, "recallType"), "Call Park");
  EXPECT_EQ(part(again, "state"), "Alerting");
  EXPECT_EQ(halves(zoe), 1u);
}

TEST_F(CallActsTest, a_held_call_that_rings_again_keeps_its_id) {
  auto const& call = place(juergen, outside, 0.1);
  clock.advance(seconds(1));
  ASSERT_TRUE(act(call, "hold"));
  ASSERT_TRUE(act(call, "recall", {.answer_after_s = 1}));
  EXPECT_EQ(part(newest("CallReceivedEvent", juergen), "callId"), call.legs[0].id);
  clock.advance(seconds(2));
  EXPECT_EQ(call.legs[0].state, LegState::active);
}

TEST_F(CallActsTest, a_click_to_dial_call_changes_its_id_when_the_far_end_is_reached) {
  auto const& call =
      place_as({.from = zoe, .to = outside, .answer_after_s = 2, .click_to_dial = true});
  clock.advance(milliseconds(10));
  auto const first = newest("CallOriginatingEvent", zoe);
  EXPECT_EQ(part(first, "personality"), "Click-to-Dial");
  auto const old = part(first, "callId");
  clock.advance(seconds(4));
  EXPECT_NE(part(newest("CallOriginatedEvent", zoe), "callId"), old);
  EXPECT_EQ(part(newest("CallAnsweredEvent", zoe), "callId"), call.legs[0].id);
  EXPECT_FALSE(sim.calls.release(*sim.org.by_email(zoe), old, false)) << "gone under that id";
  auto const listed = actions(Method::get, sim.org.by_email(zoe)->xsi_user + "/calls");
  EXPECT_NE(listed.response.body.find(call.legs[0].id), std::string::npos);
}

TEST_F(CallActsTest, calls_are_forwarded_at_once_after_a_while_and_to_voicemail) {
  place_as({.from = juergen, .to = lukasz, .forward_to = soren});
  clock.advance(seconds(1));
  EXPECT_TRUE(told(lukasz).empty()) << "always forwarded: it never rings there";
  EXPECT_NE(newest("CallForwardedEvent", juergen).find(sim.org.by_email(soren)->xsi_user),
            std::string::npos);
  EXPECT_NE(newest("CallReceivedEvent", soren).find("unconditional"), std::string::npos);

  place_as({.from = outside,
            .to = zoe,
            .answer_after_s = std::nullopt,
            .forward_to = "ada@acme.example",
            .forward_reason = "no-answer",
            .forward_after_s = 18});
  clock.advance(seconds(17));
  EXPECT_EQ(newest("CallReceivedEvent", "ada@acme.example"), "");
  clock.advance(seconds(2));
  EXPECT_NE(newest("CallReleasedEvent", zoe).find("<xsi:redirect>"), std::string::npos);
  EXPECT_NE(newest("CallReceivedEvent", "ada@acme.example").find("no-answer"), std::string::npos);

  auto const& mailed = place(juergen, zoe, std::nullopt);
  clock.advance(seconds(1));
  ASSERT_TRUE(act(mailed, "voicemail", {.answer_after_s = 1}));
  clock.advance(seconds(2));
  EXPECT_NE(newest("CallAnsweredEvent", juergen).find("Voice Portal"), std::string::npos);
  EXPECT_TRUE(mailed.answered);
}

TEST_F(CallActsTest, who_rings_together_stops_together) {
  auto const& call = place_as({.from = outside,
                               .to = zoe,
                               .answer_after_s = 2,
                               .also_ring = {lukasz},
                               .answered_by = lukasz});
  clock.advance(seconds(1));
  EXPECT_EQ(told(zoe).front(), "CallReceivedEvent");
  EXPECT_EQ(told(lukasz).front(), "CallReceivedEvent");
  auto const& declined = place_as({.from = outside, .to = soren, .also_ring = {juergen}});
  clock.advance(seconds(1));
  ASSERT_TRUE(sim.calls.release(*sim.org.by_email(soren), declined.legs[0].id, true));
  clock.advance(milliseconds(100));
  EXPECT_FALSE(declined.ended) << "it rings on at the other one";
  clock.advance(seconds(1));
  EXPECT_EQ(told(zoe).back(), "CallReleasedEvent");
  EXPECT_EQ(call.legs[1].state, LegState::active);
}

TEST_F(CallActsTest, a_queue_has_calls_but_is_nobody) {
  auto const& call = place_as({.from = outside, .to = "queue", .answer_after_s = 2, .agent = zoe});
  clock.advance(seconds(1));
  auto const& queue = sim.org.queue();
  EXPECT_NE(newest("CallReceivedEvent", queue.email), "");
  EXPECT_EQ(actions(Method::get, queue.xsi_user + "/profile").response.status, 404);
  EXPECT_EQ(
      xsp(0, Method::get, "/com.broadsoft.xsi-actions/v2.0/callcenter/" + queue.xsi_user + "/calls")
          .response.status,
      200);
  EXPECT_EQ(actions(Method::delete_, queue.xsi_user + "/calls/" + call.legs[0].id).response.status,
            404);
  clock.advance(seconds(2));
  auto const offered = newest("CallReceivedEvent", zoe);
  EXPECT_EQ(part(offered, "huntGroupUserId"), queue.xsi_user);
  EXPECT_EQ(part(offered, "acdUserId"), queue.xsi_user);
  EXPECT_NE(offered.find("tel:+442079460000"), std::string::npos) << "the real caller";
  clock.advance(seconds(3));
  EXPECT_NE(newest("CallAnsweredEvent", zoe), "");
  EXPECT_NE(newest("CallReleasedEvent", queue.email).find("call-center"), std::string::npos);
  ASSERT_TRUE(sim.calls.release(*sim.org.by_email(zoe), call.legs.back().id, false));
  clock.advance(seconds(1));
  EXPECT_TRUE(call.ended);
}

TEST_F(CallActsTest, a_conference_keeps_the_ids_of_its_calls) {
  auto const& one = place(zoe, outside, 0.1);
  auto const& two = place(zoe, lukasz, 0.1);
  clock.advance(seconds(1));
  EXPECT_FALSE(act(one, "conference", {.mode = "Muted"})) << "there is none yet";
  ASSERT_TRUE(act(one, "conference", {.by = zoe, .other = two.id}));
  auto const began = newest("ConferenceStartedEvent", zoe);
  EXPECT_NE(began.find(one.legs[0].id), std::string::npos);
  EXPECT_NE(began.find(two.legs[0].id), std::string::npos);
  auto const list = actions(Method::get, sim.org.by_email(zoe)->xsi_user + "/calls").response.body;
  EXPECT_NE(list.find("inConference=\"true\""), std::string::npos);
  for (std::string const mode : {"Held", "Retrieved", "Muted", "Unmuted", "Updated", "Released"}) {
    ASSERT_TRUE(act(one, "conference", {.mode = mode}));
    EXPECT_NE(newest("Conference" + mode + "Event", zoe), "");
  }
}

TEST_F(CallActsTest, a_failing_call_is_told_its_treatment_before_it_ends) {
  auto const& call = place(zoe, outside, std::nullopt);
  ASSERT_TRUE(act(call, "collect"));
  EXPECT_NE(newest("CallCollectingEvent", zoe), "");
  ASSERT_TRUE(act(call, "treatment", {.cause = "User Not Found"}));
  EXPECT_EQ(part(newest("CallReleasingEvent", zoe), "internalReleaseCause"), "User Not Found");
  clock.advance(seconds(2));
  EXPECT_TRUE(call.ended);
}

TEST_F(CallActsTest, events_of_any_type_and_content_can_be_told) {
  auto const& call = place(zoe, outside, std::nullopt);
  ASSERT_TRUE(act(call, "event", {.type = "CallRecordingStartedEvent"}));
  EXPECT_EQ(part(newest("CallRecordingStartedEvent", zoe), "callId"), call.legs[0].id);
  ASSERT_TRUE(act(call, "event", {.type = "CallSingingEvent", .data = "<xsi:song>la</xsi:song>"}));
  EXPECT_NE(newest("CallSingingEvent", zoe).find("<xsi:song>la</xsi:song>"), std::string::npos);
  EXPECT_FALSE(act(call, "event"));
  EXPECT_EQ(act(call, "sing").error().kind, ErrorKind::not_found);
  sim.calls.tell(*sim.org.by_email(lukasz), "VoiceMailMessageSummaryEvent", "");
  EXPECT_NE(newest("VoiceMailMessageSummaryEvent", lukasz), "");
}

TEST_F(CallActsTest, documents_can_lack_what_is_optional_and_hold_what_nobody_knows) {
  auto const& call = place_as(
      {.from = outside,
       .to = zoe,
       .shape = {.omit = {"countryCode", "callType"}, .extra = true, .name = "Zoë \"&<> Søn"}});
  clock.advance(milliseconds(100));
  auto const bare = newest("CallReceivedEvent", zoe);
  auto const root = read_xml(bare);
  ASSERT_TRUE(root) << bare;
  EXPECT_EQ(bare.find("countryCode"), std::string::npos);
  EXPECT_EQ(bare.find("callType"), std::string::npos);
  EXPECT_NE(bare.find("futureElement"), std::string::npos);
  EXPECT_EQ(part(bare, "name"), "Zoë &quot;&amp;&lt;&gt; Søn");
  EXPECT_EQ(part(bare, "callId"), call.legs[0].id);
  ASSERT_TRUE(act(call, "update", {.shape = Shape{.privacy = true, .type = "Unknown"}}));
  auto const hidden = newest("CallUpdatedEvent", zoe);
  EXPECT_NE(hidden.find("<xsi:privacy/><xsi:callType>Unknown<"), std::string::npos);
  EXPECT_EQ(hidden.find("<xsi:address"), std::string::npos);
  sim.faults.call_omit = "name,remoteParty,startTime";
  place(outside, lukasz);
  clock.advance(milliseconds(100));
  EXPECT_EQ(newest("CallReceivedEvent", lukasz).find("remoteParty"), std::string::npos);
}

TEST_F(CallActsTest, whom_the_emergency_service_calls_back_is_known) {
  auto const& call = place(zoe, "133", 1);
  clock.advance(seconds(2));
  sim.calls.hang_up(call.id, "callee");
  auto const& back = place("+43133", zoe, std::nullopt);
  EXPECT_TRUE(back.calls_back);
  clock.advance(milliseconds(100));
  sim.calls.release(*sim.org.by_email(zoe), back.legs[0].id, false);
  EXPECT_EQ(sim.calls.counters()["emergency_call_backs_deleted"], 1);
  EXPECT_EQ(sim.calls.counters()["emergency_violations"], 0);
  clock.advance(std::chrono::hours(2));
  EXPECT_FALSE(place("+43133", zoe, std::nullopt).calls_back);
}

TEST_F(CallActsTest, a_call_transferred_to_an_emergency_number_becomes_one) {
  auto const& call = place(juergen, zoe, 0.1);
  clock.advance(seconds(1));
  EXPECT_FALSE(call.emergency);
  ASSERT_TRUE(act(call, "transfer", {.by = zoe, .to = "112"}));
  EXPECT_TRUE(call.emergency);
  sim.calls.release(*sim.org.by_email(juergen), call.legs[0].id, false);
  EXPECT_EQ(sim.calls.counters()["emergency_violations"], 1);
}

TEST(EmergencyNumbers, every_country_has_its_own_and_all_have_112_and_911) {
  for (auto const& [country, number] :
       std::vector<std::pair<std::string, std::string>>{{"DE", "110"},
                                                        {"GB", "999"},
                                                        {"AU", "000"},
                                                        {"FR", "15"},
                                                        {"JP", "119"},
                                                        {"CH", "1414"}}) {
    EXPECT_TRUE(is_emergency_number(number, country)) << number;
    EXPECT_TRUE(is_emergency_number("0" + number, country)) << number;
    EXPECT_FALSE(is_emergency_number(number, "US")) << number;
    EXPECT_FALSE(is_emergency_number(number + "1", country)) << number;
    EXPECT_TRUE(is_emergency_number("112", country));
  }
  EXPECT_FALSE(is_emergency_number("", "US"));
  EXPECT_FALSE(is_emergency_number("0", "AU"));
}

}  // namespace
}  // namespace wardroom::sim::test
