// A new master key takes over everything in one commit or nothing at all; a wrong one is refused
// and changes nothing.
#include "oauth/key_rotation.hpp"

#include "audit/chain.hpp"
#include "oauth/grant_store.hpp"
#include "runtime/system_clock.hpp"
#include "store/failpoint.hpp"
#include "store/meta.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/random_runs.hpp"
#include "support/run_task.hpp"
#include "support/temp_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <iterator>
#include <signal.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace wardroom::oauth {
namespace {
using crypto::MasterKey;
using crypto::Sealer;
using store::Blob;
using store::SqliteConnection;
using testing::HasSubstr;

constexpr store::Migration cells_table{941, "cells of this test", R"sql(
CREATE TABLE cells (
  name TEXT PRIMARY KEY, turn BIGINT NOT NULL, note TEXT NOT NULL, a BYTEA NOT NULL, b BYTEA)
)sql"};

SealedTable const cells{"cells", "name", "turn", {"a", "b"}};

MasterKey key(char fill) { return *MasterKey::from_bytes(std::string(32, fill)); }
std::optional<MasterKey> no_key() { return std::nullopt; }

std::string bytes_of(std::string const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string secret_of(int row, std::string_view column) {
  return fmt::format("secret {} {}", row, column);
}

/// Rows whose `a` is always sealed, and whose `b` is sealed, empty or absent in turn.
void fill(store::Sql& sql, Sealer const& sealer, int rows) {
  for (int i = 0; i < rows; ++i) {
    auto const name = fmt::format("row{}", i);
    auto const sealed = [&](std::string_view column) {
      return Blob{sealer.seal(Secret(secret_of(i, column)),
                              {"cells", name, column, static_cast<std::uint64_t>(i)})};
    };
    store::Value b = std::monostate{};
    if (i % 3 == 0) b = sealed("b");
    if (i % 3 == 1) b = Blob{};
    sql.run("INSERT INTO cells (name, turn, note, a, b) VALUES ($1, $2, $3, $4, $5)",
            {name, std::int64_t{i}, "note " + name, sealed("a"), b});
  }
}
std::size_t cells_in(int rows) { return static_cast<std::size_t>(rows + (rows + 2) / 3); }

/// How many cells open with this key alone, and with the text they were given.
std::size_t open_cells(store::Sql& sql, MasterKey const& with) {
  SystemRandom random;
  Sealer const sealer(with, random);
  std::size_t open = 0;
  sql.query("SELECT name, turn, a, b, note FROM cells", {}, [&](store::Row const& row) {
    auto const n = static_cast<int>(row.integer(1));
    EXPECT_EQ(row.text(4), "note " + row.text(0));
    for (std::size_t c : {2u, 3u}) {
      if (row.is_null(c) || row.blob(c).empty()) continue;
      std::string_view const column = c == 2 ? "a" : "b";
      auto const text = sealer.open(
          row.blob(c), {"cells", row.text(0), column, static_cast<std::uint64_t>(row.integer(1))});
      if (text && text->reveal() == secret_of(n, column)) ++open;
    }
  });
  return open;
}

/// A store on the disk, and starts of a daemon on it.
struct KeyRotation : testing::Test {
  test::TempDirectory folder;
  std::string path = folder / "wardroom.db";
  SystemRandom random;

  /// One start; everything of it is gone when this returns.
  Result<RotationReport> start(
      MasterKey const& with, std::optional<MasterKey> const& old_key,
      std::function<void()> const& opened = [] {}) {
    boost::asio::io_context io{1};
    SystemClock clock(io.get_executor());
    auto database = test::open_store(io.get_executor(), clock, path, {cells_table});
    opened();
    auto report =
        test::run_task(io, settle_key(*database, with, old_key, random, std::span(&cells, 1)));
    database->close();
    return report;
  }
  void prepare(int rows, char sealed_with, bool noted = true) {
    ASSERT_TRUE(start(key(sealed_with), no_key()));
    SqliteConnection sql(path, SqliteConnection::Use::write);
    sql.script("BEGIN");
    fill(sql, Sealer(key(sealed_with), random), rows);
    if (!noted) store::remove_meta(sql, master_key_id_meta);
    sql.script("COMMIT");
  }
  std::optional<std::string> noted() {
    SqliteConnection sql(path, SqliteConnection::Use::read);
    return store::get_meta(sql, master_key_id_meta);
  }
  std::size_t open_with(char fill_of_key) {
    SqliteConnection sql(path, SqliteConnection::Use::read);
    return open_cells(sql, key(fill_of_key));
  }
  /// All cells and the noted id belong to one key, of these two.
  void expect_whole(int rows, char one, char other) {
    char const in_use = noted() == key(one).id() ? one : other;
    EXPECT_EQ(noted(), key(in_use).id());
    EXPECT_EQ(open_with(in_use), cells_in(rows));
    EXPECT_EQ(open_with(in_use == one ? other : one), 0u);
  }
};

TEST_F(KeyRotation, the_first_start_notes_the_key_and_later_ones_find_it) {
  auto const first = start(key('a'), no_key());
  ASSERT_TRUE(first) << first.error().what;
  EXPECT_EQ(first->step, KeyStep::first_start);
  EXPECT_EQ(first->key_id, key('a').id());
  EXPECT_FALSE(first->old_key_configured);
  EXPECT_EQ(noted(), key('a').id());
  auto const second = start(key('a'), key('o'));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->step, KeyStep::unchanged);
  EXPECT_EQ(second->cells, 0u);
  EXPECT_TRUE(second->old_key_configured);
}

TEST_F(KeyRotation, R129_seals_every_cell_anew_and_says_that_the_old_key_may_go) {
  prepare(7, 'a');
  auto const report = start(key('b'), key('a'));
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->step, KeyStep::rotated);
  EXPECT_EQ(report->cells, cells_in(7));
  EXPECT_EQ(report->previous_key_id, key('a').id());
  EXPECT_TRUE(report->old_key_configured);
  EXPECT_THAT(report->sentence, HasSubstr("remove secrets.old_master_key_file"));
  EXPECT_EQ(noted(), key('b').id());
  EXPECT_EQ(open_with('b'), cells_in(7));
  EXPECT_EQ(open_with('a'), 0u);
  EXPECT_EQ(start(key('b'), key('a'))->step, KeyStep::unchanged);
  EXPECT_EQ(start(key('b'), no_key())->step, KeyStep::unchanged);
  EXPECT_EQ(start(key('a'), key('b'))->step, KeyStep::rotated) << "and back";
  EXPECT_EQ(open_with('a'), cells_in(7));
}

