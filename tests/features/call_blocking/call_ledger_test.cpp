/// The ledger: order, duplicates, endings, snapshots, bounds.
#include "features/call_blocking/call_ledger.hpp"

#include <gtest/gtest.h>

namespace wardroom::call_blocking {
namespace {

using std::chrono::seconds;

XsiUserId const kAnn("ann@12345678.us10.example.net");
XsiUserId const kBen("ben@12345678.us10.example.net");

CallLeg leg(std::string id, CallState state) {
  CallLeg out;
  out.id = CallId(std::move(id));
  out.state = state;
  out.remote_address = "+14085550123";
  return out;
}

struct Bench {
  CallLedger ledger;
  Uptime now = Uptime(seconds(1000));
  std::vector<Folded> tell(CallEventKind kind, CallLeg l, std::int64_t sequence = 0,
                           XsiUserId const& who = kAnn) {
    CallEvent event;
    event.kind = kind;
    event.target = who;
    event.subscription = "s1";
    event.sequence = sequence;
    event.arrived = now;
    event.legs = {std::move(l)};
    return ledger.apply(event, now);
  }
};

TEST(CallLedger, opens_updates_and_closes_a_call) {
  Bench b;
  EXPECT_EQ(b.tell(CallEventKind::received, leg("c1", CallState::alerting)).at(0).change,
            Change::opened);
  EXPECT_EQ(b.tell(CallEventKind::answered, leg("c1", CallState::active)).at(0).change,
            Change::updated);
  EXPECT_EQ(b.ledger.calls_of(kAnn).size(), 1u);
  auto const ended = b.tell(CallEventKind::released, leg("c1", CallState::released));
  EXPECT_EQ(ended.at(0).change, Change::closed);
  EXPECT_FALSE(ended.at(0).call->open);
  EXPECT_EQ(b.ledger.size(), 0u);
  EXPECT_TRUE(b.ledger.calls_of(kAnn).empty());
}

TEST(CallLedger, keeps_calls_of_people_and_calls_of_one_person_apart) {
  Bench b;
  b.tell(CallEventKind::received, leg("c1", CallState::alerting));
  b.tell(CallEventKind::originated, leg("c2", CallState::alerting));
  b.tell(CallEventKind::originated, leg("c1", CallState::alerting), 0, kBen);
  EXPECT_EQ(b.ledger.size(), 3u);
  b.tell(CallEventKind::released, leg("c1", CallState::released));
  EXPECT_EQ(b.ledger.calls_of(kAnn).at(0)->leg.id.text(), "c2");
  EXPECT_EQ(b.ledger.calls_of(kBen).size(), 1u);
}

TEST(CallLedger, ignores_what_comes_after_the_release_for_a_minute) {
  Bench b;
  b.tell(CallEventKind::received, leg("c1", CallState::alerting));
  b.tell(CallEventKind::released, leg("c1", CallState::released));
  b.now += seconds(59);
  EXPECT_TRUE(b.tell(CallEventKind::answered, leg("c1", CallState::active)).empty());
  b.now += seconds(2);
  EXPECT_EQ(b.tell(CallEventKind::received, leg("c1", CallState::alerting)).size(), 1u);
}

TEST(CallLedger, ignores_a_beginning_that_comes_after_its_end) {
  Bench b;
  EXPECT_TRUE(b.tell(CallEventKind::released, leg("c1", CallState::released)).empty());
  EXPECT_TRUE(b.tell(CallEventKind::received, leg("c1", CallState::alerting)).empty());
  EXPECT_EQ(b.ledger.size(), 0u);
}

TEST(CallLedger, believes_the_later_sequence_and_ignores_duplicates) {
  Bench b;
  b.tell(CallEventKind::answered, leg("c1", CallState::active), 8);
  EXPECT_TRUE(b.tell(CallEventKind::received, leg("c1", CallState::alerting), 7).empty());
  EXPECT_TRUE(b.tell(CallEventKind::answered, leg("c1", CallState::active), 8).empty());
  EXPECT_EQ(b.ledger.calls_of(kAnn).at(0)->leg.state, CallState::active);
}

TEST(CallLedger, asks_the_platform_when_an_end_is_older_than_what_is_known) {
  Bench b;
  b.tell(CallEventKind::answered, leg("c1", CallState::active), 8);
  EXPECT_TRUE(b.tell(CallEventKind::released, leg("c1", CallState::released), 6).empty());
  EXPECT_EQ(b.ledger.size(), 1u) << "it may be the end of an earlier alerting";
  auto const doubted = b.ledger.take_doubted();
  ASSERT_EQ(doubted.size(), 1u);
  EXPECT_EQ(doubted[0].target, kAnn);
  b.now += seconds(1);
  EXPECT_EQ(b.ledger.replace(kAnn, {}, b.now, b.now).at(0).change, Change::closed);
}

TEST(CallLedger, looks_again_when_an_end_comes_between_the_question_for_a_list_and_its_answer) {
  Bench b;
  b.tell(CallEventKind::received, leg("c1", CallState::alerting), 1);
  auto const asked = b.now;
  b.now += seconds(1);
  b.tell(CallEventKind::redirected, leg("c1", CallState::detached), 2);  // its recall, 3, was lost
  EXPECT_TRUE(b.ledger.replace(kAnn, {leg("c1", CallState::alerting)}, asked, b.now).empty());
  auto const doubted = b.ledger.take_doubted();
  ASSERT_EQ(doubted.size(), 1u);
  EXPECT_FALSE(doubted[0].at_once);
  b.now += seconds(2);
  auto const found = b.ledger.replace(kAnn, {leg("c1", CallState::alerting)}, b.now, b.now);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].change, Change::opened);
}

