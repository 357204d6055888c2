// What answers of the API may and may not change; doubt; conferences over several bridges.
#include "features/security_notices/ledger_site.hpp"

namespace wardroom::security_notices::test {
namespace {

TEST(LedgerAnswers, a_bridge_is_known_by_its_reading_alone) {
  LedgerSite site;
  site.ledger.doubt(0, "not read yet");
  auto const begun = site.ledger.tick();
  auto const changes = site.ledger.take_bridge(
      0, begun,
      {site.reading("a", "conf",
                    {site.listed("1", "x@acme.example"), site.listed("2", "x@evil.org")})});
  EXPECT_EQ(site.level(), 3);
  EXPECT_FALSE(site.in_doubt());
  EXPECT_EQ(changes.joined.size(), 2U);
  EXPECT_EQ(changes.new_calls.size(), 1U);
  EXPECT_EQ(site.ledger.doubt_of(0), "");
}

TEST(LedgerAnswers, what_is_not_listed_goes_unless_it_was_heard_of_since) {
  LedgerSite site;
  site.call(0, "a", "one");
  site.join(0, "1", "a", "x@evil.org");
  site.call(0, "b", "two");
  site.join(0, "2", "b", "x@evil.org");
  auto const begun = site.ledger.tick();
  site.join(0, "3", "a", "x@staff.example");
  site.call(0, "c", "three");
  auto const changes = site.ledger.take_bridge(0, begun, {site.reading("a", "one", {})});
  EXPECT_EQ(site.level("one"), 2) << "leg 3 came after the question";
  EXPECT_FALSE(site.ledger.knows(site.id("two")));
  EXPECT_TRUE(site.ledger.knows(site.id("three")));
  EXPECT_EQ(changes.left.size(), 2U);
  EXPECT_EQ(changes.gone_calls.size(), 1U);
}

TEST(LedgerAnswers, an_older_answer_does_not_revive_what_ended) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "x@evil.org");
  site.join(0, "2", "a", "x@evil.org");
  auto const begun = site.ledger.tick();
  site.leave(0, "1");
  site.ledger.take_call(
      {0, CallId("a")}, begun,
      site.reading("a", "conf", {site.listed("1", "x@evil.org"), site.listed("2", "x@evil.org")}));
  EXPECT_EQ(site.evidence().participants, 1U);
  site.end(0, "a");
  site.ledger.take_bridge(0, begun, {site.reading("a", "conf", {site.listed("2", "x@evil.org")})});
  EXPECT_EQ(site.ledger.size(), 0U);
}

// The record of the move was lost; that of the end of the call it left came while the bridge was
// read.
TEST(LedgerAnswers, B1_the_end_of_a_call_takes_nobody_out_of_another) {
  LedgerSite site;
  site.call(0, "a", "left");
  site.join(0, "1", "a", "x@evil.org");
  site.next[0] += 2;  // to "b", which began
  site.ledger.doubt(0, "two records were lost");
  auto const begun = site.ledger.tick();
  site.end(0, "a");
  site.ledger.take_bridge(0, begun, {site.reading("b", "conf", {site.listed("1", "x@evil.org")})});
  EXPECT_EQ(site.level(), 3);
  EXPECT_FALSE(site.ledger.knows(LedgerSite::id("left")));
}

// The record of the move was lost; one that says nothing of the call came while the bridge was
// read.
TEST(LedgerAnswers, B1_a_record_that_names_no_call_does_not_make_the_old_one_newer) {
  LedgerSite site;
  site.call(0, "a", "left");
  site.join(0, "1", "a", "x@evil.org");
  site.join(0, "2", "a", "bob@staff.example");
  site.next[0] += 2;  // "1" moved to "b", which began
  site.ledger.doubt(0, "two records were lost");
  auto const begun = site.ledger.tick();
  site.tell(0, LedgerSite::leg_update("1"));
  site.ledger.take_bridge(0, begun,
                          {site.reading("a", "left", {site.listed("2", "bob@staff.example")}),
                           site.reading("b", "conf", {site.listed("1", "x@evil.org")})});
  EXPECT_EQ(site.level(), 3);
  EXPECT_EQ(site.level("left"), 2);
}

