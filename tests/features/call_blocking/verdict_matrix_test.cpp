/// Every combination of what a verdict on a person's place depends on, against a plain reading of
/// the rules.
#include "features/call_blocking/verdict.hpp"

#include <gtest/gtest.h>

namespace wardroom::call_blocking {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// The five states of knowledge a fence has a policy for, and the two it has none for.
enum class State { inside, outside, no_fix, stale, degraded_stale, degraded_no_fix, uncertain };
enum class Asked { open, closed, grace_runs, grace_over };

Policy policy_of(Asked asked) {
  switch (asked) {
    case Asked::open:
      return {Policy::Kind::open};
    case Asked::closed:
      return {Policy::Kind::closed};
    case Asked::grace_runs:
    case Asked::grace_over:
      break;
  }
  return {Policy::Kind::grace, minutes(5)};
}

bool lets_through(Asked asked) { return asked == Asked::open || asked == Asked::grace_runs; }

struct Case {
  State state;
  Asked asked;       // of the policy that is for this state
  Asked suspicious;  // of the policy for suspicious fixes
  bool hints;
  bool answered_before;  // a running call
  EndRunning end_running;
  Override override_;
  bool emergency, callback, incoming, fenced;
};

Facts facts_of(Case const& c) {
  Facts f;
  f.emergency = c.emergency;
  f.emergency_callback = c.callback;
  f.incoming = c.incoming;
  f.running = c.answered_before;
  f.override_ = c.override_;
  f.fenced = c.fenced;
  f.end_running = c.end_running;
  // All other policies say the opposite: a verdict that asked the wrong one is wrong.
  Policy const other{lets_through(c.asked) ? Policy::Kind::closed : Policy::Kind::open};
  f.policies = {other, other, other, other, policy_of(c.suspicious)};
  auto const mine = policy_of(c.asked);
  f.unsure_for = c.asked == Asked::grace_over ? minutes(5) : seconds(299);
  f.hints = c.hints ? bit(Hint::too_exact) : Hints{0};
  f.suspicious_for = c.suspicious == Asked::grace_over ? minutes(5) : seconds(100);
  switch (c.state) {
    case State::inside:
      f.standing = Standing::inside;
      break;
    case State::outside:
      f.standing = Standing::outside;
      break;
    case State::no_fix:
      f.standing = Standing::no_fix;
      f.policies.no_fix = mine;
      break;
    case State::stale:
      f.standing = Standing::stale;
      f.policies.stale = mine;
      break;
    case State::degraded_stale:
      f.standing = Standing::stale;
      f.degraded = true;
      f.policies.degraded = mine;
      break;
    case State::degraded_no_fix:
      f.standing = Standing::no_fix;
      f.degraded = true;
      f.policies.degraded = mine;
      break;
    case State::uncertain:
      f.standing = Standing::uncertain;
      f.policies.uncertain = mine;
      break;
  }
  return f;
}

/// The rules as the documents tell them, one after the other.
bool goes_on(Case const& c) {
  if (c.emergency) return true;
  if (c.callback && c.incoming) return true;
  if (c.override_ == Override::exempt || c.override_ == Override::allow) return true;
  if (c.override_ == Override::block) return false;
  if (!c.fenced) return true;
  if (c.state == State::outside) return c.answered_before && c.end_running == EndRunning::never;
  if (c.answered_before && c.end_running != EndRunning::always) return true;
  bool const place_known = c.state == State::inside || c.state == State::uncertain;
  if (place_known && c.hints && !lets_through(c.suspicious)) return false;
  return c.state == State::inside || lets_through(c.asked);
}

TEST(VerdictMatrix, R119_follows_the_policy_of_each_state_for_new_and_for_running_calls) {
  std::size_t cases = 0;
  for (auto state : {State::inside, State::outside, State::no_fix, State::stale,
                     State::degraded_stale, State::degraded_no_fix, State::uncertain})
    for (auto asked : {Asked::open, Asked::closed, Asked::grace_runs, Asked::grace_over})
      for (auto suspicious : {Asked::open, Asked::closed, Asked::grace_runs, Asked::grace_over})
        for (auto end : {EndRunning::never, EndRunning::outside, EndRunning::always})
          for (auto override_ :
               {Override::none, Override::allow, Override::block, Override::exempt})
            for (int bits = 0; bits < 64; ++bits) {
              Case const c{.state = state,
                           .asked = asked,
                           .suspicious = suspicious,
                           .hints = (bits & 1) != 0,
                           .answered_before = (bits & 2) != 0,
                           .end_running = end,
                           .override_ = override_,
                           .emergency = (bits & 4) != 0,
                           .callback = (bits & 8) != 0,
                           .incoming = (bits & 16) != 0,
                           .fenced = (bits & 32) != 0};
              auto const verdict = judge(facts_of(c));
              ++cases;
              ASSERT_EQ(verdict.release, !goes_on(c))
                  << "state " << static_cast<int>(state) << " asked " << static_cast<int>(asked)
                  << " suspicious " << static_cast<int>(suspicious) << " end "
                  << static_cast<int>(end) << " override " << static_cast<int>(override_)
                  << " bits " << bits;
              // A permission by grace ends by itself: somebody must look again.
              if (verdict.applied == Applied::grace)
                ASSERT_TRUE(verdict.again_in && *verdict.again_in > seconds(0));
              ASSERT_EQ(verdict.again_in.has_value(), verdict.applied == Applied::grace);
            }
  EXPECT_EQ(cases, 7u * 4 * 4 * 3 * 4 * 64);
}

TEST(VerdictMatrix, R119_of_two_graces_the_one_that_ends_sooner_says_when_to_look_again) {
  Facts f;
  f.standing = Standing::uncertain;
  f.policies.uncertain = {Policy::Kind::grace, minutes(5)};
  f.policies.suspicious = {Policy::Kind::grace, minutes(2)};
  f.hints = bit(Hint::frozen);
  EXPECT_EQ(judge(f), (Verdict{false, Reason::suspicious, Applied::grace, minutes(2)}));
  f.unsure_for = minutes(4);
  EXPECT_EQ(judge(f), (Verdict{false, Reason::uncertain, Applied::grace, minutes(1)}));
}

}  // namespace
}  // namespace wardroom::call_blocking
