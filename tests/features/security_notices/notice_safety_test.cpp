// Ways in which a screen could come to show less than the truth, each tried once.
#include "ledger_site.hpp"
#include "notices_site.hpp"

namespace wardroom::security_notices::test {
namespace {

using namespace std::chrono_literals;

/// A bridge with one conference of one trusted person.
struct Calm : Site {
  explicit Calm(std::vector<std::string> const& names = {"cms1"}) : Site(names) {
    bridge().start_call("call-1", "conf");
    bridge().join("call-1", "leg-1", "ann@secure.example");
    start();
    post();
    wait(10s);
    EXPECT_EQ(shown("call-1"), "Level 1");
  }
  void set_mode(FeatureMode mode) {
    auto policy = settings.policy;
    policy.mode = mode;
    feature().set_policy(std::move(policy));
  }
};

/// A SIP recorder: its leg is like any other, and one record alone tells what it is.
void add_sip_recorder(Site& site, std::string const& leg) {
  site.bridge().api.add_leg("call-1", leg, "recorder@sip.elsewhere.example").direction = "outgoing";
  site.bridge().writer.leg_start(site.bridge().api.parties.at(LegId(leg)));
  site.bridge().writer.add("recordingStart",
                           "<recording id=\"rec-1\"><recorderUri>recorder@sip.elsewhere.example"
                           "</recorderUri><call>call-1</call><callLeg>" +
                               leg + "</callLeg></recording>");
  site.bridge().api.state.next_record = site.bridge().writer.next_index();
}

TEST(NoticeSafety, a_sip_recorder_stays_one_over_a_restart_of_the_daemon) {
  Calm site;
  add_sip_recorder(site, "leg-r");
  site.post();
  site.wait(10s);
  ASSERT_EQ(site.shown("call-1"), "Level 1");
  site.start_again();
  site.wait(30s);
  EXPECT_EQ(site.wanted("conf"), SecurityLevel::secure);
  EXPECT_EQ(site.shown("call-1"), "Level 1");
  site.bridge().join("call-1", "leg-2", "recorder@sip.elsewhere.example");
  site.post();
  site.wait(1s);
  EXPECT_EQ(site.shown("call-1"), "Level 3") << "another leg with its address is a stranger";
}

TEST(NoticeSafety, what_was_a_recorder_is_none_after_the_bridge_was_restarted) {
  Calm site;
  add_sip_recorder(site, "leg-r");
  site.post();
  site.wait(10s);
  // While nobody looks the bridge begins anew, and somebody has the ids of before.
  site.bridge().restart();
  site.bridge().api.add_call("call-1", "conf");
  site.bridge().api.add_leg("call-1", "leg-r", "mallory@evil.example");
  site.start_again();
  site.wait(30s);
  EXPECT_EQ(site.wanted("conf"), SecurityLevel::external);
}

TEST(NoticeSafety, an_expected_machine_is_the_same_leg_in_the_same_call_and_no_other) {
  LedgerSite site;
  CallKey const call{0, CallId("a")};
  auto const expect = [&] {
    site.ledger.expect_machine({0, LegId("r")}, call.id, Machine::recorder);
  };
  auto const read = [&](std::string leg, std::string in) {
    auto const begun = site.ledger.mark();
    site.ledger.take_bridge(0, begun, {site.reading(in, in, {site.listed(leg, "x@evil.org")})});
    return site.level(in);
  };
  expect();
  EXPECT_EQ(read("r", "a"), 0);
  EXPECT_EQ(read("s", "a"), 3) << "another leg";
  expect();
  EXPECT_EQ(read("r", "b"), 3) << "another call";
  expect();
  EXPECT_EQ(read("s", "c"), 3);
  EXPECT_EQ(read("r", "a"), 3) << "the bridge was read without it";
  expect();
  site.ledger.new_session(0);
  EXPECT_EQ(read("r", "a"), 3) << "another session";
  LedgerSite begins;
  begins.ledger.expect_machine({0, LegId("r")}, call.id, Machine::recorder);
  begins.call(0, "a");
  auto start = begins.leg_start("r", "a", "x@evil.org");
  begins.tell(0, start);
  EXPECT_EQ(begins.level(), 0 + 3) << "a leg that begins now is not the one of before";
  LedgerSite other;
  other.ledger.expect_machine({1, LegId("r")}, call.id, Machine::recorder);
  other.call(0, "a");
  other.tell(0, other.leg_update("r", "a", "x@evil.org"));
  EXPECT_EQ(other.level(), 3) << "another bridge";
}

TEST(NoticeSafety, who_records_with_an_endpoint_of_his_own_is_no_recorder) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "x@evil.org");
  auto facts = site.listed("1", "x@evil.org");
  facts.call = CallId("a");
  facts.direction = "incoming";
  facts.recording = true;
  site.ledger.take_leg({0, LegId("1")}, site.ledger.mark(), facts);
  EXPECT_EQ(site.level(), 3);
  auto machine = site.listed("2", "recorder@evil.org");
  machine.call = CallId("a");
  machine.direction = "outgoing";
  machine.recording = true;
  site.ledger.take_leg({0, LegId("2")}, site.ledger.mark(), machine);
  EXPECT_EQ(site.leg(0, "2")->machine, Machine::recorder) << "the bridge called it";
}