TEST(LedgerAnswers, B1_a_record_that_names_no_address_does_not_make_the_old_one_newer) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "bob@staff.example");
  ++site.next[0];  // the address was another from then on
  site.ledger.doubt(0, "a record was lost");
  auto const begun = site.ledger.tick();
  site.tell(0, LedgerSite::leg_update("1", "a"));
  auto facts = site.listed("1", "bob@staff.example");
  facts.remote_party = "x@evil.org";  // originalRemoteParty is the first
  site.ledger.take_bridge(0, begun, {site.reading("a", "conf", {facts})});
  EXPECT_EQ(site.level(), 3);
}

TEST(LedgerAnswers, what_an_answer_removed_comes_back_by_a_newer_record_or_a_newer_answer) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "x@evil.org");
  auto begun = site.ledger.tick();
  site.ledger.take_call({0, CallId("a")}, begun, site.reading("a", "conf", {}));
  EXPECT_EQ(site.level(), 0);
  site.tell(0, site.leg_update("1", "a", "x@evil.org"));
  EXPECT_EQ(site.level(), 3);
  begun = site.ledger.tick();
  site.ledger.take_leg_ended({0, LegId("1")}, begun);
  EXPECT_EQ(site.level(), 0);
  begun = site.ledger.tick();
  site.ledger.take_call({0, CallId("a")}, begun,
                        site.reading("a", "conf", {site.listed("1", "x@evil.org")}));
  EXPECT_EQ(site.level(), 3);
}

TEST(LedgerAnswers, a_call_or_leg_heard_of_since_the_question_is_not_over) {
  LedgerSite site;
  site.call(0, "a");
  auto const begun = site.ledger.tick();
  site.join(0, "1", "a", "x@evil.org");
  EXPECT_TRUE(site.ledger.take_ended({0, CallId("a")}, begun).empty());
  EXPECT_TRUE(site.ledger.take_leg_ended({0, LegId("1")}, begun).empty());
  EXPECT_EQ(site.level(), 3);
  EXPECT_EQ(site.ledger.take_ended({0, CallId("a")}, site.ledger.tick()).left.size(), 1U);
  EXPECT_EQ(site.ledger.size(), 0U);
}

TEST(LedgerAnswers, lacking_facts_do_not_weaken_what_records_told) {
  LedgerSite site;
  site.call(0, "a");
  auto guest = site.leg_start("1", "a", "x@acme.example");
  guest.leg.guest = true;
  site.tell(0, guest);
  site.tell(0, site.leg_update("2", "a", "x@evil.org"));
  site.ledger.take_call({0, CallId("a")}, site.ledger.tick(),
                        site.reading("a", "", {{.id = LegId("1")}, {.id = LegId("2")}}));
  EXPECT_EQ(site.leg(0, "1")->classified.level, SecurityLevel::external);
  EXPECT_EQ(site.leg(0, "2")->classified.level, SecurityLevel::external);
  EXPECT_EQ(site.level(), 3);
  auto mild = site.listed("1", "x@acme.example");
  mild.guest = false;
  site.ledger.take_leg({0, LegId("1")}, site.ledger.tick(), mild);
  EXPECT_EQ(site.leg(0, "1")->classified.level, SecurityLevel::external);
}

TEST(LedgerAnswers, an_answer_older_than_the_last_record_only_fills) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "x@acme.example");
  auto const begun = site.ledger.tick();
  site.tell(0, site.leg_update("1", "a", "x@evil.org"));
  auto facts = site.listed("1", "x@acme.example");
  facts.original_remote_party = "y@staff.example";
  facts.group_id = "g";
  site.ledger.take_leg({0, LegId("1")}, begun, facts);
  EXPECT_EQ(site.level(), 3);
  EXPECT_EQ(site.leg(0, "1")->facts.group_id, "g");
}

