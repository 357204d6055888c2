/// R24: which calls that were let through end when their person leaves, and which go on.
#include "call_blocking_site.hpp"

namespace wardroom::call_blocking {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr GeoPoint kHome{48.5, 16.01};           // 740 m inside
constexpr GeoPoint kGone{48.5, 15.99};           // 740 m outside
constexpr GeoPoint kJustOutside{48.5, 15.9998};  // 15 m
constexpr GeoPoint kFarAway{-33.9, 18.4};        // nobody gets there between two posts
constexpr auto kNumber = "+14085550123";

PolicySettings with(EndRunning rule) {
  auto policy = plain_policy();
  policy.end_running = rule;
  return policy;
}

/// Somebody inside, with a call that was let through and answered.
struct Running : Site {
  PersonNo ann = 0;
  explicit Running(PolicySettings policy = plain_policy(), test::FakeDisk disk = nullptr)
      : Site(std::move(policy), std::move(disk)) {
    start();
    ann = person("ann");
    fix(ann, kHome);
    dials("ann", "c", kNumber);
    answers("ann", "c", kNumber);
    settle();
    EXPECT_FALSE(ended());
  }
  bool ended() const { return released("ann", "c"); }
  void stay(BootClock::duration d) {
    for (; d > seconds(0); d -= seconds(30)) {
      clock.advance(seconds(30));
      fix(ann, kHome);
    }
  }
};

TEST(RunningCalls, R24_end_within_two_seconds_of_the_first_clear_fix_outside) {
  Running site;
  site.stay(minutes(10));
  auto const posted = site.clock.uptime();
  site.fix(site.ann, kGone, 20);
  site.settle();
  ASSERT_TRUE(site.ended());
  EXPECT_LT(site.calls.releases[0].at - posted, seconds(2));
  EXPECT_EQ(site.why("c")["facts"]["running"], true);
}

TEST(RunningCalls, R24_end_when_fixes_just_outside_leave_no_doubt) {
  Running site;
  site.stay(minutes(1));
  site.clock.advance(seconds(30));
  site.fix(site.ann, kJustOutside, 20);
  site.settle();
  EXPECT_FALSE(site.ended()) << "uncertain: the grace runs";
  site.clock.advance(seconds(30));
  site.fix(site.ann, kJustOutside, 20);
  site.settle();
  EXPECT_TRUE(site.ended());
}

TEST(RunningCalls, R24_end_while_held_and_after_a_transfer_like_any_other) {
  for (auto const& [kind, type, state] :
       {std::tuple{CallEventKind::held, "CallHeldEvent", CallState::held},
        std::tuple{CallEventKind::transferred, "CallTransferredEvent", CallState::active}}) {
    Running site;
    auto const leg = site.leg("c", kNumber, Personality::originator, state);
    site.calls.put("ann@xsi", leg);
    site.tell("ann", kind, type, leg);
    site.clock.advance(minutes(6));  // stale
    EXPECT_FALSE(site.ended()) << type;
    site.fix(site.ann, kGone);
    site.settle();
    EXPECT_TRUE(site.ended()) << type;
  }
}

TEST(RunningCalls, R24_go_on_when_the_position_goes_stale_or_a_grace_runs_out) {
  Running site;
  site.clock.advance(minutes(20));
  EXPECT_FALSE(site.ended());
  auto const why = site.why("c");
  EXPECT_EQ(why["reason"], "stale");
  EXPECT_EQ(why["policy"]["applied"], "running");
  site.fix(site.ann, kHome);
  site.clock.advance(seconds(30));
  site.fix(site.ann, kJustOutside);  // uncertain, for longer than the grace
  for (int i = 0; i < 12; ++i) {
    site.clock.advance(seconds(30));
    site.fix(site.ann, kJustOutside, 9000);
  }
  EXPECT_FALSE(site.ended());
  site.dials("ann", "new", kNumber);
  site.settle();
  EXPECT_TRUE(site.released("ann", "new")) << "a new call is another matter";
  EXPECT_FALSE(site.ended());
}

TEST(RunningCalls, R24_end_by_the_switch_always_when_a_new_call_would_not_be_let_through) {
  Running site(with(EndRunning::always));
  site.clock.advance(minutes(5) + seconds(1));
  EXPECT_TRUE(site.ended());
}

TEST(RunningCalls, R24_never_end_by_the_switch_never_but_for_an_operators_block) {
  Running site(with(EndRunning::never));
  site.fix(site.ann, kGone);
  site.clock.advance(minutes(10));
  EXPECT_FALSE(site.ended());
  ASSERT_TRUE(site.ask("block", {{"person", "ann@acme.example"}, {"reason", "test"}}));
  site.settle();
  EXPECT_TRUE(site.ended());
}

TEST(RunningCalls, R24_are_only_those_that_were_answered) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kHome);
  site.rings("ann", "c", kNumber);
  site.clock.advance(minutes(5) + seconds(1));
  EXPECT_TRUE(site.released("ann", "c"));
}

