// What records alone tell: joins, moves, ends, machines, kinds, and what comes late or twice.
#include "features/security_notices/ledger_site.hpp"

namespace wardroom::security_notices::test {
namespace {

TEST(LedgerRecords, the_least_trusted_participant_decides) {
  LedgerSite site;
  site.call(0, "a");
  EXPECT_EQ(site.last.new_calls, (std::vector<CallKey>{{0, CallId("a")}}));
  EXPECT_EQ(site.level(), 0);
  EXPECT_EQ(site.evidence().cause, "nobody is in it");
  site.join(0, "1", "a", "x@acme.example");
  EXPECT_EQ(site.level(), 1);
  site.join(0, "2", "a", "x@staff.example");
  EXPECT_EQ(site.level(), 2);
  site.join(0, "12345678-1", "a", "name@partner.example.net");
  EXPECT_EQ(site.level(), 3);
  EXPECT_EQ(site.evidence().cause, "leg 12345678… (sip, partner.example.net)");
  EXPECT_EQ(site.evidence().participants, 3U);
  site.leave(0, "12345678-1");
  EXPECT_EQ(site.level(), 2);
  ASSERT_EQ(site.last.left.size(), 1U);
  EXPECT_EQ(site.last.left[0].second, "remoteTeardown");
  EXPECT_EQ(site.last.left[0].first.classified.domain, "partner.example.net");
  site.leave(0, "2");
  EXPECT_EQ(site.level(), 1);
  site.leave(0, "1");
  EXPECT_EQ(site.level(), 0);
  EXPECT_TRUE(site.ledger.knows(site.id()));
  site.end(0, "a");
  EXPECT_FALSE(site.ledger.knows(site.id()));
  EXPECT_EQ(site.ledger.size(), 0U);
  EXPECT_EQ(site.ledger.legs(), 0U);
}

TEST(LedgerRecords, a_sip_leg_gets_its_call_by_an_update_and_counts_from_then_on) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "", "x@evil.org");
  EXPECT_TRUE(site.last.empty());
  EXPECT_EQ(site.level(), 0);
  EXPECT_TRUE(site.questions(0).empty()) << "nobody is asked about legs without a call";
  site.tell(0, site.leg_update("1", "a"));
  EXPECT_EQ(site.level(), 3);
  ASSERT_EQ(site.last.joined.size(), 1U);
  EXPECT_TRUE(site.last.joined[0].counts());
  EXPECT_TRUE(site.questions(0).empty());
}

TEST(LedgerRecords, an_update_without_state_or_call_changes_neither) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "x@evil.org");
  auto update = site.leg_update("1", "a");
  update.leg.connected = true;
  site.tell(0, update);
  site.tell(0, site.leg_update("1"));
  EXPECT_EQ(site.level(), 3);
  EXPECT_TRUE(site.leg(0, "1")->connected);
  EXPECT_EQ(site.leg(0, "1")->facts.connected, true);
}

TEST(LedgerRecords, an_ivr_takes_a_leg_out_of_its_call) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "x@evil.org");
  auto update = site.leg_update("1");
  update.leg.in_ivr = true;
  site.tell(0, update);
  EXPECT_EQ(site.level(), 0);
  EXPECT_EQ(site.last.left.size(), 1U);
  EXPECT_FALSE(site.in_doubt());
  site.tell(0, site.leg_update("1", "a", "x@staff.example"));
  EXPECT_EQ(site.level(), 2) << "the address is corrected by the update";
}

TEST(LedgerRecords, a_changed_call_moves_the_leg_and_changes_both_conferences) {
  LedgerSite site;
  site.call(0, "a", "one");
  site.call(0, "b", "two");
  site.join(0, "1", "a", "x@evil.org");
  site.tell(0, site.leg_update("1", "b"));
  EXPECT_EQ(site.level("one"), 0);
  EXPECT_EQ(site.level("two"), 3);
  EXPECT_EQ(site.last.conferences.size(), 2U);
  ASSERT_EQ(site.last.left.size(), 1U);
  EXPECT_EQ(site.last.left[0].first.facts.call, CallId("a"));
  ASSERT_EQ(site.last.joined.size(), 1U);
  EXPECT_EQ(site.last.joined[0].facts.call, CallId("b"));
}