TEST(LedgerAnswers, an_address_that_records_never_told_is_believed_when_it_differs_from_the_first) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "x@acme.example");
  auto facts = site.listed("1", "x@evil.org");
  facts.original_remote_party = "x@acme.example";
  site.ledger.take_leg({0, LegId("1")}, site.ledger.tick(), facts);
  EXPECT_EQ(site.level(), 3) << "the record of the change was lost";
  site.tell(0, site.leg_update("1", "a", "x@staff.example"));
  EXPECT_EQ(site.level(), 2);
}

TEST(LedgerAnswers, the_first_address_told_again_does_not_lower) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "x@acme.example");
  site.tell(0, site.leg_update("1", "a", "x@evil.org"));
  site.ledger.take_leg({0, LegId("1")}, site.ledger.tick(), site.listed("1", "x@acme.example"));
  EXPECT_EQ(site.level(), 3);
  site.join(0, "2", "a", "x@evil.org");
  site.tell(0, site.leg_update("2", "a", "x@acme.example"));
  site.leave(0, "1");
  EXPECT_EQ(site.level(), 1);
  site.ledger.take_leg({0, LegId("2")}, site.ledger.tick(), site.listed("2", "x@evil.org"));
  EXPECT_EQ(site.level(), 3) << "nobody knows which is newer";
  site.tell(0, site.leg_update("2", "a", "x@acme.example"));
  EXPECT_EQ(site.level(), 1) << "now it is known";
}

TEST(LedgerAnswers, a_leg_known_by_an_update_is_external_and_asked_about) {
  LedgerSite site;
  site.call(0, "a");
  auto update = site.leg_update("1", "a", "x@acme.example");
  update.leg.sip_call_id = "s";
  site.tell(0, update);
  EXPECT_EQ(site.level(), 3);
  EXPECT_FALSE(site.in_doubt());
  auto const questions = site.ledger.questions(0);
  ASSERT_EQ(questions.size(), 1U);
  EXPECT_EQ(questions[0].leg.id, LegId("1"));
  EXPECT_EQ(questions[0].call.id, CallId("a"));
  site.ledger.take_leg({0, LegId("1")}, site.ledger.tick(), site.listed("1", "x@acme.example"));
  EXPECT_EQ(site.level(), 1);
  EXPECT_TRUE(site.leg(0, "1")->asked);
  EXPECT_TRUE(site.questions(0).empty());
}

TEST(LedgerAnswers, a_leg_whose_records_lack_kind_or_address_is_asked_about_once) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "");
  auto start = site.leg_start("2", "a", "x@acme.example");
  start.leg.type.reset();
  site.tell(0, start);
  EXPECT_EQ(site.questions(0), (std::vector(2, Question::Kind::leg)));
  EXPECT_EQ(site.level(), 3);
  EXPECT_FALSE(site.in_doubt());
  site.ledger.take_leg({0, LegId("1")}, site.ledger.tick(), site.listed("1", "x@staff.example"));
  site.ledger.take_leg({0, LegId("2")}, site.ledger.tick(), site.listed("2", "x@acme.example"));
  EXPECT_EQ(site.level(), 2);
  EXPECT_TRUE(site.questions(0).empty());
}

TEST(LedgerAnswers, an_older_answer_does_not_revive_a_leg_that_left_for_the_ivr_and_ended) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "x@evil.org");
  auto const begun = site.ledger.tick();
  auto update = site.leg_update("1");
  update.leg.in_ivr = true;
  site.tell(0, update);
  site.leave(0, "1");
  site.ledger.take_call({0, CallId("a")}, begun,
                        site.reading("a", "conf", {site.listed("1", "x@evil.org")}));
  EXPECT_EQ(site.level(), 0);
}