TEST(RunningCalls, X1_are_only_those_that_some_verdict_let_through) {
  Site site;
  site.start();
  auto const ann = site.person("ann");
  site.fix(ann, kHome);
  site.clock.advance(minutes(6));  // stale, and blind to a call that is answered meanwhile
  auto leg = site.leg("c", kNumber, Personality::originator, CallState::active);
  leg.answered = site.clock.now();
  site.calls.put("ann@xsi", leg);
  site.feature->on_resync_needed("gap");
  site.clock.advance(seconds(1));
  EXPECT_TRUE(site.released("ann", "c"));
}

TEST(RunningCalls, X1_a_recall_under_the_same_id_is_another_call) {
  Running site;
  site.ends("ann", "c");
  site.clock.advance(minutes(6));  // buried and forgotten, and the position is stale
  site.answers("ann", "c", kNumber);
  site.settle();
  EXPECT_TRUE(site.ended());
}

TEST(RunningCalls,
     R24_whose_release_failed_are_released_again_though_the_position_is_stale_by_now) {
  Running site;
  for (int i = 0; i < 4; ++i)
    site.calls.next_errors.push_back({ErrorKind::unavailable, "the platform is away"});
  site.clock.advance(seconds(200));
  site.fix(site.ann, kGone);
  site.clock.advance(seconds(5));
  EXPECT_FALSE(site.ended());
  for (int i = 0; i < 200; ++i)  // fails for longer than the position stays fresh
    site.calls.next_errors.push_back({ErrorKind::unavailable, "the platform is away"});
  site.clock.advance(minutes(6));
  EXPECT_FALSE(site.ended());
  site.calls.next_errors.clear();
  site.clock.advance(minutes(2));
  EXPECT_TRUE(site.ended());
}

TEST(RunningCalls, R24_whose_release_is_called_off_go_on_as_before) {
  Running site;
  site.calls.next_errors.push_back({ErrorKind::unavailable, "the platform is away"});
  site.clock.advance(seconds(30));
  site.fix(site.ann, kGone);
  site.clock.advance(std::chrono::milliseconds(50));
  ASSERT_TRUE(site.ask("allow", {{"person", "ann@acme.example"}, {"reason", "t"}, {"for", "1h"}}));
  site.clock.advance(seconds(10));
  EXPECT_FALSE(site.ended());
  EXPECT_EQ(site.feature->counters().called_off, 1u);
  site.clock.advance(minutes(61));  // the override is over, the position is stale
  EXPECT_FALSE(site.ended());
}

TEST(RunningCalls, R120_survive_one_absurd_fix_and_end_by_the_second) {
  Running site;
  site.stay(minutes(1));
  site.clock.advance(seconds(30));
  site.fix(site.ann, kFarAway);
  site.settle();
  EXPECT_FALSE(site.ended());
  site.clock.advance(seconds(30));
  site.fix(site.ann, kFarAway);
  site.settle();
  EXPECT_TRUE(site.ended());
}

