// The store over a real file: pragmas, locks, rights, snapshots, failing disks, reopening.
#include "store/sqlite_database.hpp"

#include "runtime/system_clock.hpp"
#include "store/failpoint.hpp"
#include "store/journal.hpp"
#include "support/run_task.hpp"
#include "support/temp_database.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace wardroom::store {
namespace {
using namespace std::chrono_literals;

constexpr Migration table{101, "table", "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)"};

struct Store : testing::Test {
  boost::asio::io_context io{1};
  SystemClock clock{io.get_executor()};
  test::TempDirectory folder;
  std::string const path = folder / "state/wardroom.db";
  std::unique_ptr<SqliteDatabase> database = open();

  std::unique_ptr<SqliteDatabase> open() {
    return test::open_store(io.get_executor(), clock, path, {table});
  }
  Result<void> insert(std::int64_t a, std::string b = {}) {
    return test::run_task(io, database->write([a, b](Sql& sql) {
      sql.run("INSERT INTO t VALUES ($1, $2)", {a, b});
    }));
  }
  std::int64_t count() {
    return test::run_task(io, database->read<std::int64_t>([](Sql& sql) {
             return sql.one("SELECT count(*) FROM t")->integer(0);
           }))
        .value();
  }
  void reopen() {
    database.reset();
    database = open();
  }
  mode_t mode(std::string const& of) {
    struct stat about{};
    EXPECT_EQ(::stat(of.c_str(), &about), 0) << of;
    return about.st_mode & 0777;
  }
};

TEST_F(Store, what_was_replaced_or_deleted_is_in_no_page_of_the_file) {
  auto const old = "old-sealed-token-" + std::string(300, 'x');
  ASSERT_TRUE(insert(1, old));
  ASSERT_TRUE(insert(2, old));
  ASSERT_TRUE(test::run_task(io, database->write([](Sql& sql) {
    sql.run("UPDATE t SET b = 'new' WHERE a = 1");
    sql.run("DELETE FROM t WHERE a = 2");
  })));
  database->close();
  database.reset();  // the last one out carries the WAL into the file and removes it
  std::ifstream in(path, std::ios::binary);
  std::string const bytes{std::istreambuf_iterator<char>(in), {}};
  EXPECT_NE(bytes.find("new"), bytes.npos);
  EXPECT_EQ(bytes.find("old-sealed-token"), bytes.npos);
}

TEST_F(Store, that_is_not_admitted_keeps_its_schema) {
  database.reset();
  constexpr Migration later{102, "later", "CREATE TABLE later (a INTEGER)"};
  auto const admit = [](Sql& sql) {
    EXPECT_TRUE(sql.one("SELECT count(*) FROM t")) << "it sees the store as it was";
    throw StoreError(Error{ErrorKind::denied, "not yours", std::nullopt});
  };
  auto const refused = SqliteDatabase::open(io.get_executor(), clock, path, {table, later}, admit);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "not yours");
  reopen();  // knows nothing of the later step, so it must not be there
  EXPECT_EQ(count(), 0);
}

TEST_F(Store, a_new_one_asks_nobody) {
  auto const fresh = SqliteDatabase::open(
      io.get_executor(), clock, folder / "other/wardroom.db", {table},
      [](Sql&) { throw StoreError(Error{ErrorKind::denied, "not yours", std::nullopt}); });
  EXPECT_TRUE(fresh) << fresh.error().what;
}

TEST_F(Store, keeps_what_was_answered_over_a_reopening) {
  EXPECT_TRUE(insert(1));
  EXPECT_TRUE(insert(2));
  EXPECT_EQ(insert(2).error().kind, ErrorKind::conflict);
  reopen();
  EXPECT_EQ(count(), 2);
}

TEST_F(Store, is_for_the_daemon_alone_on_disk) {
  EXPECT_TRUE(insert(1));
  EXPECT_EQ(mode(folder / "state"), 0700u);
  EXPECT_EQ(mode(path), 0600u);
  EXPECT_EQ(mode(path + "-wal"), 0600u);
  EXPECT_EQ(mode(folder / "state/lock"), 0600u);
}

TEST_F(Store, narrows_the_rights_of_a_file_that_was_too_open) {
  database.reset();
  ::chmod(path.c_str(), 0644);
  database = open();
  EXPECT_EQ(mode(path), 0600u);
}

TEST_F(Store, refuses_a_folder_others_may_write_to) {
  database.reset();
  ::chmod((folder / "state").c_str(), 0777);
  auto const second = SqliteDatabase::open(io.get_executor(), clock, path, {table});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::denied);
  EXPECT_NE(second.error().what.find("chmod 0700"), std::string::npos);
}