TEST(LedgerAnswers, a_leg_that_may_be_in_any_call_is_doubt_until_it_is_known) {
  LedgerSite site;
  site.call(0, "a");
  site.tell(0, site.leg_update("1"));
  EXPECT_TRUE(site.in_doubt());
  EXPECT_EQ(site.last.conferences, (std::vector{site.id()}));
  EXPECT_EQ(site.questions(0), (std::vector{Question::Kind::leg}));
  auto facts = site.listed("1", "x@staff.example");
  facts.call = CallId("a");
  site.ledger.take_leg({0, LegId("1")}, site.ledger.tick(), facts);
  EXPECT_FALSE(site.in_doubt());
  EXPECT_EQ(site.level(), 2);

  site.tell(0, site.leg_update("2"));
  EXPECT_TRUE(site.in_doubt());
  auto const begun = site.ledger.tick();
  site.ledger.take_bridge(0, begun,
                          {site.reading("a", "conf", {site.listed("1", "x@staff.example")})});
  EXPECT_FALSE(site.in_doubt()) << "whoever is in no call that runs is in none";
  EXPECT_EQ(site.leg(0, "2"), nullptr);
}

TEST(LedgerAnswers, a_call_without_a_correlator_puts_its_bridge_in_doubt_until_it_is_asked) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "b", "x@acme.example");
  EXPECT_TRUE(site.in_doubt());
  EXPECT_EQ(site.questions(0), (std::vector{Question::Kind::call}));
  auto const provisional = site.ledger.conference_of({0, CallId("b")});
  EXPECT_EQ(provisional, site.id("0~b"));
  auto const changes =
      site.ledger.take_call({0, CallId("b")}, site.ledger.tick(),
                            site.reading("b", "conf", {site.listed("1", "x@acme.example")}));
  EXPECT_EQ(changes.renamed.size(), 1U);
  EXPECT_EQ(changes.renamed[0], std::pair(site.id("0~b"), site.id("conf")));
  EXPECT_FALSE(site.in_doubt());
  EXPECT_EQ(site.level(), 1);
  EXPECT_EQ(site.ledger.size(), 1U);

  site.join(0, "2", "c", "x@acme.example");
  site.call(0, "c", "other");
  EXPECT_EQ(site.last.renamed[0], std::pair(site.id("0~c"), site.id("other")));
  EXPECT_EQ(site.level("other"), 1);
  EXPECT_FALSE(site.in_doubt());

  site.call(0, "d", "");
  EXPECT_TRUE(site.in_doubt());
  site.ledger.take_call({0, CallId("d")}, site.ledger.tick(), site.reading("d", "", {}));
  EXPECT_FALSE(site.in_doubt()) << "the API says that there is none";
  EXPECT_TRUE(site.questions(0).empty());
}

TEST(LedgerAnswers, answers_of_the_last_session_are_not_taken) {
  LedgerSite site;
  site.call(0, "a");
  auto const begun = site.ledger.tick();
  site.ledger.new_session(0);
  site.ledger.doubt(0, "restarted");
  site.ledger.take_bridge(0, begun, {site.reading("z", "old", {site.listed("9", "x@evil.org")})});
  EXPECT_EQ(site.ledger.size(), 0U);
  EXPECT_EQ(site.ledger.doubt_of(0), "restarted");
}

TEST(LedgerDoubt, lasts_until_a_reading_begun_later) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "x@acme.example");
  auto const begun = site.ledger.tick();
  auto const changes = site.ledger.doubt(0, "3 records were lost");
  EXPECT_EQ(changes.conferences, (std::vector{site.id()}));
  EXPECT_EQ(site.evidence().doubt, "cms1: 3 records were lost");
  EXPECT_EQ(site.level(), 1);
  EXPECT_GT(site.evidence().heard, begun) << "a reading begun before proves nothing";
  site.ledger.take_bridge(0, begun,
                          {site.reading("a", "conf", {site.listed("1", "x@acme.example")})});
  EXPECT_TRUE(site.in_doubt());
  auto const after = site.ledger.take_bridge(
      0, site.ledger.tick(), {site.reading("a", "conf", {site.listed("1", "x@acme.example")})});
  EXPECT_FALSE(site.in_doubt());
  EXPECT_EQ(after.conferences, (std::vector{site.id()}));
}