TEST(RunningCalls, R24_go_on_over_a_restart_and_end_when_their_person_is_outside) {
  test::FakeDisk disk;
  {
    Running site;
    disk = site.database.disk();
  }
  Site site(plain_policy(), disk);
  auto leg = site.leg("c", kNumber, Personality::originator, CallState::active);
  leg.answered = site.clock.now();
  site.calls.put("ann@xsi", leg);
  site.start();
  auto const ann = site.roster.find(people::RosterKey::of_xsi("ann@xsi"));
  ASSERT_EQ(site.feature->ledger().size(), 1u);
  site.clock.advance(minutes(6));
  site.feature->on_resync_needed("start");
  site.clock.advance(seconds(2));
  EXPECT_FALSE(site.released("ann", "c")) << "stale: it was let through before";
  site.fix(ann, kGone);
  site.settle();
  EXPECT_TRUE(site.released("ann", "c"));
}

TEST(RunningCalls, R24_are_judged_by_new_fences_at_once_but_not_ended_for_a_stale_position) {
  Running site;
  site.clock.advance(minutes(6));
  auto policy = plain_policy();
  policy.fences[0].shape = Box{10, 20, 16, 17, false};
  seal(policy.fences[0]);
  test::run_task(site.io, site.feature->set_policy(policy));
  site.settle();
  EXPECT_FALSE(site.ended());
  site.fix(site.ann, kHome);
  site.settle();
  EXPECT_TRUE(site.ended());
}

TEST(RunningCalls, X2_of_the_hour_after_an_emergency_go_on_when_the_hour_is_over) {
  Running site;
  site.dials("ann", "sos", "112");
  site.answers("ann", "sos", "112");
  site.ends("ann", "sos");
  site.fix(site.ann, kGone);
  site.clock.advance(minutes(55));
  site.rings("ann", "back", "+43131300");
  site.answers("ann", "back", "+43131300", Personality::terminator);
  site.clock.advance(minutes(10));
  site.fix(site.ann, kGone);
  site.answers("ann", "back", "+43131300", Personality::terminator);
  site.clock.advance(seconds(5));
  EXPECT_FALSE(site.released("ann", "back"));
  site.rings("ann", "late", "+43131300");
  site.settle();
  EXPECT_TRUE(site.released("ann", "late"));
}

TEST(RunningCalls, R119_while_the_store_takes_nothing_posts_decide_all_the_same) {
  auto policy = plain_policy();
  policy.fences[0].policies.degraded = *parse_policy("open");
  seal(policy.fences[0]);
  Running site(policy);
  site.database.fail_commits(Error{ErrorKind::unavailable, "the disk is full"});
  for (int i = 0; i < 20; ++i) {
    site.clock.advance(seconds(30));
    site.fix(site.ann, kHome);
  }
  EXPECT_TRUE(site.feature->standings().degraded());
  EXPECT_EQ(site.feature->standings().current(site.ann), Standing::inside);
  site.fix(site.ann, kGone);
  site.settle();
  EXPECT_TRUE(site.ended());
}

TEST(RunningCalls, R119_let_through_by_degraded_are_judged_again_when_the_store_is_back) {
  auto policy = with(EndRunning::always);
  policy.fences[0].policies.degraded = *parse_policy("open");
  seal(policy.fences[0]);
  Running site(policy);
  site.database.fail_commits(Error{ErrorKind::unavailable, "the disk is full"});
  site.fix(site.ann, kHome);
  site.clock.advance(minutes(7));
  EXPECT_FALSE(site.ended()) << "nobody could post";
  site.database.fail_commits(std::nullopt);
  auto const bob = site.person("bob");
  site.fix(bob, kHome);
  site.clock.advance(seconds(3));
  EXPECT_FALSE(site.feature->standings().degraded());
  EXPECT_TRUE(site.ended());
}

TEST(RunningCalls, R123_of_people_who_are_only_observed_go_on) {
  auto policy = plain_policy();
  policy.mode = Mode::observe;
  Running site(policy);
  site.fix(site.ann, kGone);
  site.clock.advance(minutes(1));
  EXPECT_TRUE(site.calls.releases.empty());
  EXPECT_EQ(site.feature->counters().observed, 1u);
}

}  // namespace
}  // namespace wardroom::call_blocking
