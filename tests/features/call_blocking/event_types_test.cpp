/// Every type of event the platform may tell: what it does to the ledger, and whether it asks for
/// a verdict. Source: xsi.md 6.2.
#include "call_blocking_site.hpp"

#include <set>

namespace wardroom::call_blocking {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

enum class Fold { nothing, open, closed };

struct Row {
  CallEventKind kind;
  CallState state;
  Fold unknown;         ///< what becomes of a call nobody heard of
  bool judged_unknown;  ///< a person who may not call loses it
  Fold known;           ///< … of one in progress
  bool judged_known;
};

using K = CallEventKind;
using S = CallState;
constexpr Row kRows[] = {
    {K::received, S::alerting, Fold::open, true, Fold::open, true},
    {K::originated, S::alerting, Fold::open, true, Fold::open, true},
    {K::originating, S::alerting, Fold::open, true, Fold::open, true},
    {K::updated, S::alerting, Fold::open, true, Fold::open, true},
    {K::updated, S::remote_held, Fold::open, true, Fold::open, true},
    {K::answered, S::active, Fold::open, true, Fold::open, true},
    {K::held, S::held, Fold::open, true, Fold::open, true},
    {K::retrieved, S::active, Fold::open, true, Fold::open, true},
    {K::transferred, S::active, Fold::open, true, Fold::open, true},
    {K::forwarded, S::alerting, Fold::open, true, Fold::open, false},
    {K::redirected, S::detached, Fold::nothing, false, Fold::closed, false},
    {K::detached, S::detached, Fold::nothing, false, Fold::closed, false},
    {K::picked_up, S::active, Fold::open, true, Fold::open, true},
    {K::park_retrieved, S::active, Fold::open, true, Fold::open, true},
    {K::barged_in, S::active, Fold::open, true, Fold::open, true},
    {K::monitored, S::active, Fold::open, true, Fold::open, true},
    {K::parked_against, S::active, Fold::nothing, false, Fold::open, false},
    {K::collecting, S::alerting, Fold::open, false, Fold::open, false},
    {K::releasing, S::alerting, Fold::nothing, false, Fold::closed, false},
    {K::released, S::released, Fold::nothing, false, Fold::closed, false},
    {K::snapshot, S::active, Fold::open, true, Fold::open, true},
    {K::snapshot_resync, S::active, Fold::open, true, Fold::open, true},
    {K::hook_status, S::active, Fold::nothing, false, Fold::open, false},
    {K::subscription_terminated, S::active, Fold::nothing, false, Fold::open, false},
    {K::conference, S::active, Fold::nothing, false, Fold::open, false},
    {K::aside, S::active, Fold::nothing, false, Fold::open, false},
    {K::other, S::active, Fold::nothing, false, Fold::open, false},
};

constexpr GeoPoint kHome{48.05, 16.5}, kAbroad{47.95, 16.5};  // a way that can be true

TEST(EventTypes, fold_and_judge_as_the_table_says_in_every_state_for_everybody) {
  std::set<CallEventKind> seen;
  Site site;
  site.start();
  auto const ann = site.person("ann");
  int number = 0;
  for (auto const& row : kRows)
    for (bool const known : {false, true})
      for (bool const blocked : {false, true}) {
        seen.insert(row.kind);
        auto const what = std::string(name(row.kind)) + (known ? ", known" : ", unknown") +
                          (blocked ? ", blocked" : ", allowed");
        auto const call = "c" + std::to_string(++number);
        site.fix(ann, kHome);
        site.fix(ann, kHome);
        if (known) site.dials("ann", call, "+14085550123");
        // Outside, and nobody looked at the running calls because of it: the event has to.
        site.feature->standings().take(
            ann, {blocked ? kAbroad : kHome, {20}, site.clock.uptime(), site.clock.now()});
        auto leg = site.leg(call, "+14085550123", Personality::originator, row.state);
        site.calls.put("ann@xsi", leg);
        auto const releases = site.calls.releases.size();
        site.tell("ann", row.kind, "Whatever", leg);
        auto const expected = known ? row.known : row.unknown;
        EXPECT_EQ(site.feature->ledger().size(), expected == Fold::open ? 1u : 0u) << what;
        site.settle();
        bool const judged = known ? row.judged_known : row.judged_unknown;
        EXPECT_EQ(site.calls.releases.size() - releases, blocked && judged ? 1u : 0u) << what;
        site.ends("ann", call);
        EXPECT_EQ(site.feature->ledger().size(), 0u) << what;
      }
  EXPECT_EQ(site.feature->counters().unknown_events, 4u) << "types nobody knows are counted";
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(K::other) + 1) << "a type is missing here";
}