TEST(LedgerRecords, lobby_and_ringing_legs_count) {
  LedgerSite site;
  site.call(0, "a");
  auto start = site.leg_start("1", "a", "x@evil.org");
  start.leg.direction = "outgoing";
  site.tell(0, start);
  EXPECT_EQ(site.level(), 3);
  site.leave(0, "1");
  auto guest = site.leg_start("2", "a", "guest1@acme.example");
  guest.leg.guest = true;
  guest.leg.deactivated = true;
  site.tell(0, guest);
  EXPECT_EQ(site.level(), 3);
  EXPECT_TRUE(site.leg(0, "2")->in_lobby());
}

TEST(LedgerRecords, web_and_app_legs_are_external_whatever_their_address) {
  for (auto const* kind : {"type", "sub_type", "guest", "jid"}) {
    LedgerSite site;
    site.call(0, "a");
    auto start = site.leg_start("1", "a", "boss@acme.example");
    if (kind == std::string("type")) start.leg.type = "acano";
    if (kind == std::string("sub_type")) start.leg.sub_type = "webApp";
    if (kind == std::string("guest")) start.leg.guest = true;
    if (kind == std::string("jid")) start.leg.user_jid = "boss@acme.example";
    site.tell(0, start);
    site.tell(0, site.leg_update("1", "a", "boss@acme.example"));
    EXPECT_EQ(site.level(), 3) << kind;
  }
}

TEST(LedgerRecords, a_new_address_makes_a_new_class_and_the_old_one_is_gone) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "x@evil.org");
  site.tell(0, site.leg_update("1", "a", "x@acme.example"));
  EXPECT_EQ(site.level(), 1);
  EXPECT_EQ(site.last.joined.size(), 1U) << "told again, as its class is another";
  site.tell(0, site.leg_update("1", "a", "x@staff.example"));
  EXPECT_EQ(site.level(), 2);
  site.tell(0, site.leg_update("1", "a"));
  EXPECT_EQ(site.level(), 2) << "an update without an address keeps it";
  EXPECT_EQ(site.evidence().participants, 1U);
}

TEST(LedgerRecords, a_leg_without_an_address_is_external_until_it_has_one) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "");
  EXPECT_EQ(site.level(), 3);
  EXPECT_EQ(site.leg(0, "1")->classified.why, "no address yet");
  site.tell(0, site.leg_update("1", "a", "x@acme.example"));
  EXPECT_EQ(site.level(), 1);
}

TEST(LedgerRecords, machines_and_links_do_not_count) {
  LedgerSite site;
  site.call(0, "a");
  auto start = site.leg_start("r", "a", "");
  start.leg.type = "acano";
  start.leg.recording = true;
  site.tell(0, start);
  start = site.leg_start("s", "a", "streamer@sip.example");
  start.leg.streaming = true;
  site.tell(0, start);
  for (auto const* type : {"distributionLink", "lyncdistribution", "lyncDistribution"}) {
    start = site.leg_start(type, "a", "ca11@evil.org");
    start.leg.sub_type = type;
    site.tell(0, start);
    EXPECT_EQ(site.leg(0, type)->machine, Machine::link);
  }
  EXPECT_EQ(site.level(), 0);
  EXPECT_EQ(site.evidence().participants, 0U);
  EXPECT_EQ(site.ledger.people(site.id()).size(), 5U);
  EXPECT_EQ(site.leg(0, "r")->machine, Machine::recorder);
  EXPECT_EQ(site.leg(0, "s")->machine, Machine::streamer);
}

