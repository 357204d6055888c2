// D1, D2 without threads: the store on a disk in memory, writer and reader on the loop of the test.
// The process or the power dies between any two handlers, while the store is open and goes on.
#include "support/memory_disk.hpp"

#include "store/sqlite_check.hpp"
#include "store/sqlite_database.hpp"
#include "support/fake_clock.hpp"
#include "support/random_runs.hpp"
#include "support/temp_database.hpp"

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <set>

namespace wardroom::test {
namespace {
using namespace std::chrono_literals;
using store::Sql;

std::vector<store::Migration> steps() {
  return {{101, "pairs",
           "CREATE TABLE one (id INTEGER PRIMARY KEY, body TEXT NOT NULL);"
           "CREATE TABLE other (id INTEGER PRIMARY KEY, body TEXT NOT NULL)"}};
}

/// One life of a store on one loop, every turn of it in the hands of the test.
class Life {
 public:
  /// `commit` = how long a batch takes.
  Life(TempDirectory const& folder, MemoryDisk& disk, Milliseconds commit = 0ms) {
    disk.use_time([this] { return clock_.now(); });
    auto const later = [this, commit](std::string_view worker, std::function<void()> run) {
      if (commit == 0ms || worker != "wardroom-writer") return boost::asio::post(io_, run);
      timers_.push_back(clock_.after(commit, std::move(run)));
    };
    auto opened = store::SqliteDatabase::open(io_.get_executor(), clock_, folder / "wardroom.db",
                                              steps(), {}, disk.vfs(), later);
    if (!opened) throw std::runtime_error(opened.error().what);
    database = std::move(*opened);
  }

  /// Two rows that are there together or not at all.
  void write(std::int64_t id, std::size_t size, std::set<std::int64_t>& acknowledged) {
    database->write(
        [id, body = std::string(size, 'b')](Sql& sql) {
          sql.run("INSERT INTO one VALUES ($1, $2)", {id, body});
          sql.run("INSERT INTO other VALUES ($1, $2)", {id, body});
        },
        [this, id, &acknowledged](Result<void> const& outcome) {
          if (outcome)
            acknowledged.insert(id);
          else
            errors.push_back(outcome.error().what);
        });
  }
  bool turn() {
    io_.restart();
    return io_.poll_one() > 0;
  }
  void pass(Milliseconds time) { clock_.advance(time); }

  /// Everything in the store by now. Throws when SQLite finds damage or a pair is not whole.
  std::set<std::int64_t> look() {
    std::set<std::int64_t> found;
    std::optional<Result<void>> answer;
    database->read(
        [&](Sql& sql) {
          if (auto const damage = store::find_damage(sql, "the store"))
            throw std::runtime_error(*damage);
          sql.query("SELECT id FROM one", {},
                    [&](auto const& row) { found.insert(row.integer(0)); });
          auto const halves = sql.one(
              "SELECT count(*) FROM (SELECT * FROM one EXCEPT SELECT * FROM other"
              " UNION ALL SELECT * FROM other EXCEPT SELECT * FROM one)");
          if (halves->integer(0) != 0) throw std::runtime_error("there are half units");
        },
        [&](Result<void> outcome) { answer = outcome; });
    while (!answer)
      if (!turn()) throw std::runtime_error("the read is never answered");
    if (!*answer) throw std::runtime_error(answer->error().what);
    return found;
  }

  std::vector<std::string> errors;

 private:
  boost::asio::io_context io_{1};
  FakeClock clock_{io_};
  std::vector<TimerHandle> timers_;