TEST(CallLedger, asks_again_when_an_event_comes_of_a_call_that_a_list_left_out) {
  Bench b;
  b.tell(CallEventKind::originating, leg("c1", CallState::alerting), 1);
  b.now += seconds(1);
  EXPECT_EQ(b.ledger.replace(kAnn, {}, b.now, b.now).at(0).change, Change::closed);
  EXPECT_TRUE(b.tell(CallEventKind::held, leg("c1", CallState::held), 2).empty()) << "late";
  EXPECT_EQ(b.ledger.take_doubted().size(), 1u);
  EXPECT_EQ(b.tell(CallEventKind::received, leg("c1", CallState::alerting), 4).at(0).change,
            Change::opened)
      << "a recall";
}

TEST(CallLedger, a_call_that_a_list_left_out_by_mistake_is_still_one_that_was_let_through) {
  Bench b;
  auto const call = b.tell(CallEventKind::received, leg("c1", CallState::active), 1).at(0).call;
  call->passed = call->callback = true;
  b.now += seconds(1);
  b.ledger.replace(kAnn, {}, b.now, b.now);
  b.now += seconds(1);
  auto const back = b.ledger.replace(kAnn, {leg("c1", CallState::active)}, b.now, b.now);
  ASSERT_EQ(back.at(0).change, Change::opened);
  EXPECT_TRUE(back[0].call->passed && back[0].call->callback);
  b.tell(CallEventKind::released, leg("c1", CallState::released), 2);
  auto const recall = b.tell(CallEventKind::received, leg("c1", CallState::alerting), 3);
  EXPECT_FALSE(recall.at(0).call->passed || recall[0].call->callback) << "another alerting";
}