TEST_F(KeyRotation, a_new_key_takes_over_a_store_in_which_nothing_is_sealed_yet) {
  ASSERT_TRUE(start(key('a'), no_key()));
  EXPECT_FALSE(start(key('b'), no_key()));
  auto const report = start(key('b'), key('a'));
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->step, KeyStep::rotated);
  EXPECT_EQ(report->cells, 0u);
  EXPECT_EQ(noted(), key('b').id());
}

TEST_F(KeyRotation, T3_refuses_a_key_that_is_not_the_stores_and_changes_nothing) {
  prepare(20, 'a');
  auto const before = bytes_of(path);
  for (auto const& old_key : {no_key(), std::optional(key('c')), std::optional(key('b'))}) {
    auto const report = start(key('b'), old_key);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind, ErrorKind::denied);
    EXPECT_THAT(report.error().what, HasSubstr(key('a').id()));
    EXPECT_THAT(report.error().what, HasSubstr(key('b').id()));
    EXPECT_THAT(report.error().what, HasSubstr("secrets.old_master_key_file"));
    if (old_key && old_key->id() == key('c').id())
      EXPECT_THAT(report.error().what, HasSubstr(key('c').id()));
  }
  EXPECT_EQ(bytes_of(path), before);
  EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
  EXPECT_EQ(start(key('a'), no_key())->step, KeyStep::unchanged);
}

TEST_F(KeyRotation, T3_a_refusal_touches_neither_the_file_nor_its_log_of_a_store_in_use) {
  prepare(20, 'a');
  boost::asio::io_context io{1};
  SystemClock clock(io.get_executor());
  auto database = test::open_store(io.get_executor(), clock, path, {cells_table});
  auto const done = test::run_task(io, database->write([](store::Sql& sql) {
    sql.run("UPDATE cells SET note = 'changed' WHERE name = 'row3'");
  }));
  ASSERT_TRUE(done);
  auto const file = bytes_of(path);
  auto const log = bytes_of(path + "-wal");
  ASSERT_FALSE(log.empty());
  auto const wrong = key('b');
  auto const none = no_key();
  EXPECT_FALSE(
      test::run_task(io, settle_key(*database, wrong, none, random, std::span(&cells, 1))));
  EXPECT_EQ(bytes_of(path + "-wal"), log);
  EXPECT_EQ(bytes_of(path), file);
  database->close();
}