 public:
  std::unique_ptr<store::SqliteDatabase> database;
};

struct Fate {
  std::size_t acknowledged = 0, lives = 0;
  std::string broken;  ///< the first broken promise, in words
};

/// Lives of one store; each ends between two handlers, by a power cut or a kill.
Fate live_and_die(std::uint64_t seed, bool lying_disk) {
  SeededRandom dice(seed);
  auto const below = [&](std::uint64_t n) { return dice.number() % n; };
  TempDirectory folder;
  MemoryDisk::seed_sqlite(static_cast<std::uint32_t>(seed));
  auto disk = std::make_unique<MemoryDisk>();
  std::set<std::int64_t> acknowledged, all;
  std::int64_t last = 0;
  Fate fate;
  for (; fate.lives < 8; ++fate.lives) try {
      std::unique_ptr<MemoryDisk> left;
      {
        Life life(folder, *disk, below(3) == 0 ? Milliseconds(1 + below(20)) : 0ms);
        if (fate.lives > 0) {
          all = life.look();
          for (auto const id : acknowledged)
            if (!all.contains(id)) fate.broken = "unit " + std::to_string(id) + " is lost";
          if (!fate.broken.empty()) return fate;
          acknowledged = all;
        }
        disk->lie_about_syncs(lying_disk);
        for (auto handlers = below(120); handlers > 0; --handlers) {
          if (below(4) == 0)
            life.write(++last, 1 + below(below(8) == 0 ? 9'000 : 200), acknowledged);
          if (below(16) == 0) life.pass(Milliseconds(below(1'200)));
          life.turn();
        }
        left = below(4) == 0 ? disk->clone() : disk->after_power_cut(dice);
        auto const heard = acknowledged;
        fate.acknowledged = heard.size();
        // The dead one does not know that it is dead; its last words go to its own disk.
        if (below(2) == 0) life.database->close();
        life.database.reset();
        acknowledged = heard;
      }
      disk = std::move(left);
    } catch (std::exception const& e) {
      fate.broken = e.what();
      return fate;
    }
  return fate;
}

TEST(MemoryDisk, D2_what_was_acknowledged_survives_a_death_between_any_two_handlers) {
  auto const seed = random_seed();
  auto const count = random_count(100);
  std::size_t acknowledged = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto const fate = live_and_die(seed + i, false);
    ASSERT_EQ(fate.broken, "") << "WARDROOM_SEED=" << seed + i << " WARDROOM_COUNT=1, life "
                               << fate.lives;
    acknowledged += fate.acknowledged;
  }
  std::printf("%zu acknowledged units, 0 lost\n", acknowledged);
  EXPECT_GT(acknowledged, count);
}

TEST(MemoryDisk, D2_a_disk_whose_syncs_do_nothing_is_found_out) {
  auto const seed = random_seed();
  int found = 0;
  for (std::uint64_t i = 0; i < 40; ++i)
    if (!live_and_die(seed + i, true).broken.empty()) ++found;
  EXPECT_GT(found, 20);
}

/// The bytes of all that a life of these dice leaves.
std::string bytes_after(std::uint64_t seed, TempDirectory const& folder) {
  SeededRandom dice(seed);
  MemoryDisk::seed_sqlite(static_cast<std::uint32_t>(seed));
  MemoryDisk disk;
  Life life(folder, disk, 3ms);
  std::set<std::int64_t> acknowledged;
  for (std::int64_t id = 1; id < 40; ++id) {
    life.write(id, 50, acknowledged);
    life.pass(Milliseconds(dice.number() % 100));
  }
  auto const after = disk.after_power_cut(dice);
  auto const path = folder / "wardroom.db";
  life.database->close();
  return std::to_string(disk.calls()) + after->contents(path) + after->contents(path + "-wal");
}

TEST(MemoryDisk, the_same_seed_leaves_the_same_bytes) {
  TempDirectory folder;
  for (std::uint64_t const seed : {1, 2, 3})
    EXPECT_TRUE(bytes_after(seed, folder) == bytes_after(seed, folder)) << seed;
  EXPECT_FALSE(bytes_after(1, folder) == bytes_after(2, folder));
}

TEST(MemoryDisk, a_reader_sees_what_was_committed_and_a_checkpoint_moves_it) {
  TempDirectory folder;
  MemoryDisk disk;
  Life life(folder, disk);
  std::set<std::int64_t> acknowledged;
  for (std::int64_t id = 1; id <= 50; ++id) life.write(id, 500, acknowledged);
  while (life.turn()) continue;
  EXPECT_EQ(life.look().size(), 50u);
  auto const before = disk.contents(folder / "wardroom.db").size();
  life.pass(2s);
  EXPECT_GT(disk.contents(folder / "wardroom.db").size(), before);
  EXPECT_EQ(life.database->wal().pages, life.database->wal().checkpointed);
}

TEST(MemoryDisk, a_batch_takes_the_time_it_is_given_and_close_waits_for_nobody) {
  TempDirectory folder;
  MemoryDisk disk;
  Life life(folder, disk, 40ms);
  std::set<std::int64_t> acknowledged;
  life.write(1, 10, acknowledged);
  life.pass(39ms);
  EXPECT_TRUE(acknowledged.empty());
  life.pass(1ms);
  EXPECT_EQ(acknowledged.size(), 1u);
  life.write(2, 10, acknowledged);
  life.pass(1ms);
  life.write(3, 10, acknowledged);
  life.database->close();
  EXPECT_EQ(acknowledged.size(), 3u);
  life.pass(100ms);
}

TEST(MemoryDisk, a_disk_in_trouble_fails_writes_and_is_well_again_after_it) {
  using Fault = MemoryDisk::Fault;
  TempDirectory folder;
  for (auto const fault : {Fault::full, Fault::no_writes, Fault::failed_sync}) {
    MemoryDisk disk;
    Life life(folder, disk);
    std::set<std::int64_t> acknowledged;
    disk.fail(fault);
    life.write(1, 5'000, acknowledged);
    life.pass(100ms);
    EXPECT_EQ(life.errors.size(), 1u);
    EXPECT_TRUE(life.database->health().trouble);
    EXPECT_TRUE(life.look().empty()) << "reading works";
    disk.heal();
    life.pass(3s);
    EXPECT_FALSE(life.database->health().trouble) << "found out without anybody writing";
    life.write(2, 5'000, acknowledged);
    life.pass(100ms);
    EXPECT_EQ(life.look(), std::set<std::int64_t>{2});
  }
}

TEST(MemoryDisk, as_many_syncs_fail_as_were_told_to) {
  TempDirectory folder;
  MemoryDisk disk;
  Life life(folder, disk);
  std::set<std::int64_t> acknowledged;
  disk.fail_sync(1, 2);
  life.write(1, 10, acknowledged);
  life.pass(100ms);
  EXPECT_EQ(acknowledged.size(), 0u);
  life.pass(5s);
  EXPECT_EQ(disk.failed(), 2u);
  life.write(2, 10, acknowledged);
  life.pass(100ms);
  EXPECT_EQ(acknowledged, std::set<std::int64_t>{2});
}

TEST(MemoryDisk, a_clone_opens_at_once_where_its_template_was_closed) {
  TempDirectory folder;
  MemoryDisk original;
  {
    Life life(folder, original);
    life.database->close();
  }
  auto const begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    auto const copy = original.clone();
    Life life(folder, *copy);
    EXPECT_TRUE(life.look().empty());
    life.database->close();
  }
  auto const took = std::chrono::steady_clock::now() - begun;
  std::printf("%.2f ms to open and close a clone\n",
              std::chrono::duration<double, std::milli>(took).count() / 20);
}

}  // namespace
}  // namespace wardroom::test