TEST(CallLedger, compares_sequences_over_their_wrap) {
  EXPECT_TRUE(is_later(2, 1));
  EXPECT_FALSE(is_later(1, 2));
  EXPECT_FALSE(is_later(5, 5));
  EXPECT_TRUE(is_later(1, 2'147'483'647));
  EXPECT_FALSE(is_later(2'147'483'647, 1));
}

TEST(CallLedger, closes_legs_that_were_redirected_or_detached) {
  Bench b;
  b.tell(CallEventKind::received, leg("c1", CallState::alerting));
  EXPECT_EQ(b.tell(CallEventKind::redirected, leg("c1", CallState::detached)).at(0).change,
            Change::closed);
  b.tell(CallEventKind::received, leg("c2", CallState::alerting));
  EXPECT_EQ(b.tell(CallEventKind::detached, leg("c2", CallState::active)).at(0).change,
            Change::closed);
}

TEST(CallLedger, keeps_what_an_event_leaves_out) {
  Bench b;
  auto first = leg("c1", CallState::alerting);
  first.personality = Personality::terminator;
  first.answered = from_unix_ms(1000);
  b.tell(CallEventKind::received, first);
  CallLeg sparse;
  sparse.id = CallId("c1");
  sparse.state = CallState::active;
  sparse.answered = from_unix_ms(2000);
  b.tell(CallEventKind::updated, sparse);
  auto const& now = b.ledger.calls_of(kAnn).at(0)->leg;
  EXPECT_EQ(now.remote_address, "+14085550123");
  EXPECT_EQ(now.personality, Personality::terminator);
  EXPECT_EQ(now.answered, from_unix_ms(1000));
  EXPECT_EQ(now.state, CallState::active);
}

TEST(CallLedger, takes_a_snapshot_as_the_truth_of_its_moment) {
  Bench b;
  b.tell(CallEventKind::received, leg("gone", CallState::alerting));
  b.tell(CallEventKind::received, leg("stays", CallState::alerting));
  auto const asked = b.now + seconds(1);
  b.now += seconds(2);
  b.tell(CallEventKind::received, leg("newer", CallState::alerting));
  auto const folded = b.ledger.replace(
      kAnn, {leg("stays", CallState::active), leg("found", CallState::active)}, asked, b.now);
  std::map<std::string, Change> by_call;
  for (auto const& f : folded) by_call[f.call->leg.id.text()] = f.change;
  EXPECT_EQ(by_call.at("gone"), Change::closed);
  EXPECT_EQ(by_call.at("stays"), Change::updated);
  EXPECT_EQ(by_call.at("found"), Change::opened);
  EXPECT_FALSE(by_call.contains("newer"));
  EXPECT_EQ(b.ledger.size(), 3u);
}

TEST(CallLedger, stays_within_its_bound_by_forgetting_the_oldest) {
  Bench b;
  b.ledger = CallLedger(100);
  for (int i = 0; i < 1000; ++i) {
    auto const folded =
        b.tell(CallEventKind::received, leg("c" + std::to_string(i), CallState::alerting));
    EXPECT_EQ(folded.back().change, Change::opened);
  }
  EXPECT_EQ(b.ledger.size(), 100u);
  EXPECT_EQ(b.ledger.evicted(), 900u);
  EXPECT_EQ(b.ledger.calls_of(kAnn).front()->leg.id.text(), "c900");
}

/// A call to an emergency number whose owner found out that it is one.
CallLeg emergency_call(Bench& b) {
  auto sos = leg("old", CallState::alerting);
  sos.personality = Personality::originator;
  sos.tracking = TrackingId("session");
  b.tell(CallEventKind::originated, sos, 5).at(0).call->emergency = true;
  return sos;
}

TEST(CallLedger, X2_an_emergency_call_whose_old_id_ends_first_goes_on_as_one) {
  Bench b;
  auto next = emergency_call(b);
  b.tell(CallEventKind::released, leg("old", CallState::released), 6);
  next.id = CallId("new");
  b.tell(CallEventKind::updated, next, 7);
  EXPECT_TRUE(b.ledger.calls_of(kAnn).at(0)->emergency);
  auto another = next;
  another.id = CallId("another");
  another.tracking = TrackingId("another session");
  EXPECT_FALSE(b.tell(CallEventKind::originated, another, 8).at(0).call->emergency);
}

TEST(CallLedger, X2_an_emergency_call_listed_under_another_id_goes_on_as_one) {
  Bench b;
  auto next = emergency_call(b);
  next.id = CallId("new");
  b.now += seconds(1);
  auto const folded = b.ledger.replace(kAnn, {next}, b.now, b.now);
  ASSERT_EQ(folded.size(), 2u);
  EXPECT_EQ(folded[1].change, Change::opened);
  EXPECT_TRUE(folded[1].call->emergency);
}

TEST(CallLedger, X2_a_recall_that_names_no_session_stays_an_emergency_call) {
  Bench b;
  auto again = emergency_call(b);
  b.tell(CallEventKind::released, leg("old", CallState::released), 6);
  again.tracking = TrackingId();
  EXPECT_TRUE(b.tell(CallEventKind::received, again, 7).at(0).call->emergency);
}

TEST(CallLedger, ignores_what_is_not_about_calls) {
  Bench b;
  for (auto kind : {CallEventKind::hook_status, CallEventKind::subscription_terminated,
                    CallEventKind::conference, CallEventKind::other})
    EXPECT_TRUE(b.tell(kind, leg("c1", CallState::active)).empty());
  EXPECT_TRUE(b.tell(CallEventKind::received, leg("", CallState::alerting)).empty());
}

}  // namespace
}  // namespace wardroom::call_blocking
