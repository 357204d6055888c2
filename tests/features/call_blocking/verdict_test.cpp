/// Verdicts as tables of facts.
#include "features/call_blocking/verdict.hpp"

#include <gtest/gtest.h>

namespace wardroom::call_blocking {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

Facts facts(Standing standing) {
  Facts out;
  out.standing = standing;
  out.policies = {Policy{Policy::Kind::closed}, Policy{Policy::Kind::closed},
                  Policy{Policy::Kind::grace, minutes(5)}, Policy{Policy::Kind::open}};
  return out;
}

TEST(Verdict, lets_through_who_is_inside_and_rejects_who_is_outside) {
  EXPECT_EQ(judge(facts(Standing::inside)), (Verdict{false, Reason::inside}));
  EXPECT_EQ(judge(facts(Standing::outside)), (Verdict{true, Reason::outside}));
}

TEST(Verdict, asks_first_whether_it_is_an_emergency) {
  for (auto standing : {Standing::inside, Standing::outside, Standing::uncertain, Standing::stale,
                        Standing::no_fix})
    for (auto override_ : {Override::none, Override::block}) {
      auto f = facts(standing);
      f.emergency = true;
      f.override_ = override_;
      EXPECT_EQ(judge(f), (Verdict{false, Reason::emergency}));
    }
}

TEST(Verdict, lets_incoming_calls_through_after_an_answered_emergency_call) {
  auto f = facts(Standing::outside);
  f.emergency_callback = true;
  EXPECT_TRUE(judge(f).release);  // outgoing calls are judged as ever
  f.incoming = true;
  EXPECT_EQ(judge(f), (Verdict{false, Reason::emergency_callback}));
}

TEST(Verdict, X2_what_may_be_a_call_back_is_not_ended_and_not_let_through_for_good) {
  auto f = facts(Standing::outside);
  f.callback_unknown = true;
  EXPECT_TRUE(judge(f).release);  // outgoing calls are judged as ever
  f.incoming = true;
  EXPECT_EQ(judge(f), (Verdict{false, Reason::callback_unknown}));
  EXPECT_FALSE(is_let_through(judge(f)));
  f.override_ = Override::block;
  EXPECT_EQ(judge(f), (Verdict{false, Reason::callback_unknown}));
  f.override_ = Override::exempt;  // the reason is the one that holds anyway
  EXPECT_EQ(judge(f), (Verdict{false, Reason::exempt}));
  EXPECT_TRUE(is_let_through(judge(f)));
}

TEST(Verdict, follows_the_policy_when_the_place_is_not_known) {
  struct Row {
    Standing standing;
    std::string_view no_fix, stale, uncertain;
    bool release;
    Applied applied;
  };
  for (auto const& row :
       {Row{Standing::no_fix, "open", "closed", "closed", false, Applied::open},
        Row{Standing::no_fix, "closed", "open", "open", true, Applied::closed},
        Row{Standing::stale, "closed", "open", "closed", false, Applied::open},
        Row{Standing::stale, "open", "closed", "open", true, Applied::closed},
        Row{Standing::uncertain, "closed", "closed", "open", false, Applied::open},
        Row{Standing::uncertain, "open", "open", "closed", true, Applied::closed},
        Row{Standing::stale, "closed", "grace(1m)", "closed", false, Applied::grace},
        Row{Standing::no_fix, "grace(1m)", "closed", "closed", false, Applied::grace},
        Row{Standing::uncertain, "closed", "closed", "grace(30s)", true, Applied::grace_over}}) {
    auto f = facts(row.standing);
    f.policies = {*parse_policy(row.no_fix), *parse_policy(row.stale), *parse_policy(row.uncertain),
                  Policy{}};
    f.unsure_for = seconds(30);
    auto const verdict = judge(f);
    EXPECT_EQ(verdict.release, row.release);
    EXPECT_EQ(verdict.applied, row.applied);
    EXPECT_EQ(verdict.again_in.has_value(), row.applied == Applied::grace);
    if (verdict.again_in) {
      EXPECT_EQ(*verdict.again_in, seconds(30));
    }
  }
}

TEST(Verdict, uses_the_degraded_policy_for_what_only_we_are_to_blame_for) {
  auto f = facts(Standing::stale);
  EXPECT_TRUE(judge(f).release);
  f.degraded = true;
  EXPECT_EQ(judge(f), (Verdict{false, Reason::stale, Applied::open}));
  f.standing = Standing::no_fix;
  EXPECT_FALSE(judge(f).release);
  f.standing = Standing::outside;  // a fresh fix outside is no doubt of ours
  EXPECT_TRUE(judge(f).release);
}

TEST(Verdict, lets_people_in_no_fence_pass) {
  auto f = facts(Standing::no_fix);
  f.fenced = false;
  EXPECT_EQ(judge(f), (Verdict{false, Reason::no_fence}));
}

TEST(Verdict, judges_internal_calls_unless_told_otherwise) {
  auto f = facts(Standing::outside);
  f.internal = true;
  EXPECT_TRUE(judge(f).release);
  f.internal_calls = InternalCalls::allow;
  EXPECT_EQ(judge(f), (Verdict{false, Reason::internal_call}));
}

TEST(Verdict, honours_overrides_but_never_against_an_emergency) {
  auto f = facts(Standing::outside);
  f.override_ = Override::allow;
  EXPECT_EQ(judge(f).reason, Reason::allowed_by_override);
  f.override_ = Override::exempt;
  EXPECT_EQ(judge(f).reason, Reason::exempt);
  f = facts(Standing::inside);
  f.override_ = Override::block;
  EXPECT_EQ(judge(f), (Verdict{true, Reason::blocked_by_override}));
}

TEST(Verdict, tells_internal_from_external_by_the_platform_first) {
  CallLeg leg;
  leg.type = CallType::group;
  EXPECT_TRUE(is_internal(leg));
  leg.type = CallType::enterprise;
  EXPECT_TRUE(is_internal(leg));
  leg.type = CallType::network;
  leg.remote_user = XsiUserId("a@b");
  EXPECT_FALSE(is_internal(leg));
  leg.type = CallType::absent;
  EXPECT_TRUE(is_internal(leg));
  leg.remote_user = {};
  EXPECT_FALSE(is_internal(leg));
}

TEST(Verdict, has_a_word_for_every_reason) {
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(parse_reason(name(static_cast<Reason>(i))), static_cast<Reason>(i));
}

}  // namespace
}  // namespace wardroom::call_blocking