TEST(EventTypes, a_transfer_brings_a_new_party_and_another_judgement) {
  auto policy = plain_policy();
  policy.internal_calls = InternalCalls::allow;
  Site site(policy);
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kAbroad);
  auto leg = site.leg("c1", "2041", Personality::terminator, CallState::active);
  leg.type = CallType::enterprise;
  site.tell("ann", K::answered, "CallAnsweredEvent", leg);
  site.settle();
  EXPECT_FALSE(site.released("ann", "c1")) << "internal calls are allowed";
  leg.type = CallType::network;
  leg.remote_address = "+14085550123";
  leg.tracking = TrackingId("another");
  leg.personality = Personality::originator;
  site.tell("ann", K::transferred, "CallTransferredEvent", leg);
  site.settle();
  EXPECT_TRUE(site.released("ann", "c1"));
  EXPECT_EQ(site.feature->ledger().calls_of(XsiUserId("ann@xsi")).at(0)->leg.tracking,
            TrackingId("another"));
}

TEST(EventTypes, a_redirection_closes_every_leg_it_names_and_no_other) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kHome);
  for (auto const* call : {"c1", "c2", "c3"}) site.dials("ann", call, "+14085550123");
  CallEvent event;
  event.id = EventId("many");
  event.kind = K::redirected;
  event.target = XsiUserId("ann@xsi");
  event.subscription = "s";
  event.sequence = ++site.next_event;
  event.arrived = site.clock.uptime();
  for (auto const* call : {"c1", "c3"})
    event.legs.push_back(site.leg(call, "", Personality::unknown, CallState::detached));
  site.feature->on_call_event(event);
  auto const& left = site.feature->ledger().calls_of(XsiUserId("ann@xsi"));
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0]->leg.id.text(), "c2");
}

TEST(EventTypes, a_recall_of_a_transferred_call_is_judged_anew) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kAbroad);
  for (int round = 1; round <= 3; ++round) {
    auto leg = site.leg("c1", "+14085550123", Personality::terminator);
    site.calls.put("ann@xsi", leg);
    site.tell("ann", K::received, "CallReceivedEvent", leg);
    site.settle();
    EXPECT_EQ(site.calls.releases.size(), static_cast<std::size_t>(round))
        << "what was done about the first is not done about the next";
    leg.state = CallState::detached;
    site.tell("ann", K::redirected, "CallRedirectedEvent", leg);
    EXPECT_EQ(site.feature->ledger().size(), 0u);
    site.clock.advance(seconds(10));
  }
  EXPECT_EQ(site.feature->ledger().recalls(), 2u);
  EXPECT_EQ(site.feature->counters().rejected, 3u);
}

TEST(EventTypes, what_may_be_a_recall_or_merely_late_is_asked_of_the_platform) {
  for (bool const lives : {true, false}) {
    Site site;
    site.start();
    auto const ann = site.person("ann");
    site.fix(ann, kAbroad);
    auto leg = site.leg("c1", "+14085550123", Personality::terminator);
    leg.started.reset();
    auto const tell = [&](CallEventKind kind, CallState state, std::string subscription) {
      CallEvent event;
      event.id = EventId("x" + std::to_string(++site.next_event));
      event.kind = kind;
      event.target = XsiUserId("ann@xsi");
      event.subscription = std::move(subscription);
      event.sequence = site.next_event;
      event.arrived = site.clock.uptime();
      leg.state = state;
      event.legs = {leg};
      site.feature->on_call_event(event);
    };
    tell(K::received, CallState::alerting, "first");
    tell(K::released, CallState::released, "first");
    site.clock.advance(seconds(5));
    auto const releases = site.calls.releases.size();
    if (lives) site.calls.put("ann@xsi", site.leg("c1", "+1408", Personality::terminator));
    tell(K::received, CallState::alerting, "second");  // another counting: nothing to compare
    site.settle();
    EXPECT_EQ(site.calls.listed.size(), 1u);
    EXPECT_EQ(site.calls.releases.size(), releases + (lives ? 1 : 0));
    site.clock.advance(seconds(10));
    EXPECT_EQ(site.feature->ledger().size(), 0u);
  }
}