TEST(LedgerRecords, a_recording_names_its_leg_before_or_after_the_legs_own_start) {
  CallRecord machine{.kind = RecordKind::machine_start,
                     .leg = {.id = LegId("r"), .call = CallId("a")}};
  LedgerSite after;
  after.call(0, "a");
  after.join(0, "r", "a", "recorder@evil.org");
  EXPECT_EQ(after.level(), 3);
  after.tell(0, machine);
  EXPECT_EQ(after.level(), 0);
  EXPECT_EQ(after.last.joined.size(), 1U);

  LedgerSite before;
  before.call(0, "a");
  machine.is_streamer = true;
  before.tell(0, machine);
  EXPECT_FALSE(before.in_doubt());
  EXPECT_TRUE(before.questions(0).empty());
  before.join(0, "r", "a", "recorder@evil.org");
  EXPECT_EQ(before.level(), 0);
  EXPECT_EQ(before.leg(0, "r")->machine, Machine::streamer);
}

TEST(LedgerRecords, a_lync_conference_behind_a_leg_is_external) {
  LedgerSite site;
  site.join(0, "1", "a", "x@acme.example");
  auto start = site.call_start("a", "conf");
  start.call.type = "lyncConferencing";
  site.tell(0, start);
  EXPECT_EQ(site.level(), 3);
}

TEST(LedgerRecords, two_lync_legs_of_one_person_are_harmless) {
  LedgerSite site;
  site.call(0, "a");
  for (auto const* leg : {"1", "2"}) {
    auto start = site.leg_start(leg, "a", "dave@staff.example");
    start.leg.sub_type = "lync";
    start.leg.group_id = "g";
    site.tell(0, start);
  }
  EXPECT_EQ(site.level(), 2);
  site.leave(0, "2");
  EXPECT_EQ(site.level(), 2);
}

TEST(LedgerRecords, the_end_of_a_call_takes_all_of_its_legs) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "x@evil.org");
  site.join(0, "2", "a", "x@evil.org");
  site.end(0, "a");
  EXPECT_EQ(site.last.left.size(), 2U);
  EXPECT_EQ(site.last.gone_calls.size(), 1U);
  EXPECT_EQ(site.ledger.legs(), 0U);
  site.tell(0, site.leg_update("1", "a"));
  site.leave(0, "1");
  site.end(0, "a");
  EXPECT_TRUE(site.last.empty());
  EXPECT_EQ(site.ledger.size(), 0U) << "nothing comes back";
}

TEST(LedgerRecords, a_late_record_fills_what_is_not_known_and_changes_nothing_else) {
  LedgerSite site;
  site.call(0, "a", "conf", 0);
  site.tell(0, site.leg_start("1", "a", "x@evil.org"), 1);
  site.tell(0, site.leg_update("1", "a", "x@staff.example"), 5);
  auto const heard = site.evidence().heard;
  auto late = site.leg_update("1", "a", "x@acme.example");
  late.leg.display_name = "Ann";
  site.tell(0, late, 4);
  EXPECT_EQ(site.level(), 2);
  EXPECT_EQ(site.leg(0, "1")->facts.display_name, "Ann");
  EXPECT_GT(site.evidence().heard, heard);
  site.tell(0, late, 4);
  EXPECT_TRUE(site.last.empty()) << "a duplicate changes nothing";
}

TEST(LedgerRecords, a_late_start_tells_what_updates_do_not) {
  LedgerSite site;
  site.call(0, "a", "conf", 0);
  site.tell(0, site.leg_update("1", "a", "x@acme.example"), 5);
  EXPECT_EQ(site.level(), 3) << "it may be a guest";
  EXPECT_EQ(site.questions(0), (std::vector{Question::Kind::leg}));
  site.tell(0, site.leg_start("1", "", "x@evil.org"), 4);
  EXPECT_EQ(site.level(), 1);
  EXPECT_TRUE(site.questions(0).empty());

  auto guest = site.leg_start("2", "a", "");
  guest.leg.guest = true;
  site.tell(0, site.leg_update("2", "a", "x@acme.example"), 7);
  site.tell(0, guest, 6);
  EXPECT_EQ(site.level(), 3);
}