/// The link's number tells of one more instance; whether that is the one that ended is not known.
TEST(NoticeSafety, an_instance_that_ended_unheard_does_not_hide_another_one) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "x@acme.example");
  site.call(1, "b");
  site.ledger.doubt(2, "its records do not come");
  auto const begun = site.ledger.mark();
  site.ledger.take_call({0, CallId("a")}, begun,
                        site.reading("a", "conf", {site.listed("1", "x@acme.example")}, 1));
  site.ledger.take_ended({1, CallId("b")}, begun);
  site.ledger.take_complete(site.id(), begun);
  EXPECT_TRUE(site.in_doubt()) << "the one instance it tells of may run on the third bridge";
  auto const again = site.ledger.mark();
  site.ledger.take_call({0, CallId("a")}, again,
                        site.reading("a", "conf", {site.listed("1", "x@acme.example")}, 0));
  site.ledger.take_complete(site.id(), again);
  EXPECT_FALSE(site.in_doubt()) << "it tells of none any more";
}

TEST(NoticeSafety, notices_are_taken_away_when_the_feature_only_observes_from_now_on) {
  Calm site;
  site.set_mode(FeatureMode::observe);
  site.wait(1s);
  EXPECT_EQ(site.shown("call-1"), "") << "nobody would raise it any more";
  site.bridge().join("call-1", "leg-2", "mallory@evil.example");
  site.post();
  site.wait(70s);
  EXPECT_EQ(site.shown("call-1"), "");
  site.set_mode(FeatureMode::enforce);
  site.wait(1s);
  EXPECT_EQ(site.shown("call-1"), "Level 3");
}

TEST(NoticeSafety, a_bridge_that_is_down_when_observing_begins_loses_its_notices_when_it_is_back) {
  Calm site;
  site.bridge().api.down = Error{ErrorKind::unavailable, "503"};
  site.set_mode(FeatureMode::observe);
  site.wait(5s);
  site.bridge().api.down.reset();
  site.wait(15s);
  EXPECT_EQ(site.shown("call-1"), "");
  site.set_mode(FeatureMode::enforce);
  site.wait(10s);
  EXPECT_EQ(site.shown("call-1"), "Level 1");
}

TEST(NoticeSafety, a_domain_that_a_reload_takes_out_of_the_lists_is_external_at_once) {
  Calm site;
  auto policy = site.settings.policy;
  policy.rules.secure = DomainList::make({"other.example"}).value();
  site.feature().set_policy(policy);
  site.wait(1s);
  EXPECT_EQ(site.shown("call-1"), "Level 3");
  site.wait(70s);
  EXPECT_EQ(site.shown("call-1"), "Level 3");
  policy.rules.internal = DomainList::make({"secure.example"}).value();
  site.feature().set_policy(policy);
  site.wait(70s);
  EXPECT_EQ(site.shown("call-1"), "Level 2") << "falls by a reading, as ever";
}

TEST(NoticeSafety, an_audit_that_cannot_be_written_stops_falls_and_no_raise) {
  Calm site;
  site.audit_writable = false;
  site.bridge().join("call-1", "leg-2", "mallory@evil.example");
  site.post();
  site.wait(1s);
  ASSERT_EQ(site.shown("call-1"), "Level 3");
  site.bridge().leave("leg-2");
  site.post();
  site.wait(90s);
  EXPECT_EQ(site.shown("call-1"), "Level 3");
  site.audit_writable = true;
  site.wait(60s);
  EXPECT_EQ(site.shown("call-1"), "Level 1");
}

TEST(NoticeSafety, the_same_ids_on_two_bridges_are_two_calls_and_two_people) {
  Calm site({"cms1", "cms2"});
  site.bridge(1).start_call("call-1", "other");
  site.bridge(1).join("call-1", "leg-1", "mallory@evil.example");
  site.post(1);
  site.wait(10s);
  EXPECT_EQ(site.shown("call-1", 1), "Level 3");
  site.wait(10s);
  EXPECT_EQ(site.shown("call-1", 0), "Level 1");
  site.bridge(0).leave("leg-1");
  site.post(0);
  site.wait(20s);
  EXPECT_EQ(site.shown("call-1", 0), "");
  EXPECT_EQ(site.shown("call-1", 1), "Level 3");
}

/// A list of participants that takes a second to hear of who has joined.
TEST(NoticeSafety, a_stranger_who_is_not_yet_in_the_list_of_participants_is_no_link) {
  Calm site({"cms1", "cms2"});
  for (auto const& world : site.worlds) world->api.state.clustered = true;
  site.bridge().api.hidden_links.insert(LegId("leg-2"));
  site.bridge().join("call-1", "leg-2", "mallory@198.51.100.7");
  site.post();
  site.wait(1500ms);
  site.bridge().api.hidden_links.clear();
  for (int i = 0; i < 20; ++i) {
    site.wait(1s);
    ASSERT_EQ(site.shown("call-1"), "Level 3");
  }
}

TEST(NoticeSafety, a_message_that_arrives_after_a_newer_one_is_put_right_within_seconds) {
  Calm site;
  auto& api = site.bridge().api;
  api.faults["show"].push_back({ErrorKind::timed_out, "no answer within 10 s"});
  site.bridge().join("call-1", "leg-2", "x@staff.example");
  site.post();
  site.wait(500ms);
  ASSERT_EQ(site.shown("call-1"), "Level 2");
  site.bridge().join("call-1", "leg-3", "mallory@evil.example");
  site.post();
  site.wait(500ms);
  ASSERT_EQ(site.shown("call-1"), "Level 3");
  api.running.at(CallId("call-1")).message.text = "Level 2";  // the first request, carried out late
  site.wait(11s);
  EXPECT_EQ(site.shown("call-1"), "Level 3");
}

}  // namespace
}  // namespace wardroom::security_notices::test