TEST_F(Store, refuses_a_second_daemon_and_names_the_first) {
  auto const second = SqliteDatabase::open(io.get_executor(), clock, path, {table});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_NE(second.error().what.find(std::to_string(::getpid())), std::string::npos)
      << second.error().what;
  reopen();  // the lock goes with its holder
}

TEST_F(Store, refuses_a_file_that_is_no_database_and_one_with_damaged_pages) {
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(insert(i, std::string(100, 'x')));
  database.reset();
  auto const size = std::filesystem::file_size(path);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(size) - 3'000);
    file << std::string(2'000, '\xff');
  }
  auto damaged = SqliteDatabase::open(io.get_executor(), clock, path, {table});
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().kind, ErrorKind::malformed);
  EXPECT_NE(damaged.error().what.find("wardroomd --restore FILE"), std::string::npos);
  std::ofstream(path, std::ios::trunc | std::ios::binary) << std::string(8'192, 'z');
  damaged = SqliteDatabase::open(io.get_executor(), clock, path, {table});
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().kind, ErrorKind::malformed) << damaged.error().what;
}

TEST_F(Store, reads_cannot_change_anything) {
  auto const outcome = test::run_task(io, database->read<bool>([](Sql& sql) {
    sql.run("INSERT INTO t VALUES (1, '')");
    return true;
  }));
  EXPECT_FALSE(outcome);
  EXPECT_TRUE(insert(1));
  EXPECT_EQ(count(), 1);
}

TEST_F(Store, moves_the_log_into_the_file_within_a_second_or_two) {
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(insert(i, std::string(3'000, 'x')));
  auto const limit = std::chrono::steady_clock::now() + 10s;
  while (database->wal().checkpointed == 0 && std::chrono::steady_clock::now() < limit) {
    io.restart();
    io.run_one_for(50ms);
  }
  EXPECT_GT(database->wal().checkpointed, 0);
  EXPECT_GT(std::filesystem::file_size(path), 50u * 3'000u);
}

TEST_F(Store, closing_cancels_a_long_read_and_answers_it) {
  std::optional<Error> error;
  database->read(
      [](Sql& sql) {
        sql.query(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM "
            "n",
            {}, [](Row const&) {});
      },
      [&](Result<void> outcome) { error = outcome.error(); });
  std::this_thread::yield();
  database->close();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::cancelled);
}

TEST_F(Store, closing_commits_what_waits) {
  std::optional<Result<void>> answer;
  database->write([](Sql& sql) { sql.run("INSERT INTO t VALUES (1, '')"); },
                  [&](Result<void> outcome) { answer = outcome; });
  database->close();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(*answer);
  reopen();
  EXPECT_EQ(count(), 1);
}

TEST_F(Store, D3_a_full_disk_fails_the_batch_in_words_and_writing_resumes_by_itself) {
  EXPECT_TRUE(insert(1));
  ::signal(SIGXFSZ, SIG_IGN);
  struct rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  struct rlimit tight{std::filesystem::file_size(path + "-wal") + 4'096, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  auto const failed = insert(2, std::string(1 << 20, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::unavailable) << failed.error().what;
  EXPECT_TRUE(database->health().trouble);
  EXPECT_TRUE(insert(3));
  EXPECT_FALSE(database->health().trouble);
  EXPECT_EQ(count(), 2);
  reopen();
  EXPECT_EQ(count(), 2);
}

#ifdef WARDROOM_FAILPOINTS
TEST_F(Store, D3_a_failing_commit_answers_every_unit_with_the_error) {
  failpoint::set("writer.before_commit:eio:1");
  int failures = 0;
  for (int i = 0; i < 3; ++i)
    database->write([i](Sql& sql) { sql.run("INSERT INTO t VALUES ($1, '')", {std::int64_t{i}}); },
                    [&](Result<void> outcome) { failures += outcome ? 0 : 1; });
  while (failures < 3) io.run_one_for(50ms);
  EXPECT_EQ(count(), 0);
  EXPECT_TRUE(insert(1));
  EXPECT_EQ(count(), 1);
  failpoint::set("");
}
#endif

TEST_F(Store, gives_journal_numbers_that_go_on_after_a_reopening) {
  for (std::int64_t wanted = 1; wanted <= 3; ++wanted) {
    Journal journal(*database, clock);
    ASSERT_TRUE(test::run_task(io, journal.load()));
    EXPECT_EQ(journal.last_seq(), wanted - 1);
    std::int64_t got = 0;
    journal.append("call", 0, "", "{}", [&](Result<std::int64_t> seq) { got = seq.value(); });
    while (got == 0) {
      io.restart();
      io.run_one_for(50ms);
    }
    EXPECT_EQ(got, wanted);
    reopen();
  }
}

}  // namespace
}  // namespace wardroom::store
