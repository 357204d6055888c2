// The sweep: bounded steps, a full turn in time, and no batch dropped before all of it is folded.
#include "people/fix_sweep.hpp"

#include "support/random_runs.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>

namespace wardroom::people {
namespace {

TEST(DirtySet, counts_and_finds_its_members) {
  DirtySet set;
  EXPECT_EQ(set.next(1, 1'000), 1'000u);
  for (PersonNo no : {5u, 64u, 63u, 200u, 5u}) set.add(no);
  EXPECT_EQ(set.count(), 4u);
  EXPECT_EQ(set.next(1, 1'000), 5u);
  EXPECT_EQ(set.next(6, 1'000), 63u);
  EXPECT_EQ(set.next(64, 1'000), 64u);
  EXPECT_EQ(set.next(65, 200), 200u);
  EXPECT_EQ(set.next(65, 150), 150u);
  EXPECT_EQ(set.next(201, 1'000), 1'000u);
  set.remove(64);
  set.remove(999'999);
  EXPECT_EQ(set.count(), 3u);
  EXPECT_EQ(set.next(64, 1'000), 200u);
}

TEST(FixSweep, takes_neighbours_in_order_and_no_more_than_its_share) {
  FixSweep sweep;
  sweep.restart(1, 1);
  for (PersonNo no = 1; no <= 10'000; ++no) sweep.touched(no);
  auto const first = sweep.take(0.01, 10'000, 2, true);
  ASSERT_EQ(first.people.size(), 100u);
  EXPECT_EQ(first.people.front(), 1u);
  EXPECT_EQ(first.people.back(), 100u);
  auto const second = sweep.take(0.5, 10'000, 3, true);
  EXPECT_EQ(second.people.size(), FixSweep::rows_a_commit) << "bounded";
  EXPECT_EQ(second.people.front(), 101u);
  EXPECT_TRUE(sweep.behind());
}

TEST(FixSweep, passes_clean_people_at_no_cost) {
  FixSweep sweep;
  sweep.restart(1, 1);
  sweep.touched(900'000);
  auto const step = sweep.take(1.0, 1'000'000, 2, true);
  EXPECT_EQ(step.people, (std::vector<PersonNo>{900'000}));
  EXPECT_TRUE(step.ends_turn);
}

TEST(FixSweep, drops_everything_once_all_is_folded_and_held) {
  FixSweep sweep;
  sweep.restart(1, 1);
  sweep.touched(1);
  auto const step = sweep.take(1.0, 1, 2, true);
  EXPECT_EQ(step.people.size(), 1u);
  EXPECT_EQ(sweep.take(1.0, 1, 2, false).drop_below, 0) << "the first commit may still fail";
  sweep.landed(step, true);
  sweep.landed({}, true);
  EXPECT_EQ(sweep.take(0.0, 1, 2, false).drop_below, 2);
  EXPECT_FALSE(sweep.pending(2));
}

/// Plays commits that land late, in order, and fail at random, against a model of the tables.
TEST(FixSweep, never_drops_a_batch_that_is_not_folded) {
  auto const seed = test::random_seed();
  auto const runs = test::random_count(60);
  for (std::uint64_t run = 0; run < runs; ++run) {
    test::Dice dice(seed + run);
    FixSweep sweep;
    sweep.restart(1, 1);
    auto const people = static_cast<PersonNo>(dice.between(1, 300));
    struct Commit {
      FixSweep::Step step;
      std::int64_t seq = 0;
      std::vector<PersonNo> posted;
      std::vector<std::int64_t> folded;  // the version each person of the step had when taken
    };
    std::vector<std::int64_t> version(people + 1, 0);       // in memory: seq of the last post
    std::map<std::int64_t, std::vector<PersonNo>> batches;  // stored
    std::vector<std::int64_t> last_fix(people + 1, 0);      // stored
    std::deque<Commit> under_way;
    std::int64_t next_seq = 1;

    auto land = [&](bool committed) {
      auto commit = std::move(under_way.front());
      under_way.pop_front();
      if (committed) {
        if (commit.seq != 0) batches[commit.seq] = commit.posted;
        for (std::size_t i = 0; i < commit.folded.size(); ++i)
          last_fix[commit.step.people[i]] = commit.folded[i];
        for (auto it = batches.begin(); it != batches.end() && it->first < commit.step.drop_below;
             it = batches.erase(it))
          for (auto const person : it->second)
            ASSERT_GE(last_fix[person], it->first)
                << "seed " << seed + run << ": batch " << it->first << " was dropped too early";
      }
      sweep.landed(commit.step, committed);
    };

    for (int i = 0; i < 400; ++i) {
      Commit commit;
      auto const posts = dice.one_in(3) ? 0 : dice.below(4);
      if (posts > 0) commit.seq = next_seq;
      for (std::uint64_t p = 0; p < posts; ++p) {
        auto const person = static_cast<PersonNo>(dice.between(1, people));
        version[person] = next_seq;
        sweep.touched(person);
        commit.posted.push_back(person);
      }
      if (posts > 0) ++next_seq;
      commit.step = sweep.take(double(dice.below(100)) / 80.0, people, next_seq, posts > 0);
      for (auto const person : commit.step.people) commit.folded.push_back(version[person]);
      under_way.push_back(std::move(commit));
      while (under_way.size() > 2 || (!under_way.empty() && dice.one_in(2)))
        ASSERT_NO_FATAL_FAILURE(land(!dice.one_in(6)));
    }
    while (!under_way.empty()) ASSERT_NO_FATAL_FAILURE(land(true));
    for (int i = 0; i < 500 && sweep.pending(next_seq); ++i) {
      under_way.push_back({.step = sweep.take(0.2, people, next_seq, false)});
      auto& commit = under_way.back();
      for (auto const person : commit.step.people) commit.folded.push_back(version[person]);
      ASSERT_NO_FATAL_FAILURE(land(true));
    }
    EXPECT_FALSE(sweep.pending(next_seq)) << "seed " << seed + run;
    EXPECT_TRUE(batches.empty()) << "seed " << seed + run;
    EXPECT_EQ(last_fix, version) << "seed " << seed + run;
  }
}

}  // namespace
}  // namespace wardroom::people