TEST_F(KeyRotation, a_store_of_the_first_version_is_looked_through_before_its_key_is_noted) {
  prepare(9, 'a', false);
  auto const before = bytes_of(path);
  auto const wrong = start(key('b'), no_key());
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::denied);
  EXPECT_THAT(wrong.error().what, HasSubstr(key('a').id()));
  EXPECT_EQ(bytes_of(path), before);
  auto const report = start(key('a'), no_key());
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->step, KeyStep::adopted);
  EXPECT_EQ(noted(), key('a').id());
}

TEST_F(KeyRotation, a_store_of_the_first_version_takes_a_new_key_at_once) {
  prepare(9, 'a', false);
  auto const report = start(key('b'), key('a'));
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->step, KeyStep::rotated);
  EXPECT_EQ(report->cells, cells_in(9));
  EXPECT_EQ(open_with('b'), cells_in(9));
}

TEST_F(KeyRotation, T3_an_altered_cell_stops_the_change_before_anything_is_written) {
  prepare(50, 'a');
  {
    SqliteConnection sql(path, SqliteConnection::Use::write);
    sql.run("UPDATE cells SET turn = turn + 1000 WHERE name = 'row42'");
  }
  auto const before = bytes_of(path);
  auto const report = start(key('b'), key('a'));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::malformed);
  EXPECT_THAT(report.error().what, HasSubstr("row42"));
  EXPECT_EQ(bytes_of(path), before);
}

TEST_F(KeyRotation, a_commit_that_fails_leaves_all_as_it_was) {
  prepare(12, 'a');
  failpoint::set("writer.before_commit:eio:1");
  auto const report = start(key('b'), key('a'));
  failpoint::set("");
  ASSERT_FALSE(report);
  EXPECT_EQ(noted(), key('a').id());
  EXPECT_EQ(open_with('a'), cells_in(12));
  EXPECT_EQ(start(key('b'), key('a'))->step, KeyStep::rotated);
}

TEST_F(KeyRotation, an_answer_that_is_lost_after_the_commit_leaves_all_new) {
  prepare(12, 'a');
  failpoint::set("writer.after_commit:eio:1");
  auto const report = start(key('b'), key('a'));
  failpoint::set("");
  ASSERT_FALSE(report);
  EXPECT_EQ(noted(), key('b').id());
  EXPECT_EQ(open_with('b'), cells_in(12));
  EXPECT_EQ(start(key('b'), key('a'))->step, KeyStep::unchanged);
}

