// D2: the power goes at any call to the disk, which may drop, tear and reorder what was not synced.
// Whatever was acknowledged is there when it comes back, and nothing is there by half.
#include "disk_machine.hpp"

#include <sqlite3.h>

namespace wardroom::test {
namespace {
using namespace std::chrono_literals;

/// One life of a daemon, from its start to the power cut, at whatever call that comes.
void live(DiskMachine& machine, Dice& dice) {
  // Starting alone takes some 100 calls: some cuts come in the middle of that.
  auto const calls = dice.one_in(3) ? dice.below(150) : dice.below(500);
  machine.disk.cut_at(machine.disk.calls() + 1 + calls);
  if (auto const refused = machine.open()) {
    EXPECT_TRUE(machine.disk.dark()) << refused->what;
    return machine.power_cycle();
  }
  while (!machine.disk.dark()) {
    machine.write(static_cast<int>(dice.between(1, 8)));
    if (dice.one_in(4)) machine.read();
    // A checkpoint comes a second after a commit: often beside the next commits, sometimes alone.
    machine.settle(dice.one_in(3) ? 300ms : 1ms);
    if (dice.one_in(6)) machine.pass(1'500ms);
    if (!machine.disk.dark()) {
      EXPECT_TRUE(machine.errors().empty()) << machine.errors().front().what;
    }
    if (dice.one_in(40)) break;  // the cut comes between two calls, or after an orderly end
  }
  if (dice.one_in(10)) machine.end(true);
  machine.forget_errors();
  machine.power_cycle();
}

TEST(PowerCut, D2_loses_nothing_acknowledged_and_leaves_nothing_by_half) {
  Dice dice(random_seed());
  auto const cuts = random_count(2'000);
  std::size_t acknowledged = 0;
  for (std::uint64_t cut = 0; cut < cuts && !testing::Test::HasFailure();) {
    DiskMachine machine(dice);
    for (int i = 0; i < 20 && cut < cuts && !testing::Test::HasFailure(); ++i, ++cut) {
      live(machine, dice);
      // Now and then the next cut comes before anybody has looked.
      if (dice.one_in(4)) continue;
      machine.verify("after cut " + std::to_string(cut));
      machine.end(dice.one_in(2));
    }
    machine.verify("at the end, cut " + std::to_string(cut));
    acknowledged += machine.acknowledged();
  }
  std::printf("%llu power cuts, %zu acknowledged units, 0 lost\n",
              static_cast<unsigned long long>(cuts), acknowledged);
  EXPECT_GT(acknowledged, cuts);
}

TEST(PowerCut, D2_the_disk_of_this_test_does_lose_what_was_not_synced) {
  Dice dice(random_seed());
  int lost = 0, torn = 0;
  for (int i = 0; i < 100; ++i) {
    MemoryDisk disk;
    auto* const vfs = sqlite3_vfs_find(disk.vfs().c_str());
    std::vector<char> room(static_cast<std::size_t>(vfs->szOsFile));
    auto* const file = reinterpret_cast<sqlite3_file*>(room.data());
    ASSERT_EQ(vfs->xOpen(vfs, "/a.db", file, SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_CREATE, nullptr),
              SQLITE_OK);
    std::string const kept(4'096, 'k'), fresh(4'096, 'f');
    file->pMethods->xWrite(file, kept.data(), 4'096, 0);
    file->pMethods->xSync(file, SQLITE_SYNC_FULL);
    file->pMethods->xWrite(file, fresh.data(), 4'096, 0);
    file->pMethods->xClose(file);
    SeededRandom fate(dice.bits());
    disk.power_on(fate);
    auto const after = disk.contents("/a.db");
    ASSERT_EQ(after.size(), 4'096u);
    if (after == kept) ++lost;
    if (after != kept && after != fresh) ++torn;
  }
  EXPECT_GT(lost, 5);
  EXPECT_GT(torn, 5);
}

}  // namespace
}  // namespace wardroom::test
