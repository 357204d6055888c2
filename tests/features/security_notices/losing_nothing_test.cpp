// B3 at the store: nothing noted is lost by commits that fail, and nobody hears "stored" before it
// is.
#include "features/security_notices/security_notices_store.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/run_task.hpp"
#include "support/seed.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

namespace wardroom::security_notices {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

Error const kFull{ErrorKind::unavailable, "the disk is full"};

StayRow stay(std::string leg, std::optional<Instant> ended = {}) {
  return {.bridge = "cms1", .leg = std::move(leg), .conference = "c", .ended = ended};
}

struct Site {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  std::unique_ptr<test::FakeDatabase> database;
  std::unique_ptr<store::Journal> journal;
  std::unique_ptr<SecurityNoticesStore> store;
  std::vector<std::pair<int, Result<void>>> answers;
  int starts = 0;

  Site() { start(); }
  void start() {
    auto const disk = database ? database->disk() : nullptr;
    ++starts;
    store.reset();
    journal.reset();
    database.reset();
    io.restart();
    io.poll();
    auto const steps = security_notices_migrations();
    database = std::make_unique<test::FakeDatabase>(
        io, clock, std::vector<store::Migration>(steps.begin(), steps.end()), disk);
    journal = std::make_unique<store::Journal>(*database, clock);
    store = std::make_unique<SecurityNoticesStore>(*database, *journal, clock);
  }
  void ask(int number) {
    boost::asio::co_spawn(
        io, [this, born = starts] { return commit(born); },
        [this, number](std::exception_ptr broken, Result<void> outcome) {
          if (!broken) answers.emplace_back(number, std::move(outcome));
        });
    turn_once();
  }
  /// Who asked before the crash died with it.
  Task<Result<void>> commit(int born) {
    if (born != starts) co_return failure(ErrorKind::cancelled, "the process is gone");
    co_return co_await store->commit();
  }
  void turn_once() {
    io.restart();
    io.poll_one();
  }
  void turn() {
    io.restart();
    io.poll();
  }
  std::int64_t integer(std::string const& sql) { return database->sql().one(sql)->integer(0); }
};

TEST(LosingNothing, B3_what_a_failed_commit_held_goes_with_the_next_and_newer_rows_win) {
  Site site;
  site.store->note(stay("a"));
  site.store->note(stay("b"));
  auto const number = site.store->note({.conference = "c", .level = SecurityLevel::external}, true);
  site.database->fail_next_commit(kFull);
  site.ask(1);
  site.turn();
  ASSERT_THAT(site.answers, SizeIs(1));
  ASSERT_FALSE(site.answers[0].second);
  EXPECT_EQ(site.answers[0].second.error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(site.answers[0].second.error().retry_after);
  EXPECT_EQ(site.store->waiting(), 3u);
  site.store->note(stay("b", from_unix_ms(5)));
  site.store->note_shown(number, from_unix_ms(7));
  site.ask(2);
  site.turn();
  EXPECT_TRUE(site.answers.at(1).second);
  EXPECT_EQ(site.store->waiting(), 0u);
  EXPECT_EQ(site.integer("SELECT count(*) FROM security_stay"), 2);
  EXPECT_EQ(site.integer("SELECT ended_ms FROM security_stay WHERE leg = 'b'"), 5);
  EXPECT_EQ(site.integer("SELECT shown_ms FROM security_level"), 7);
  EXPECT_EQ(site.integer("SELECT count(*) FROM journal"), 1);
}

TEST(LosingNothing, B3_rows_noted_while_a_commit_fails_win_over_its_own) {
  Site site;
  site.database->hold();
  site.store->note(stay("a"));
  site.ask(1);
  site.database->fail_next_commit(kFull);
  site.database->release();
  site.store->note(stay("a", from_unix_ms(9)));  // before or after it was collected
  site.turn();
  EXPECT_FALSE(site.answers.at(0).second);
  site.ask(2);
  site.turn();
  EXPECT_EQ(site.integer("SELECT ended_ms FROM security_stay"), 9);
}

TEST(LosingNothing, B3_a_commit_that_was_kept_although_it_failed_makes_no_second_level) {
  Site site;
  auto const number = site.store->note({.conference = "c", .level = SecurityLevel::internal}, true);
  site.database->lose_next_answer(kFull);
  site.ask(1);
  site.turn();
  EXPECT_FALSE(site.answers.at(0).second);
  site.store->note_shown(number, from_unix_ms(3));
  site.ask(2);
  site.turn();
  EXPECT_TRUE(site.answers.at(1).second);
  EXPECT_EQ(site.integer("SELECT count(*) FROM security_level"), 1);
  EXPECT_EQ(site.integer("SELECT shown_ms FROM security_level"), 3);
  EXPECT_EQ(site.integer("SELECT count(*) FROM journal"), 1);
}

TEST(LosingNothing, B3_with_nothing_new_a_commit_answers_only_when_all_is_stored) {
  Site site;
  EXPECT_TRUE(test::run_task(site.io, site.store->commit()));
  site.database->fail_commits(kFull);
  site.store->note(stay("a"));
  for (int n = 1; n <= 3; ++n) {
    site.ask(n);
    site.turn();
    ASSERT_THAT(site.answers, SizeIs(n));
    EXPECT_FALSE(site.answers.back().second);
  }
  site.database->fail_commits({});
  site.ask(4);
  site.turn();
  EXPECT_TRUE(site.answers.at(3).second);
  EXPECT_EQ(site.integer("SELECT count(*) FROM security_stay"), 1);
}

/// Posts, failing commits, lost answers, crashes, in any order.
struct History {
  Site site;
  std::uint64_t seed;
  std::mt19937_64 dice{seed};
  int posts = 0;
  std::set<int> acknowledged, answered;
  std::set<int> alive;  ///< noted by this process

  explicit History(std::uint64_t s) : seed(s) {}
  int pick(int most) { return std::uniform_int_distribution(0, most)(dice); }

  void step() {
    switch (pick(9)) {
      case 0:
        site.database->fail_next_commit(kFull);
        break;
      case 1:
        site.database->lose_next_answer(kFull);
        break;
      case 2:
        site.turn();
        break;
      case 3:
        if (pick(9) == 0) crash();
        break;
      case 4:
      case 5:
        site.turn_once();
        break;
      default:
        post();
    }
    check();
  }
  void post() {
    site.store->note(stay(fmt::format("leg{}", posts)));
    site.store->note(stay("common", from_unix_ms(posts)));
    site.store->note_mark("cms1", {.session = "s", .highest = posts});
    alive.insert(posts);
    site.ask(posts++);
  }
  void crash() {
    site.start();
    alive.clear();
  }
  /// Who heard "stored" finds it on the disk, at every moment.
  void check() {
    for (auto const& [number, outcome] : site.answers)
      if (outcome) acknowledged.insert(number);
    site.answers.clear();
    for (auto const number : acknowledged)
      if (checked.insert(number).second)
        ASSERT_EQ(site.integer(fmt::format("SELECT count(*) FROM security_stay WHERE leg = 'leg{}'",
                                           number)),
                  1)
            << "seed " << seed << ", post " << number;
    if (!acknowledged.empty()) {
      ASSERT_GE(site.integer("SELECT highest FROM security_mark"), *acknowledged.rbegin());
      ASSERT_GE(site.integer("SELECT ended_ms FROM security_stay WHERE leg = 'common'"),
                *acknowledged.rbegin());
    }
  }
  /// At the end everything this process noted is there.
  void end() {
    // Both kinds of failure may still be to come.
    for (int attempt = 0; attempt < 4; ++attempt) {
      site.ask(-1);
      site.turn();
    }
    ASSERT_TRUE(!site.answers.empty() && site.answers.back().second) << "seed " << seed;
    for (auto const number : alive)
      ASSERT_EQ(site.integer(
                    fmt::format("SELECT count(*) FROM security_stay WHERE leg = 'leg{}'", number)),
                1)
          << "seed " << seed << ", post " << number;
  }
  std::set<int> checked;
};

TEST(LosingNothing, B3_no_history_of_failures_and_crashes_loses_what_was_acknowledged) {
  auto const first = test::seed();
  auto const count = test::count(200);
  for (std::uint64_t n = 0; n < count && !testing::Test::HasFailure(); ++n) {
    History history(first + n);
    for (int i = 0; i < 120 && !testing::Test::HasFailure(); ++i) history.step();
    if (!testing::Test::HasFailure()) history.end();
  }
}

}  // namespace
}  // namespace wardroom::security_notices
