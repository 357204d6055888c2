// D3: every call to the disk fails once, in every way; the disk stays full, or dead, for a while; a
// sync fails and the kernel forgets about it. Nothing crashes, nothing acknowledged is lost, who is
// refused hears one sentence with a remedy, and once the fault has gone all works by itself.
#include "disk_machine.hpp"

namespace wardroom::test {
namespace {
using namespace std::chrono_literals;
using Fault = MemoryDisk::Fault;

constexpr std::uint64_t calls_to_fail = 500;

/// What an operator is told: about this store, what is wrong, and after a semicolon what to do. The
/// kind is one for which the daemon ends with 74.
void expect_clear(Error const& error, std::string const& path, std::string const& when) {
  EXPECT_EQ(error.kind, ErrorKind::unavailable) << when << ": " << error.what;
  EXPECT_NE(error.what.find(path), std::string::npos) << when << ": " << error.what;
  EXPECT_NE(error.what.find("; "), std::string::npos) << when << ": " << error.what;
  EXPECT_EQ(error.what.find('\n'), std::string::npos) << when << ": " << error.what;
}

void expect_clear_errors(DiskMachine& machine, std::string const& when) {
  for (auto const& error : machine.errors()) expect_clear(error, machine.path(), when);
  machine.forget_errors();
}

/// A start that a fault may refuse; the next one may not be refused any more when it was just one.
void start(DiskMachine& machine, std::string const& when) {
  auto const refused = machine.open();
  if (!refused) return;
  expect_clear(*refused, machine.path(), when);
  auto const again = machine.open();
  ASSERT_FALSE(again) << when << ": " << again->what;
}

/// Writes, reads and checkpoints, one after the other: the calls come in the same order every time.
void rounds(DiskMachine& machine, int count) {
  for (int i = 0; i < count; ++i) {
    machine.write(3);
    machine.settle(50ms);
    if (i % 3 == 0) machine.read();
    machine.settle(50ms);
    if (i % 4 == 3) machine.pass(1'500ms);
  }
}

/// A life, an orderly end, and another life.
void work(DiskMachine& machine, std::string const& when) {
  rounds(machine, 9);
  machine.end(true);
  start(machine, when);
  if (machine.running()) rounds(machine, 8);
}

bool healthy(DiskMachine& machine) { return !machine.database().health().trouble; }

/// One daemon's life with one fault in it, and how the machine ends after that.
void one_fault(Fault fault, std::uint64_t call, Dice& dice) {
  auto const when =
      "fault " + std::to_string(static_cast<int>(fault)) + " at call " + std::to_string(call);
  DiskMachine machine(dice);
  machine.disk.fail(fault, call, call);
  start(machine, when);
  if (!machine.running()) return;
  work(machine, when);
  if (!machine.running()) return;
  expect_clear_errors(machine, when);
  EXPECT_TRUE(machine.until([&] { return healthy(machine); }, 100ms))
      << when << ": " << *machine.database().health().trouble;
  machine.disk.heal();
  machine.verify(when);
  if (dice.one_in(2)) {  // killed: the next one finds what the kernel has, not what the disk has
    machine.end(false);
    start(machine, when);
    if (!machine.running()) return;
    machine.write(2);
    machine.settle(50ms);
    machine.forget_errors();
  }
  machine.power_cycle();
  machine.verify(when + ", after a power cut");
}

/// With WARDROOM_COUNT each call, else every n-th, beginning anywhere.
void calls_fail_once(Fault fault, std::uint64_t step) {
  Dice dice(random_seed());
  auto const calls = random_count(calls_to_fail);
  if (std::getenv("WARDROOM_COUNT") != nullptr) step = 1;
  for (auto call = 1 + dice.below(step); call <= calls && !testing::Test::HasFailure();
       call += step)
    one_fault(fault, call, dice);
}

TEST(FailingDisk, D3_each_of_the_first_500_calls_fails_once_with_EIO) {
  calls_fail_once(Fault::io_error, 1);
}
TEST(FailingDisk, D3_any_of_the_first_500_calls_fails_once_for_want_of_room) {
  calls_fail_once(Fault::full, 10);
}
TEST(FailingDisk, D3_any_of_the_first_500_calls_fails_once_because_the_disk_is_read_only) {
  calls_fail_once(Fault::read_only, 10);
}

TEST(FailingDisk, D3_the_first_500_calls_are_starts_commits_reads_and_checkpoints) {
  Dice dice(7);
  DiskMachine machine(dice);
  ASSERT_FALSE(machine.open());
  auto const started = machine.disk.calls();
  work(machine, "a sound disk");
  EXPECT_LT(started, calls_to_fail / 2);
  EXPECT_GT(machine.disk.calls(), calls_to_fail);
  EXPECT_GT(machine.database().wal().checkpointed, 0);
}

TEST(FailingDisk, D3_a_disk_that_is_full_for_a_while_refuses_writes_answers_reads_and_heals) {
  Dice dice(random_seed());
  for (int i = 0; i < 20 && !HasFailure(); ++i) {
    DiskMachine machine(dice);
    ASSERT_FALSE(machine.open());
    machine.write(5);
    machine.settle(50ms);
    if (i % 2 == 0) machine.pass(1'500ms);
    machine.disk.fail(Fault::full, machine.disk.calls() + 1 + dice.below(10), ~std::uint64_t{0});
    // What the log had grown to before it was moved can be filled again.
    for (int round = 0; round < 100 && machine.errors().size() < 5; ++round) {
      machine.write(2);
      machine.settle(100ms);
    }
    EXPECT_GE(machine.errors().size(), 5u);
    for (auto const& error : machine.errors())
      EXPECT_NE(error.what.find("full; free some space"), std::string::npos) << error.what;
    expect_clear_errors(machine, "full");
    EXPECT_FALSE(healthy(machine));
    auto const before = machine.reads_answered();
    machine.read();
    machine.settle();
    EXPECT_EQ(machine.reads_answered(), before + 1) << "reading needs no room";
    machine.disk.heal();
    EXPECT_TRUE(machine.until([&] { return healthy(machine); }, 100ms)) << "nobody writes";
    machine.write(3);
    machine.settle();
    EXPECT_TRUE(machine.errors().empty());
    machine.verify("after the disk was full");
    machine.power_cycle();
    machine.verify("after the disk was full and the power cut");
  }
}

TEST(FailingDisk, D3_a_disk_that_is_dead_for_a_while_loses_nothing_acknowledged) {
  Dice dice(random_seed());
  for (int i = 0; i < 40 && !HasFailure(); ++i) {
    DiskMachine machine(dice);
    ASSERT_FALSE(machine.open());
    machine.write(5);
    machine.settle(50ms);
    auto const from = machine.disk.calls() + 1 + dice.below(60);
    machine.disk.fail(dice.one_in(3) ? Fault::failed_sync : Fault::io_error, from,
                      from + dice.below(400));
    for (int round = 0; round < 12; ++round) {
      machine.write(2);
      if (round % 3 == 0) machine.read();
      machine.settle(300ms);
    }
    expect_clear_errors(machine, "dead");
    machine.disk.heal();
    EXPECT_TRUE(machine.until([&] { return healthy(machine); }, 100ms));
    machine.write(3);
    machine.settle(50ms);
    EXPECT_TRUE(machine.errors().empty()) << machine.errors().front().what;
    machine.verify("after the disk was dead");
    machine.power_cycle();
    machine.verify("after the disk was dead and the power cut");
  }
}

TEST(FailingDisk, D3_after_any_failed_sync_what_is_acknowledged_later_survives_a_power_cut) {
  Dice dice(random_seed());
  auto const rounds = random_count(60);
  std::uint64_t met = 0;
  for (std::uint64_t i = 0; i < rounds && !HasFailure(); ++i) {
    DiskMachine machine(dice);
    ASSERT_FALSE(machine.open());
    machine.write(5);
    machine.settle(50ms);
    machine.disk.fail_sync(1 + dice.below(8));
    for (int round = 0; round < 6; ++round) {
      machine.write(static_cast<int>(dice.between(1, 6)));
      // Often a checkpoint is beside a commit: then it moves a part of the log, and syncs nothing.
      machine.settle(dice.one_in(2) ? 400ms : 1ms);
      if (dice.one_in(5)) {
        machine.end(dice.one_in(2));
        start(machine, "a start with a failing sync");
        if (!machine.running()) return;
      }
    }
    met += machine.disk.failed();
    machine.disk.heal();
    for (int round = 0; round < 3; ++round) {
      machine.write(static_cast<int>(dice.between(1, 6)));
      machine.settle(dice.one_in(2) ? 400ms : 1ms);
    }
    machine.forget_errors();
    machine.power_cycle();
    machine.verify("failed sync " + std::to_string(i));
  }
  EXPECT_GT(met, rounds / 4);
}

}  // namespace
}  // namespace wardroom::test