TEST(EventTypes, a_call_placed_by_click_may_change_its_id_and_is_still_released) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kHome);
  auto leg = site.leg("new", "+14085550123", Personality::click_to_dial);
  site.calls.put("ann@xsi", leg);
  site.tell("ann", K::originating, "CallOriginatingEvent", leg);
  site.clock.advance(seconds(1));
  site.calls.drop("ann@xsi", CallId("new"));
  leg.id = CallId("renamed");
  leg.personality = Personality::originator;
  site.calls.put("ann@xsi", leg);
  site.tell("ann", K::originated, "CallOriginatedEvent", leg);
  site.settle();
  ASSERT_EQ(site.feature->ledger().size(), 1u) << "the platform was asked what became of the first";
  site.fix(ann, kAbroad);
  site.settle();
  EXPECT_TRUE(site.released("ann", "renamed"));
  EXPECT_FALSE(site.released("ann", "new"));
}

TEST(EventTypes, X2_an_emergency_call_stays_one_when_its_id_changes_or_it_rings_again) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kAbroad);
  auto leg = site.leg("one", "112", Personality::click_to_dial);
  leg.type = CallType::absent;
  site.calls.put("ann@xsi", leg);
  site.tell("ann", K::originating, "CallOriginatingEvent", leg);
  site.calls.drop("ann@xsi", CallId("one"));
  leg.id = CallId("two");
  leg.remote_address = "+43131300";  // the answering point's own number
  site.calls.put("ann@xsi", leg);
  site.tell("ann", K::updated, "CallUpdatedEvent", leg);
  site.settle();
  leg.state = CallState::detached;
  site.tell("ann", K::detached, "CallDetachedEvent", leg);
  leg.state = CallState::alerting;
  leg.recall = true;
  site.tell("ann", K::originated, "CallOriginatedEvent", leg);
  site.clock.advance(seconds(20));
  EXPECT_TRUE(site.calls.releases.empty());
}

TEST(EventTypes, X2_digits_told_late_end_the_release_of_an_emergency_call) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kAbroad);
  int requests = 0;
  site.calls.on_release = [&](XsiUserId, CallLeg) -> Task<Result<ReleaseOutcome>> {
    ++requests;
    co_return failure(ErrorKind::unavailable, "busy");
  };
  auto leg = site.leg("c1", "+43131300", Personality::originator, CallState::active);
  leg.type = CallType::absent;
  site.next_event = 10;
  site.tell("ann", K::answered, "CallAnsweredEvent", leg);
  site.clock.advance(milliseconds(100));
  EXPECT_EQ(requests, 1);
  leg.remote_address = "112";
  leg.state = CallState::alerting;
  site.next_event = 9;
  site.tell("ann", K::originated, "CallOriginatedEvent", leg);  // sent first, came second
  site.clock.advance(seconds(30));
  EXPECT_EQ(requests, 1);
  EXPECT_EQ(site.feature->counters().called_off, 1u);
}

TEST(EventTypes, an_agents_own_leg_of_a_queue_call_is_judged_and_the_queues_is_not) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kAbroad);
  site.rings("queue", "q1", "+14085550123");
  site.rings("ann", "a1", "+14085550123");
  site.clock.advance(seconds(3));
  EXPECT_TRUE(site.released("ann", "a1"));
  EXPECT_FALSE(site.released("queue", "q1"));
}

TEST(EventTypes, legs_of_a_conference_are_judged_one_by_one) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kHome);
  site.dials("ann", "c1", "+14085550123");
  site.dials("ann", "c2", "+14085550124");
  site.tell("ann", K::conference, "ConferenceStartedEvent", {});
  site.clock.advance(minutes(1));
  site.fix(ann, kAbroad);
  site.settle();
  EXPECT_TRUE(site.released("ann", "c1"));
  EXPECT_TRUE(site.released("ann", "c2"));
}

TEST(EventTypes, a_snapshot_of_a_server_that_lost_updates_replaces_what_we_thought) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kAbroad);
  site.feature->standings().set_override(ann, Override::allow);
  site.dials("ann", "gone", "+14085550123");
  site.dials("ann", "stays", "+14085550123");
  site.feature->standings().set_override(ann, Override::none);
  CallEvent event;
  event.id = EventId("snapshot");
  event.kind = K::snapshot_resync;
  event.target = XsiUserId("ann@xsi");
  event.subscription = "s";
  event.sequence = ++site.next_event;
  event.arrived = site.clock.uptime();
  event.legs = {site.leg("stays", "+14085550123", Personality::originator, CallState::active),
                site.leg("found", "+14085550123", Personality::originator, CallState::active)};
  site.feature->on_call_event(event);
  site.settle();
  EXPECT_FALSE(site.released("ann", "gone"));
  EXPECT_TRUE(site.released("ann", "stays"));
  EXPECT_TRUE(site.released("ann", "found"));
}

}  // namespace
}  // namespace wardroom::call_blocking