TEST_F(KeyRotation, T3_death_just_before_or_after_the_commit_leaves_one_key_for_all) {
  prepare(12, 'a');
  for (auto const& [point, in_use] :
       {std::pair{"writer.before_commit", 'a'}, {"writer.after_commit", 'b'}}) {
    auto const child = ::fork();
    if (child == 0) {
      failpoint::set(fmt::format("{}:exit:1", point));
      (void)start(key('b'), key('a'));
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(WEXITSTATUS(status), 137);
    EXPECT_EQ(noted(), key(in_use).id()) << point;
    EXPECT_EQ(open_with(in_use), cells_in(12)) << point;
  }
  EXPECT_EQ(start(key('b'), key('a'))->step, KeyStep::unchanged);
}

// 20 kills somewhere in the change from one key to the other.
TEST_F(KeyRotation, T3_kills_at_random_moments_leave_one_key_for_all) {
  constexpr int rows = 120;
  prepare(rows, 'a');
  test::Dice dice(test::random_seed());
  auto const count = test::random_count(20);
  int before = 0, after_commit = 0;
  char from = 'a', to = 'b';
  for (std::uint64_t i = 0; i < count; ++i) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    auto const child = ::fork();
    if (child == 0) {
      auto const say = [&] {
        if (::write(ends[1], "x", 1) != 1) ::_exit(3);
      };
      auto const report = start(key(to), key(from), say);
      say();
      ::_exit(report ? 0 : 1);
    }
    ::close(ends[1]);
    char opened = 0;
    ASSERT_EQ(::read(ends[0], &opened, 1), 1);
    std::this_thread::sleep_for(std::chrono::microseconds(dice.below(60'000)));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << status;
    ::close(ends[0]);
    expect_whole(rows, from, to);
    ++(noted() == key(to).id() ? after_commit : before);
    auto const after = start(key(to), key(from));
    ASSERT_TRUE(after) << after.error().what;
    EXPECT_EQ(open_with(to), cells_in(rows));
    std::swap(from, to);
  }
  std::cout << before << " deaths before the commit, " << after_commit << " after it\n";
}

TEST_F(KeyRotation, ten_thousand_cells_take_seconds_at_most) {
  constexpr int rows = 7'500;
  prepare(rows, 'a');
  auto const begun = std::chrono::steady_clock::now();
  auto const report = start(key('b'), key('a'));
  auto const took = std::chrono::steady_clock::now() - begun;
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->cells, 10'000u);
  RecordProperty("milliseconds",
                 std::to_string(std::chrono::duration_cast<Milliseconds>(took).count()));
  EXPECT_LT(took, std::chrono::seconds(20));
}

/// The vault's own table, through the vault's own store.
struct GrantsUnderANewKey : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  test::FakeDatabase database{
      io, clock, {grants_migration, grants_client_migration, audit::audit_migration}};
  SystemRandom random;

  Result<RotationReport> settle(MasterKey const& with, std::optional<MasterKey> const& old_key) {
    return test::run_task(io, settle_key(database, with, old_key, random, sealed_tables()));
  }
  Result<std::vector<StoredGrant>> grants(char with) {
    Sealer const sealer(key(with), random);
    return test::run_task(io, GrantStore(database, sealer).load());
  }
};

TEST_F(GrantsUnderANewKey, R129_keep_their_tokens) {
  ASSERT_TRUE(settle(key('a'), no_key()));
  Sealer const sealer(key('a'), random);
  Grant grant;
  grant.identity = "admin";
  grant.generation = 7;
  grant.access = Secret("access token");
  grant.refresh = Secret("refresh token");
  grant.previous_refresh = Secret("refresh token before");
  ASSERT_TRUE(test::run_task(io, GrantStore(database, sealer).save(grant, std::nullopt)));
  grant.identity = "guests";
  grant.previous_refresh = Secret();
  ASSERT_TRUE(test::run_task(io, GrantStore(database, sealer).save(grant, std::nullopt)));

  auto const report = settle(key('b'), key('a'));
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->cells, 6u);
  EXPECT_FALSE(grants('a'));
  auto const loaded = grants('b');
  ASSERT_TRUE(loaded) << loaded.error().what;
  ASSERT_EQ(loaded->size(), 2u);
  auto const& admin = loaded->front().grant;
  EXPECT_EQ(admin.generation, 7u);
  EXPECT_EQ(admin.access.reveal(), "access token");
  EXPECT_EQ(admin.refresh.reveal(), "refresh token");
  EXPECT_EQ(admin.previous_refresh.reveal(), "refresh token before");
}

TEST_F(GrantsUnderANewKey, a_full_disk_leaves_the_old_key_in_use) {
  ASSERT_TRUE(settle(key('a'), no_key()));
  database.fail_next_commit({ErrorKind::unavailable, "the disk is full"});
  auto const report = settle(key('b'), key('a'));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().what, "the disk is full");
  EXPECT_EQ(settle(key('a'), no_key())->step, KeyStep::unchanged);
}

// A column that is forgotten here becomes unreadable with the next key.
TEST_F(GrantsUnderANewKey, every_column_of_bytes_is_listed) {
  for (auto const& table : sealed_tables()) {
    std::vector<std::string> bytes;
    database.sql().query(fmt::format("SELECT name, type FROM pragma_table_info('{}')", table.table),
                         {}, [&](store::Row const& row) {
                           if (row.text(1) == "BYTEA") bytes.push_back(row.text(0));
                         });
    EXPECT_THAT(bytes, testing::UnorderedElementsAreArray(table.sealed_columns));
  }
}

}  // namespace
}  // namespace wardroom::oauth