TEST(LedgerDoubt, concerns_the_cluster_until_the_conference_was_read_completely) {
  LedgerSite site;
  site.call(0, "a");
  site.ledger.set_cluster(2, false);
  site.call(2, "z", "alone");
  auto const changes = site.ledger.doubt(1, "lost");
  EXPECT_EQ(changes.conferences, (std::vector{site.id()}));
  EXPECT_TRUE(site.in_doubt());
  EXPECT_FALSE(site.in_doubt("alone"));
  auto const begun = site.ledger.tick();
  site.ledger.take_call({0, CallId("a")}, begun, site.reading("a", "conf", {}, 1));
  site.ledger.take_complete(site.id(), begun);
  EXPECT_TRUE(site.in_doubt()) << "an instance runs where nobody looked";
  EXPECT_EQ(site.ledger.unseen_instances(site.id()), 1U);
  site.ledger.take_call({0, CallId("a")}, begun, site.reading("a", "conf", {}, 0));
  site.ledger.take_complete(site.id(), begun);
  EXPECT_FALSE(site.in_doubt());
  auto const again = site.ledger.doubt(1, "lost again");
  EXPECT_TRUE(site.in_doubt()) << "doubt that is younger than the reading";
  EXPECT_EQ(again.conferences, (std::vector{site.id()}));
  site.ledger.set_cluster(1, false);
  EXPECT_FALSE(site.in_doubt());
}

TEST(LedgerDoubt, that_is_renewed_by_another_unknown_call_is_told_anew) {
  LedgerSite site;
  site.call(0, "a");
  site.join(1, "1", "b", "x@evil.org");
  EXPECT_TRUE(site.in_doubt());
  site.ledger.take_complete(site.id(), site.ledger.tick());
  EXPECT_FALSE(site.in_doubt());
  site.join(1, "2", "c", "x@evil.org");
  EXPECT_TRUE(site.in_doubt());
  EXPECT_NE(std::ranges::find(site.last.conferences, site.id()), site.last.conferences.end());
}

TEST(LedgerCluster, one_conference_runs_on_several_bridges) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "alice@acme.example");
  site.join(1, "1", "b", "mallory@evil.org");  // before the callStart of its bridge
  site.call(1, "b");
  EXPECT_EQ(site.level(), 3);
  EXPECT_EQ(site.ledger.calls(site.id()).size(), 2U);
  EXPECT_EQ(site.ledger.people(site.id()).size(), 2U);
  EXPECT_FALSE(site.in_doubt());
  site.ledger.take_call({0, CallId("a")}, site.ledger.tick(),
                        site.reading("a", "conf", {site.listed("1", "alice@acme.example")}, 1));
  EXPECT_EQ(site.ledger.unseen_instances(site.id()), 0U);
  site.end(1, "b");
  EXPECT_EQ(site.level(), 1);
  EXPECT_EQ(site.ledger.unseen_instances(site.id()), 0U) << "it is known that it ended";
  EXPECT_FALSE(site.in_doubt());
}

TEST(LedgerCluster, whoever_moves_between_bridges_counts_on_both_meanwhile) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "alice@staff.example");
  site.call(1, "b");
  site.join(1, "2", "b", "alice@staff.example");
  EXPECT_EQ(site.evidence().participants, 2U);
  site.leave(0, "1");
  EXPECT_EQ(site.level(), 2);
}

