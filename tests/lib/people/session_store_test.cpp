// Location sessions: rolling for 30 days, stored as digests, ended by logout, revocation and age.
#include "people/session_store.hpp"

#include "people/migrations.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

namespace wardroom::people {
namespace {
using namespace std::chrono_literals;

std::vector<store::Migration> tables() { return {migrations().begin(), migrations().end()}; }

struct Sessions : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  test::FakeDatabase database{io, clock, tables()};
  SessionStore sessions{database, clock};
  std::string const ada = SessionStore::digest("ada's cookie");
  std::string const bob = SessionStore::digest("bob's cookie");

  void add(std::string const& digest, PersonNo person) {
    ASSERT_TRUE(test::run_task(io, sessions.add(digest, person)));
  }
  std::int64_t count(std::string const& sql) { return database.sql().one(sql)->integer(0); }
};

TEST_F(Sessions, name_their_person_after_the_commit_and_after_a_restart) {
  EXPECT_EQ(sessions.use(ada), 0u);
  add(ada, 7);
  EXPECT_EQ(sessions.use(ada), 7u);
  EXPECT_EQ(sessions.find(bob), 0u);
  EXPECT_EQ(sessions.find("short"), 0u);
  SessionStore next(database, clock);
  ASSERT_TRUE(test::run_task(io, next.load()));
  EXPECT_EQ(next.use(ada), 7u);
}

TEST_F(Sessions, W1_store_no_cookie) {
  add(ada, 7);
  EXPECT_EQ(count("SELECT count(*) FROM location_sessions WHERE instr(digest, 'ada') > 0"), 0);
  EXPECT_EQ(count("SELECT length(digest) FROM location_sessions"), 32);
}

TEST_F(Sessions, live_thirty_days_after_their_last_use_telling_the_store_once_a_day) {
  add(ada, 7);
  auto const commits = database.health().commits;
  for (int i = 0; i < 23; ++i) {
    clock.advance(1h);
    EXPECT_EQ(sessions.use(ada), 7u);
  }
  clock.drain();
  EXPECT_EQ(database.health().commits, commits) << "less than a day";
  clock.advance(1h);
  EXPECT_EQ(sessions.use(ada), 7u);
  EXPECT_EQ(sessions.use(ada), 7u);
  clock.drain();
  EXPECT_EQ(database.health().commits, commits + 1);
  clock.advance(29 * 24h);
  SessionStore next(database, clock);
  ASSERT_TRUE(test::run_task(io, next.load()));
  EXPECT_EQ(next.find(ada), 7u) << "renewed in the store too";
  clock.advance(24h);
  EXPECT_EQ(next.use(ada), 0u);
  EXPECT_EQ(sessions.use(ada), 0u);
}

TEST_F(Sessions, end_at_logout_and_when_an_operator_revokes_them) {
  add(ada, 7);
  add(bob, 8);
  auto const phone = SessionStore::digest("ada's phone");
  add(phone, 7);
  EXPECT_EQ(test::run_task(io, sessions.sessions_of(7)).value().size(), 2u);
  ASSERT_TRUE(test::run_task(io, sessions.remove(ada)));
  EXPECT_EQ(sessions.find(ada), 0u);
  EXPECT_EQ(test::run_task(io, sessions.revoke(7)).value(), 1u);
  EXPECT_EQ(sessions.find(phone), 0u);
  EXPECT_EQ(sessions.find(bob), 8u);
  EXPECT_EQ(count("SELECT count(*) FROM location_sessions"), 1);
}

TEST_F(Sessions, are_purged_when_they_have_expired) {
  add(ada, 7);
  clock.advance(15 * 24h);
  add(bob, 8);
  clock.advance(15 * 24h);
  EXPECT_EQ(test::run_task(io, sessions.purge()).value(), 1u);
  EXPECT_EQ(sessions.size(), 1u);
  EXPECT_EQ(sessions.find(bob), 8u);
}

TEST_F(Sessions, a_failed_commit_makes_no_session) {
  database.fail_next_commit({ErrorKind::unavailable, "the disk is full"});
  EXPECT_FALSE(test::run_task(io, sessions.add(ada, 7)));
  EXPECT_EQ(sessions.find(ada), 0u);
  EXPECT_FALSE(test::run_task(io, sessions.add("short", 7)));
}

TEST_F(Sessions, a_morning_of_many_renewals_is_told_in_bounded_commits) {
  std::vector<std::string> digests;
  for (PersonNo no = 1; no <= 2'500; ++no) {
    digests.push_back(SessionStore::digest(std::to_string(no)));
  }
  database.sql().run("BEGIN");
  for (PersonNo no = 1; no <= 2'500; ++no)
    database.sql().run(
        "INSERT INTO location_sessions (digest, person_no, created_ms, last_used_ms, "
        "expires_ms) VALUES ($1, $2, $3, $3, $4)",
        {store::Blob{digests[no - 1]}, std::int64_t{no}, unix_ms(clock.now()),
         unix_ms(clock.now() + 720h)});
  database.sql().run("COMMIT");
  ASSERT_TRUE(test::run_task(io, sessions.load()));
  clock.advance(25h);
  auto const commits = database.health().commits;
  for (auto const& digest : digests) EXPECT_NE(sessions.use(digest), 0u);
  clock.drain();
  EXPECT_EQ(database.health().commits, commits + 3);
  EXPECT_EQ(database.sql()
                .one("SELECT count(*) FROM location_sessions WHERE last_used_ms = $1",
                     {unix_ms(clock.now())})
                ->integer(0),
            2'500);
}

}  // namespace
}  // namespace wardroom::people
