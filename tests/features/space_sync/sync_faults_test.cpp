// Syncs over a directory and a space that go wrong in every way there is: nobody who belongs is
// removed (S1), a held run changes nothing (S3), and once the faults stop the space is as it should
// be within two runs (S2). The truth is looked up in the simulator at the moment of each DELETE.
#include "features/space_sync/fault_world.hpp"
#include "support/random_runs.hpp"

#include <fmt/format.h>

#include <iostream>

namespace wardroom::space_sync::test {
namespace {

constexpr std::uint64_t kSyncs = 2'000;  // 10,000 were run once
constexpr std::uint64_t kRoundsAWorld = 20;
constexpr std::array<unsigned, 5> kRates{0, 20, 80, 200, 500};

struct Totals {
  std::map<std::string, std::uint64_t> ends;
  std::uint64_t syncs = 0, added = 0, removed = 0, calm = 0;
};

class SyncFaults : public testing::Test {
 protected:
  Totals totals;

  /// One sync while things go wrong.
  void rough_round(FaultWorld& world, wardroom::test::Dice& dice) {
    if (dice.one_in(5)) world.freeze(dice.one_in(2), dice.one_in(2));
    for (auto n = dice.below(8); n > 0; --n) world.change_somebody();
    world.script().per_mille = kRates[dice.below(kRates.size())];
    world.changes_per_mille = dice.one_in(3) ? 60 : 0;
    auto const before = world.changes();
    auto done = world.run();
    note(done);
    if (done && done->state == RunState::held) {
      EXPECT_EQ(world.changes(), before) << "S3: a held run changed something";
      if (dice.one_in(2)) note(world.approve(done->counts.to_remove));
    }
    world.script().per_mille = world.changes_per_mille = 0;
  }

  /// S2: the faults stop; what is held is approved.
  void calm_rounds(FaultWorld& world) {
    world.thaw();
    world.script().per_mille = world.changes_per_mille = 0;
    std::string left = "never run";
    for (int i = 0; i < 2 && !left.empty(); ++i) {
      auto done = world.run();
      note(done);
      if (done && done->state == RunState::held) {
        auto const removed = world.removed();
        done = world.approve(done->counts.to_remove);
        note(done);
        if (done) EXPECT_EQ(std::int64_t(world.removed() - removed), done->counts.removed);
      }
      EXPECT_TRUE(done) << (done ? "" : done.error().what);
      left = world.difference();
    }
    EXPECT_EQ(left, "") << "not equal within two runs after the faults stopped";
    ++totals.calm;
  }

  void note(Result<space_sync::Run> const& done) {
    ++totals.syncs;
    ++totals.ends[done ? std::string(name(done->state))
                       : "refused: " + std::string(name(done.error().kind))];
    if (!done) return;
    totals.added += std::uint64_t(done->counts.added);
    totals.removed += std::uint64_t(done->counts.removed);
  }

  void tell() const {
    std::cout << fmt::format("{} syncs, {} added, {} removed, converged {} times\n", totals.syncs,
                             totals.added, totals.removed, totals.calm);
    for (auto const& [end, n] : totals.ends) std::cout << fmt::format("  {:<24}{}\n", end, n);
    for (auto const& [fault, n] : FaultScript::tally())
      std::cout << fmt::format("    {:<28}{}\n", fault, n);
  }
};

TEST_F(SyncFaults, S1_S2_S3_nobody_who_belongs_is_removed_and_it_converges_when_faults_stop) {
  auto const seed = wardroom::test::random_seed();
  auto const wanted = wardroom::test::random_count(kSyncs);
  for (std::uint64_t world_number = 0; totals.syncs < wanted && !HasFailure(); ++world_number) {
    SCOPED_TRACE(fmt::format("world {} of seed {}", world_number, seed));
    wardroom::test::Dice dice(seed + world_number * 7919);
    // Half of them have no limits: then nothing but the look at each person keeps them in.
    auto const limits = dice.one_in(2) ? FaultWorld::Limits::usual : FaultWorld::Limits::none;
    FaultWorld world(dice.bits(), 13 + dice.below(10), limits);
    for (std::uint64_t round = 0; round < kRoundsAWorld && !HasFailure(); ++round) {
      SCOPED_TRACE(fmt::format("round {}", round));
      if (round % 5 == 4)
        calm_rounds(world);
      else
        rough_round(world, dice);
      for (auto const& wrong : world.wrong()) ADD_FAILURE() << "S1: " << wrong;
    }
  }
  tell();
  EXPECT_GT(totals.removed, totals.syncs / 10) << "the proof needs removals";
}

TEST_F(SyncFaults, the_oracle_notices_removals_that_were_not_confirmed) {
  std::uint64_t wrong = 0;
  for (std::uint64_t world_number = 0; world_number < 20 && wrong == 0; ++world_number) {
    wardroom::test::Dice dice(world_number + 1);
    FaultWorld world(dice.bits(), 20, FaultWorld::Limits::none, FaultWorld::Check::careless);
    for (int round = 0; round < 10 && wrong == 0; ++round) {
      rough_round(world, dice);
      wrong = world.wrong().size();
    }
  }
  EXPECT_GT(wrong, 0u) << "S1 above proves nothing";
}

}  // namespace
}  // namespace wardroom::space_sync::test
