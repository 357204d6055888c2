/// A machine with one faulty disk: the store on it opens, writes, dies and opens again, and a model
/// beside it knows what must be there.
#pragma once
#include "store/sqlite_check.hpp"
#include "store/sqlite_database.hpp"
#include "support/fake_clock.hpp"
#include "support/memory_disk.hpp"
#include "support/random_runs.hpp"
#include "support/temp_database.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace wardroom::test {

/// What the disk may hold of a unit of writing.
enum class Presence {
  there,   ///< acknowledged
  gone,    ///< its removal was acknowledged
  either,  ///< nobody was told that it, or its removal, was done
};

class DiskMachine {
 public:
  explicit DiskMachine(Dice& dice) : dice_(dice) {}
  MemoryDisk disk;

  /// Starts a daemon's store; the error when it does not start.
  std::optional<Error> open();
  bool running() const { return database_ != nullptr; }
  store::SqliteDatabase& database() { return *database_; }
  /// The process ends: in order, or as by SIGKILL.
  void end(bool in_order);
  /// The power fails now, if it has not yet, and comes back.
  void power_cycle();

  /// Queues `count` changes; each is a unit of several rows in two tables.
  void write(int count);
  /// Turns the loop until everything is answered; `step` = virtual time per turn.
  void settle(Milliseconds step = Milliseconds(1));
  /// Queues a read of everything; its rows must fit the model. Answered by settle().
  void read();
  /// Lets virtual time pass, with the threads at work.
  void pass(Milliseconds time);

  /// Everything told as done is there, nothing is there by half, and SQLite finds no damage.
  void verify(std::string const& when);

  std::vector<Error> const& errors() const { return errors_; }
  void forget_errors() { errors_.clear(); }
  std::size_t acknowledged() const { return acknowledged_; }
  std::size_t reads_answered() const { return reads_; }
  Clock& clock() { return clock_; }
  std::string const& path() const { return path_; }
  /// Turns the loop until `condition`, at most ten seconds.
  bool until(std::function<bool()> const& condition, Milliseconds step = Milliseconds(1));

 private:
  void put(std::int64_t id);
  void take(std::int64_t id);
  void answered(std::int64_t id, Presence wanted, Result<void> const& outcome);

  Dice& dice_;
  TempDirectory folder_;
  std::string const path_ = folder_ / "state/wardroom.db";
  boost::asio::io_context io_{1};
  FakeClock clock_{io_};
  std::unique_ptr<store::SqliteDatabase> database_;
  std::map<std::int64_t, Presence> model_;
  std::int64_t last_id_ = 0;
  std::size_t waiting_ = 0, acknowledged_ = 0, reads_ = 0;
  std::vector<Error> errors_;
};

/// Two tables and an index that a unit changes together, and totals over them.
std::vector<store::Migration> disk_steps();

}  // namespace wardroom::test
