// Promises S1-S3 of the plan, over random histories: beside the truth, which the services only tell
// in part, and beside an oracle that makes the same plan from what was told.
//
// WARDROOM_COUNT=1000000 is the full count; a failing history is played alone with
// WARDROOM_SEED=<its seed> WARDROOM_COUNT=1.
#include "features/space_sync/plan_hold.hpp"
#include "features/space_sync/sync_history.hpp"
#include "features/space_sync/sync_oracle.hpp"

#include <gtest/gtest.h>

#include <set>

namespace wardroom::space_sync::test {
namespace {

// Of histories, three plans each; a sanitized build does some 250 a second.
constexpr std::uint64_t count_in_ci = 4'000;

/// Over all histories, so that nobody believes a model in which nothing happens.
struct Tally {
  std::uint64_t plans = 0, adds = 0, removals = 0, held = 0, left = 0, back = 0, undecided = 0;
  std::map<Spared, std::uint64_t> spared;
};

std::set<Uuid> people_of(MembershipPlan const& plan, Act act) {
  std::set<Uuid> out;
  for (auto const& change : plan.changes)
    if (change.act == act) out.insert(change.person);
  return out;
}

std::set<Uuid> as_set(std::vector<Uuid> const& ids) { return {ids.begin(), ids.end()}; }

/// S1 against the truth: whatever was told, nobody goes who belongs or must be left alone.
void check_truth(SyncHistory const& history, MembershipPlan const& plan) {
  for (auto const& change : plan.changes) {
    if (change.act == Act::remove) {
      ASSERT_FALSE(history.truly_belongs(change.person)) << change.name << " belongs";
      ASSERT_FALSE(history.truly_protected(change.person)) << change.name << " is protected";
      ASSERT_TRUE(history.space.contains(change.person)) << change.name << " is no member";
      ASSERT_EQ(change.target, membership_of(change.person));
    } else {
      ASSERT_FALSE(history.space.contains(change.person)) << change.name << " is a member";
      ASSERT_EQ(change.target, api_id_of(change.person));
    }
  }
}

/// The same plan as the oracle's; each reason given is one of those there are.
void check_oracle(Expected const& expected, MembershipPlan const& plan) {
  ASSERT_EQ(people_of(plan, Act::add), expected.adds);
  ASSERT_EQ(people_of(plan, Act::remove), expected.removals);
  ASSERT_EQ(plan.changes.size(), expected.adds.size() + expected.removals.size()) << "one twice";
  ASSERT_EQ(as_set(plan.left_now), expected.left_now);
  ASSERT_EQ(as_set(plan.back), expected.back);
  ASSERT_EQ(plan.spared.size(), expected.spared.size());
  for (auto const& one : plan.spared) {
    auto const reasons = expected.spared.find(one.person);
    ASSERT_NE(reasons, expected.spared.end()) << one.name;
    ASSERT_TRUE(reasons->second.contains(one.why)) << one.name << ": " << name(one.why);
  }
  ASSERT_EQ(plan.counts.add, expected.adds.size());
  ASSERT_EQ(plan.counts.remove, expected.removals.size());
  ASSERT_EQ(plan.counts.belong, expected.belong.size());
  ASSERT_EQ(plan.counts.undecided, expected.undecided);
  ASSERT_EQ(plan.counts.unprotected, expected.unprotected);
  std::size_t out = 0;
  for (auto const& [rule, people] : plan.counts.out_by_rule) out += people;
  ASSERT_EQ(out, expected.out);
}

void check_hold(Expected const& expected, MembershipPlan const& plan) {
  ASSERT_EQ(!plan.hold.empty(), expected.held) << plan.hold;
}

/// S2: done once, there is nothing left to do.
void check_converges(SyncHistory const& history, MembershipPlan const& plan,
                     std::vector<Told> const& people, std::vector<Member> const& members,
                     DirectorySnapshot const& directory, std::vector<Uuid> const& belonging) {
  auto const memory =
      memory_after(plan, history.memory, belonging, directory.people().size(), members.size());
  auto const after = members_of(members_after(plan, people, members));
  auto const again = make_plan({directory, after, history.job, history.self, history.org, memory});
  ASSERT_EQ(again.changes.size(), 0u) << again.changes.front().name;
}

void check_day(SyncHistory& history, Tally& tally) {
  auto const people = history.tell_people();
  auto const members = history.tell_members();
  auto const directory = directory_of(history.job.rules, people);
  auto const space = members_of(members);
  auto const plan =
      make_plan({directory, space, history.job, history.self, history.org, history.memory});
  auto const belonging = belonging_members(directory, space);
  auto const expected =
      expected_plan(people, members, history.job, history.memory, history.self, history.org);
  ASSERT_NO_FATAL_FAILURE(check_truth(history, plan));
  ASSERT_NO_FATAL_FAILURE(check_oracle(expected, plan));
  ASSERT_NO_FATAL_FAILURE(check_hold(expected, plan));
  ASSERT_NO_FATAL_FAILURE(check_converges(history, plan, people, members, directory, belonging));

  ++tally.plans;
  tally.adds += plan.counts.add;
  tally.removals += plan.counts.remove;
  tally.held += plan.hold.empty() ? 0 : 1;
  tally.left += plan.left_now.size();
  tally.back += plan.back.size();
  tally.undecided += plan.counts.undecided;
  for (auto const& [why, count] : plan.counts.spared) tally.spared[why] += count;
  // A held plan waits: for somebody's word, or for the next day.
  if (plan.hold.empty() || history.dice.one_in(2))
    history.apply(plan, belonging, directory.people().size(), history.dice.one_in(3));
  history.next_day();
}

TEST(SyncModel, S1_S2_S3_nobody_who_belongs_goes_and_plans_are_as_the_oracle_has_them) {
  auto const seed = wardroom::test::random_seed();
  auto const count = wardroom::test::random_count(count_in_ci);
  Tally tally;
  for (std::uint64_t run = 0; run < count; ++run) {
    SyncHistory history(seed + run);
    for (auto days = 1 + history.dice.below(5); days > 0; --days) check_day(history, tally);
    if (HasFatalFailure()) {
      std::printf("history %llu of %llu failed: WARDROOM_SEED=%llu WARDROOM_COUNT=1\n",
                  static_cast<unsigned long long>(run), static_cast<unsigned long long>(count),
                  static_cast<unsigned long long>(seed + run));
      return;
    }
  }
  std::printf(
      "%llu plans in %llu histories: %llu adds, %llu removals, %llu held, %llu left, %llu back, "
      "%llu undecided",
      static_cast<unsigned long long>(tally.plans), static_cast<unsigned long long>(count),
      static_cast<unsigned long long>(tally.adds), static_cast<unsigned long long>(tally.removals),
      static_cast<unsigned long long>(tally.held), static_cast<unsigned long long>(tally.left),
      static_cast<unsigned long long>(tally.back),
      static_cast<unsigned long long>(tally.undecided));
  for (auto const& [why, spared] : tally.spared)
    std::printf(", %llu spared as %s", static_cast<unsigned long long>(spared), name(why).data());
  std::printf("\n");
  if (count < 1000) return;
  for (auto const why : all_spared) EXPECT_GT(tally.spared[why], 0u) << name(why);
  for (auto const some :
       {tally.adds, tally.removals, tally.held, tally.left, tally.back, tally.undecided})
    EXPECT_GT(some, 0u);
}

}  // namespace
}  // namespace wardroom::space_sync::test