TEST(LedgerRecords, a_late_record_does_not_revive_what_ended) {
  LedgerSite site;
  site.call(0, "a", "conf", 0);
  site.tell(0, site.leg_end("1"), 9);
  site.tell(0, site.leg_start("1", "a", "x@evil.org"), 4);
  site.tell(0, site.leg_update("1", "a", "x@evil.org"), 5);
  EXPECT_EQ(site.level(), 0);
  site.end(0, "a");
  site.call(0, "a", "conf", 1);
  site.tell(0, site.leg_start("2", "a", "x@evil.org"), 2);
  EXPECT_EQ(site.ledger.size(), 0U);
  EXPECT_EQ(site.ledger.legs(), 0U);
}

TEST(LedgerRecords, whoever_moved_on_before_a_call_ended_is_found_by_the_late_record) {
  LedgerSite site;
  site.call(0, "a", "one", 0);
  site.call(0, "b", "two", 1);
  site.tell(0, site.leg_start("1", "a", "x@evil.org"), 2);
  site.tell(0, {.kind = RecordKind::call_end, .call = {.id = CallId("a")}}, 5);
  EXPECT_EQ(site.level("two"), 0);
  site.tell(0, site.leg_update("1", "b", "x@evil.org"), 4);  // late
  EXPECT_EQ(site.level("two"), 3);
}

TEST(LedgerRecords, a_new_session_ends_everything_of_that_bridge_alone) {
  LedgerSite site;
  site.call(0, "a", "one");
  site.join(0, "1", "a", "x@evil.org");
  site.join(0, "2", "", "x@evil.org");
  site.call(1, "a", "two");
  site.join(1, "1", "a", "x@evil.org");
  auto const changes = site.ledger.new_session(0);
  EXPECT_EQ(changes.left.size(), 1U);
  EXPECT_EQ(changes.gone_calls, (std::vector<CallKey>{{0, CallId("a")}}));
  EXPECT_EQ(site.ledger.size(), 1U);
  EXPECT_EQ(site.leg(0, "2"), nullptr);
  EXPECT_EQ(site.level("two"), 3) << "ids of two bridges may be the same";
  site.next[0] = 0;
  site.call(0, "b", "one");
  site.join(0, "3", "b", "x@acme.example");
  EXPECT_EQ(site.level("one"), 1);
}

TEST(LedgerRecords, unknown_and_broken_records_do_nothing) {
  LedgerSite site;
  site.tell(0, {.kind = RecordKind::unknown, .type = "callParty"});
  EXPECT_TRUE(site.last.empty());
  auto broken = site.leg_start("", "a", "x@evil.org");
  broken.broken = true;
  site.tell(0, broken);
  EXPECT_TRUE(site.last.empty());
  EXPECT_EQ(site.ledger.size(), 0U);
}

TEST(LedgerRecords, legs_without_a_call_are_bounded_and_nobody_is_asked_about_them) {
  LedgerSite site;
  for (int i = 0; i < 30'000; ++i) site.join(0, "s" + std::to_string(i), "", "100@203.0.113.9");
  EXPECT_EQ(site.ledger.legs(), 0U);
  EXPECT_TRUE(site.questions(0).empty());
  EXPECT_EQ(site.leg(0, "s0"), nullptr);
  EXPECT_EQ(site.leg(0, "s19999"), nullptr);
  EXPECT_NE(site.leg(0, "s20000"), nullptr);
  site.call(0, "a");
  site.tell(0, site.leg_update("s0", "a", "100@203.0.113.9"));
  EXPECT_EQ(site.level(), 3) << "one that was forgotten and gets into a call counts";
  EXPECT_FALSE(site.in_doubt());
}

TEST(LedgerRecords, changes_come_together_in_their_order) {
  LedgerSite site;
  Changes all;
  all.add(site.call(0, "a"));
  all.add(site.join(0, "1", "a", "x@evil.org"));
  all.add(site.join(0, "2", "a", "x@evil.org"));
  all.add(site.leave(0, "1"));
  EXPECT_EQ(all.conferences.size(), 1U);
  ASSERT_EQ(all.joined.size(), 1U);
  EXPECT_EQ(all.joined[0].key.id, LegId("2"));
  EXPECT_EQ(all.left.size(), 1U);
}

}  // namespace
}  // namespace wardroom::security_notices::test
