/// The sentences of `why` and of the location page, each read as it stands.
#include "features/call_blocking/words.hpp"

#include <gtest/gtest.h>

namespace wardroom::call_blocking {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

Judgement judgement(Facts facts) {
  Judgement out;
  facts.policies.stale = *parse_policy("grace(10m)");
  out.facts = facts;
  out.verdict = judge(facts);
  out.mode = Mode::enforce;
  if (facts.standing == Standing::no_fix) return out;
  out.place = {.standing = facts.standing,
               .age = seconds(12),
               .accuracy = Meters{20},
               .to_border = Meters{facts.standing == Standing::outside ? 1'240.0 : -85.0},
               .fence = "austria"};
  out.measured = Measured{};
  return out;
}

Facts at(Standing standing) {
  Facts out;
  out.standing = standing;
  return out;
}

std::string call_words(Facts const& facts, Decision decision) {
  return words_for_call(decision, judgement(facts));
}

TEST(Words, say_why_a_call_was_let_through_or_released) {
  EXPECT_EQ(call_words(at(Standing::inside), Decision::passed),
            "The call was let through because the last position is inside the permitted area (12 "
            "seconds old, accurate to 20 m, 85 m inside the border of 'austria').");
  EXPECT_EQ(call_words(at(Standing::outside), Decision::rejected),
            "The call was released because the last position is outside the permitted area (12 "
            "seconds old, accurate to 20 m, 1.2 km beyond the border of 'austria').");
  EXPECT_EQ(call_words(at(Standing::no_fix), Decision::observed),
            "The call would have been released (it is only observed) because no position is known "
            "of this person, and the policy no_fix: closed blocks them.");
}

TEST(Words, name_what_is_odd_about_a_position) {
  auto odd = at(Standing::inside);
  odd.hints = bit(Hint::impossible_travel) | bit(Hint::too_exact);
  EXPECT_EQ(call_words(odd, Decision::passed),
            "The call was let through because the last position is inside the permitted area (12 "
            "seconds old, accurate to 20 m, 85 m inside the border of 'austria'; it looks odd: "
            "nobody travels that fast from the one before and it claims to be accurate to a "
            "metre).");
  odd.hints = bit(Hint::frozen);
  odd.policies.suspicious = *parse_policy("closed");
  EXPECT_EQ(call_words(odd, Decision::rejected),
            "The call was released because the last position looks false: its coordinates have not "
            "changed at all for long (12 seconds old, accurate to 20 m, 85 m inside the border of "
            "'austria'), and the policy suspicious: closed blocks them.");
  EXPECT_EQ(words_for_person(judgement(odd), minutes(5)),
            "Your calls are blocked: your last position looks wrong. Switch off whatever hides or "
            "changes your position, such as a VPN, and keep this page open. Ask your administrator "
            "if this is wrong. Emergency numbers always work.");
}

TEST(Words, say_that_a_call_goes_on_which_was_let_through_before) {
  auto stale = at(Standing::stale);
  stale.running = true;
  stale.unsure_for = minutes(11);
  EXPECT_EQ(call_words(stale, Decision::passed),
            "The call was let through because the last position is too old (12 seconds old, "
            "accurate to 20 m, 85 m inside the border of 'austria'), but the call was let through "
            "before and goes on (end_running_calls: outside).");
}

TEST(Words, say_that_a_position_too_far_away_to_be_true_does_not_count) {
  auto held = judgement(at(Standing::inside));
  held.measured->held = true;
  held.place.to_border = Meters{8'400'000};
  EXPECT_EQ(words_for_call(Decision::passed, held),
            "The call was let through because the last position is too far from the one before to "
            "be true (12 seconds old, accurate to 20 m, 8400 km beyond the border of 'austria'), "
            "and the one before was inside the permitted area.");
}

TEST(Words, say_how_long_a_grace_lasts_and_whose_fault_it_is) {
  auto stale = at(Standing::stale);
  stale.unsure_for = minutes(7);
  EXPECT_EQ(words_about_person("Ann", judgement(stale), {}),
            "Ann's calls are allowed because the last position is too old (12 seconds old, "
            "accurate to 20 m, 85 m inside the border of 'austria'), and the policy stale: "
            "grace(10m) lets calls through for another 3 minutes (positions count for 5 minutes).");
  EXPECT_EQ(words_for_person(judgement(stale), minutes(5)),
            "Your calls are allowed: your last position is older than 5 minutes; calls go on for "
            "another 3 minutes. Keep this page open and allow it to use your position.");
  auto none = at(Standing::no_fix);
  none.degraded = true;
  none.policies.degraded = *parse_policy("open");
  EXPECT_EQ(words_about_person("Ann", judgement(none), {}),
            "Ann's calls are allowed because no position is known of this person, and as positions "
            "cannot be taken right now, the policy degraded: open lets them through.");
}

TEST(Words, say_when_a_person_is_only_observed) {
  auto now = judgement(at(Standing::outside));
  now.mode = Mode::observe;
  PolicySettings policy;
  policy.mode = Mode::enforce;
  auto const start = std::string(
      "Ann's calls would be blocked because the last position is outside the permitted area (12 "
      "seconds old, accurate to 20 m, 1.2 km beyond the border of 'austria').");
  EXPECT_EQ(words_about_person("Ann", now, policy),
            start + " They go on, only observed: enforce_for does not name this person.");
  policy.mode = Mode::observe;
  EXPECT_EQ(words_about_person("Ann", now, policy), start + " They go on: the mode is observe.");
}

TEST(Words, tell_the_person_what_to_do) {
  auto outside = judgement(at(Standing::outside));
  outside.measured->reading.confirmations = 3;
  EXPECT_EQ(words_for_person(outside, minutes(5)),
            "Your calls are blocked: your last position is outside the permitted area, 1.2 km from "
            "the border of 'austria'. Calls work again as soon as 3 positions in a row are clearly "
            "inside. Emergency numbers always work.");
  outside.measured->reading.confirmations = 1;
  EXPECT_TRUE(words_for_person(outside, minutes(5)).contains("as soon as a position is clearly"));
  EXPECT_EQ(words_for_person(judgement(at(Standing::no_fix)), minutes(5)),
            "Your calls are blocked: we have no position of you yet. Keep this page open and allow "
            "it to use your position. Emergency numbers always work.");
  EXPECT_EQ(words_for_person(judgement(at(Standing::inside)), minutes(5)),
            "Your calls are allowed: you are inside the permitted area.");
}

}  // namespace
}  // namespace wardroom::call_blocking