TEST(LedgerLinks, an_address_of_a_bridge_is_only_a_suspicion) {
  LedgerSite site;
  site.ledger.set_bridge_hosts({"cms2.example.com", "10.2.0.1"});
  site.call(0, "a");
  site.join(0, "1", "a", "ca11@CMS2.example.com");
  site.join(0, "2", "a", "10.2.0.1");
  site.join(0, "3", "a", "4711@192.0.2.1");
  site.join(0, "4", "a", "x@evil.org");
  EXPECT_EQ(site.level(), 3);
  EXPECT_EQ(site.questions(0), (std::vector(3, Question::Kind::link)));
  for (auto const* leg : {"1", "2"})
    site.ledger.take_leg({0, LegId(leg)}, site.ledger.tick(), {.id = LegId(leg)}, true);
  EXPECT_EQ(site.leg(0, "1")->machine, Machine::link);
  site.ledger.take_leg({0, LegId("3")}, site.ledger.tick(), {.id = LegId("3")}, false);
  EXPECT_TRUE(site.questions(0).empty());
  EXPECT_EQ(site.evidence().participants, 2U);
  EXPECT_FALSE(site.leg(0, "3")->maybe_link);
}

TEST(LedgerLinks, a_subtype_of_the_api_is_proof) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "ca11@10.2.0.1");
  auto facts = site.listed("1", "ca11@10.2.0.1");
  facts.sub_type = "distributionLink";
  site.ledger.take_leg({0, LegId("1")}, site.ledger.tick(), facts);
  EXPECT_EQ(site.level(), 0);
  EXPECT_EQ(site.leg(0, "1")->machine, Machine::link);
}

TEST(LedgerLinks, a_new_address_is_suspected_and_asked_anew) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "ca11@10.2.0.1");
  auto const begun = site.ledger.tick();
  site.ledger.take_leg({0, LegId("1")}, begun, {.id = LegId("1")}, true);
  EXPECT_EQ(site.level(), 0);
  site.tell(0, site.leg_update("1", "a", "mallory@evil.org"));
  EXPECT_EQ(site.level(), 3) << "it is not the link it was";
  site.ledger.take_leg({0, LegId("1")}, begun, {.id = LegId("1")}, true);
  EXPECT_EQ(site.level(), 3) << "found out about the old address";
  EXPECT_EQ(site.questions(0), (std::vector{Question::Kind::link}))
      << "remoteParty is still that of a bridge";
}

TEST(LedgerLinks, are_not_suspected_where_there_is_no_cluster) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "4711@10.20.0.5");
  EXPECT_EQ(site.questions(0).size(), 1U);
  site.ledger.set_cluster(0, false);
  EXPECT_TRUE(site.questions(0).empty());
  EXPECT_EQ(site.level(), 3);
  site.ledger.set_cluster(0, true);
  EXPECT_EQ(site.questions(0).size(), 1U);
}

TEST(LedgerRules, new_lists_classify_everybody_anew) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "x@acme.example");
  auto const changes = site.ledger.set_rules({{}, *DomainList::make({"acme.example"})});
  EXPECT_EQ(site.level(), 2);
  EXPECT_EQ(changes.joined.size(), 1U);
  EXPECT_EQ(changes.conferences.size(), 1U);
  EXPECT_TRUE(site.ledger.set_rules({{}, *DomainList::make({"acme.example"})}).empty());
}

TEST(LedgerAnswers, a_reading_that_changes_nothing_tells_nothing) {
  LedgerSite site;
  site.call(0, "a");
  site.join(0, "1", "a", "x@acme.example");
  auto const heard = site.evidence().heard;
  auto const reading = site.reading("a", "conf", {site.listed("1", "x@acme.example")});
  site.ledger.take_call({0, CallId("a")}, site.ledger.tick(), reading);
  auto const changes = site.ledger.take_call({0, CallId("a")}, site.ledger.tick(), reading);
  EXPECT_TRUE(changes.empty());
  EXPECT_EQ(site.evidence().heard, heard) << "or no reading could ever prove anything";
}

}  // namespace
}  // namespace wardroom::security_notices::test
