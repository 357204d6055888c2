// Location reports: answered after their commit, folded beside it, and all there after any restart.
#include "people/fix_log.hpp"

#include "people/fix_load.hpp"
#include "people/migrations.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/random_runs.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

namespace wardroom::people {
namespace {
using namespace std::chrono_literals;

std::vector<store::Migration> tables() { return {migrations().begin(), migrations().end()}; }

/// One life of the daemon over a disk that outlives it.
struct Life {
  boost::asio::io_context io{1};
  test::FakeClock clock;
  test::FakeDatabase database;
  Roster roster;
  std::string boot_id;
  FixLog log;

  Life(PersonNo people, test::FakeDisk disk, std::string boot, Instant now, Uptime uptime)
      : clock(io, now, uptime),
        database(io, clock, tables(), std::move(disk)),
        boot_id(std::move(boot)),
        log(io.get_executor(), database, clock, roster, {.boot_id = boot_id}) {
    roster.grow_to(people);
  }
  Result<void> load() { return test::run_task(io, log.load()); }
  Fix fix(double latitude, double longitude) {
    return {{latitude, longitude}, {12.5}, clock.uptime(), clock.now()};
  }
  std::int64_t count(std::string const& table) {
    return database.sql().one("SELECT count(*) FROM " + table)->integer(0);
  }
};

struct FixLogFixture : testing::Test {
  std::unique_ptr<Life> life = first();
  static std::unique_ptr<Life> first(PersonNo people = 10) {
    auto out = std::make_unique<Life>(people, nullptr, "boot-1", from_unix_ms(1'795'255'200'000),
                                      Uptime(1h));
    EXPECT_TRUE(out->load());
    return out;
  }
  /// The process dies and comes back on the same boot after `down`.
  void restart(Milliseconds down = 0ms) {
    auto disk = life->database.disk();
    auto next = std::make_unique<Life>(life->roster.size(), disk, life->boot_id,
                                       life->clock.now() + down, life->clock.uptime() + down);
    life = std::move(next);
  }
};

TEST_F(FixLogFixture, answers_after_the_commit_and_counts_the_fix_before) {
  std::optional<Result<void>> answer;
  life->database.hold();
  life->log.record(3, life->fix(48.2, 16.37), [&](Result<void> r) { answer = r; });
  life->clock.drain();
  EXPECT_FALSE(answer);
  EXPECT_EQ(life->roster.fix(3)->where, (GeoPoint{48.2, 16.37}));
  life->database.release();
  life->clock.drain();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(*answer);
}

TEST_F(FixLogFixture, puts_all_posts_of_one_commit_into_one_row) {
  int answers = 0;
  for (PersonNo no = 1; no <= 10; ++no)
    for (int i = 0; i < 30; ++i)
      life->log.record(no, life->fix(i, no), [&](Result<void>) { ++answers; });
  life->clock.drain();
  EXPECT_EQ(answers, 300);
  EXPECT_EQ(life->log.health().batches, 1u);
  EXPECT_EQ(life->log.health().recorded, 300u);
  EXPECT_EQ(life->log.health().waiting, 0u);
}

TEST_F(FixLogFixture, can_be_awaited) {
  EXPECT_TRUE(test::run_task(life->io, life->log.record(3, life->fix(1, 2))));
  EXPECT_EQ(test::run_task(life->io, life->log.record(99, life->fix(1, 2))).error().kind,
            ErrorKind::not_found);
}

TEST_F(FixLogFixture, refuses_posts_before_it_was_loaded_without_counting_them) {
  restart();
  EXPECT_EQ(test::run_task(life->io, life->log.record(3, life->fix(1, 2))).error().kind,
            ErrorKind::unavailable);
  EXPECT_FALSE(life->roster.fix(3));
}

TEST_F(FixLogFixture, refuses_posts_when_too_many_wait) {
  FixLog small(life->io.get_executor(), life->database, life->clock, life->roster,
               {.boot_id = "boot-1", .most_waiting = 2});
  ASSERT_TRUE(test::run_task(life->io, small.load()));
  life->database.hold();
  std::vector<bool> answers;
  for (int i = 0; i < 3; ++i)
    small.record(1, life->fix(i, i), [&](Result<void> r) { answers.push_back(r.has_value()); });
  life->clock.drain();
  EXPECT_EQ(answers, (std::vector<bool>{false}));
  EXPECT_EQ(life->roster.fix(1)->where.latitude, 2) << "decisions go on from memory";
  life->database.release();
  life->clock.drain();
  EXPECT_EQ(answers, (std::vector<bool>{false, true, true}));
}

TEST_F(FixLogFixture, tells_a_failed_commit_and_goes_on_from_memory) {
  life->database.fail_next_commit({ErrorKind::unavailable, "the disk is full"});
  auto const answer = test::run_task(life->io, life->log.record(3, life->fix(1, 2)));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().what, "the disk is full");
  EXPECT_TRUE(life->roster.fix(3));
  // What was refused is stored with the sweep all the same, once the disk works again.
  life->clock.advance(70s);
  restart();
  ASSERT_TRUE(life->load());
  EXPECT_TRUE(life->roster.fix(3));
}

TEST_F(FixLogFixture, knows_the_age_exactly_after_a_restart_on_the_same_boot) {
  auto const posted = life->fix(48.2, 16.37);
  ASSERT_TRUE(test::run_task(life->io, life->log.record(3, posted)));
  restart(5s);
  life->clock.jump_wall(-24h);
  ASSERT_TRUE(life->load());
  EXPECT_EQ(life->roster.fix(3), posted);
}

TEST_F(FixLogFixture, takes_the_age_from_the_wall_clock_after_a_reboot) {
  ASSERT_TRUE(test::run_task(life->io, life->log.record(3, life->fix(48.2, 16.37))));
  auto const now = life->clock.now();
  auto const disk = life->database.disk();
  life = std::make_unique<Life>(10u, disk, "boot-2", now + 60s, Uptime(20s));
  ASSERT_TRUE(life->load());
  EXPECT_EQ(life->clock.uptime() - life->roster.fix(3)->received, 60s);
  // The same again a minute later on that boot.
  life = std::make_unique<Life>(10u, disk, "boot-2", now + 120s, Uptime(80s));
  ASSERT_TRUE(life->load());
  EXPECT_EQ(life->clock.uptime() - life->roster.fix(3)->received, 120s);
  life = std::make_unique<Life>(10u, disk, "boot-3", now - 1s, Uptime(20s));
  ASSERT_TRUE(life->load());
  EXPECT_FALSE(life->roster.fix(3)) << "the wall clock went backwards: unknown";
}

TEST_F(FixLogFixture, folds_and_drops_everything_within_two_minutes_of_quiet_and_then_rests) {
  for (int second = 0; second < 90; ++second) {
    for (PersonNo no = 1; no <= 10; ++no) life->log.record(no, life->fix(second, no), {});
    life->clock.advance(1s);
  }
  life->clock.advance(120s);
  EXPECT_EQ(life->count("fix_batch"), 0);
  EXPECT_EQ(life->count("last_fix"), 10);
  EXPECT_EQ(life->log.health().dirty, 0u);
  EXPECT_EQ(life->log.health().stored_batches, 0);
  auto const commits = life->database.health().commits;
  life->clock.advance(1h);
  EXPECT_EQ(life->database.health().commits, commits) << "nothing to do, nothing done";
  restart();
  ASSERT_TRUE(life->load());
  for (PersonNo no = 1; no <= 10; ++no)
    EXPECT_EQ(life->roster.fix(no)->where, (GeoPoint{89, double(no)}));
}

TEST_F(FixLogFixture, folds_what_is_left_at_once_when_nobody_posts_any_more) {
  life = first(5'000);
  for (PersonNo no = 1; no <= 5'000; ++no)
    life->log.record(no, life->fix(no / 100.0, -double(no) / 50.0), {});
  life->clock.advance(3s);
  EXPECT_LT(life->count("last_fix"), 1'000) << "a sixtieth a second while posts may go on";
  life->clock.advance(4s);
  EXPECT_EQ(life->count("last_fix"), 5'000);
  EXPECT_EQ(life->count("fix_batch"), 0);
  // Whatever the size of the statements: each row is its person's.
  auto const folded = load_fixes(life->database.sql(), 5'000);
  for (PersonNo no = 1; no <= 5'000; ++no) {
    EXPECT_EQ(folded.latest[no].person, no);
    EXPECT_EQ(folded.latest[no].latitude_e7, std::int32_t(no) * 100'000);
    EXPECT_EQ(folded.latest[no].longitude_e7, std::int32_t(no) * -200'000);
  }
}

TEST_F(FixLogFixture, leaves_the_rest_to_the_sweep_while_somebody_posts) {
  life = first(5'000);
  for (PersonNo no = 1; no <= 5'000; ++no) life->log.record(no, life->fix(1, 2), {});
  for (int second = 0; second < 20; ++second) {
    life->log.record(7, life->fix(second, 2), {});
    life->clock.advance(1s);
  }
  EXPECT_GT(life->count("last_fix"), 1'000);
  EXPECT_LT(life->count("last_fix"), 2'500);
}

TEST_F(FixLogFixture, reads_more_rows_and_batches_than_one_page_holds) {
  life = first(50'000);
  auto& sql = life->database.sql();
  sql.run(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) "
      "INSERT INTO last_fix SELECT i, i * 10, -i, 10, 1, 5, 5 FROM n");
  for (std::int64_t seq = 1; seq <= 2'000; ++seq)
    sql.run("INSERT INTO fix_batch (seq, blob) VALUES ($1, $2)",
            {seq, store::Blob{encode_batch({{.person = static_cast<PersonNo>(40'000 + seq),
                                             .latitude_e7 = std::int32_t(seq),
                                             .boot_ms = 9,
                                             .wall_ms = 9,
                                             .boot_no = 1}})}});
  auto const all = load_fixes(sql, 50'000);
  EXPECT_EQ(all.oldest_seq, 1);
  EXPECT_EQ(all.next_seq, 2'001);
  EXPECT_EQ(all.in_batches.size(), 2'000u);
  for (PersonNo no = 1; no <= 42'000; ++no) EXPECT_EQ(all.latest[no].person, no);
  EXPECT_EQ(all.latest[20'001].latitude_e7, 200'010);
  EXPECT_EQ(all.latest[41'001].latitude_e7, 1'001);
  EXPECT_EQ(all.latest[42'001].person, 0u);
}

TEST_F(FixLogFixture, keeps_the_number_of_stored_batches_bounded_under_steady_load) {
  // 50 people posting every second for ten minutes; a batch lives at most two turns and a bit.
  life = first(50);
  std::int64_t most = 0;
  for (int second = 0; second < 600; ++second) {
    for (PersonNo no = 1; no <= 50; ++no) life->log.record(no, life->fix(1, no), {});
    life->clock.advance(1s);
    most = std::max(most, life->count("fix_batch"));
  }
  EXPECT_LE(most, 130);
  EXPECT_GE(most, 30);
}

TEST_F(FixLogFixture, D3_a_damaged_batch_is_named_and_nothing_is_guessed) {
  ASSERT_TRUE(test::run_task(life->io, life->log.record(3, life->fix(1, 2))));
  life->database.sql().run("UPDATE fix_batch SET blob = substr(blob, 1, 10)");
  restart();
  auto const loaded = life->load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind, ErrorKind::malformed);
  EXPECT_NE(loaded.error().what.find("batch 1"), std::string::npos) << loaded.error().what;
}

/// Random posts, failing commits, lost answers, restarts and reboots, against the list of all
/// posts.
TEST_F(FixLogFixture, D1_every_answered_post_is_there_after_any_restart) {
  auto const seed = test::random_seed();
  auto const runs = test::random_count(25);
  for (std::uint64_t run = 0; run < runs; ++run) {
    SCOPED_TRACE("seed " + std::to_string(seed + run));
    test::Dice dice(seed + run);
    auto const people = static_cast<PersonNo>(dice.between(1, 80));
    struct Posts {
      std::vector<Fix> all;
      std::size_t answered = 0;  // all[answered - 1] is the last one that was answered well
    };
    auto posts = std::make_shared<std::vector<Posts>>(people + 1);
    int boot = 1;
    life = std::make_unique<Life>(people, nullptr, "boot-1", from_unix_ms(1'795'255'200'000),
                                  Uptime(1h));
    ASSERT_TRUE(life->load());

    auto check = [&] {
      for (PersonNo no = 1; no <= people; ++no) {
        auto const& mine = (*posts)[no];
        auto const loaded = life->roster.fix(no);
        if (!loaded) {
          ASSERT_EQ(mine.answered, 0u) << "person " << no << " lost an answered post";
          continue;
        }
        // It is the last answered post, or a later one that was stored without an answer.
        auto index = mine.all.size();
        while (index > 0 && !(mine.all[index - 1].where == loaded->where)) --index;
        ASSERT_GE(index, std::max<std::size_t>(1, mine.answered)) << "person " << no;
        auto const& posted = mine.all[index - 1];
        ASSERT_EQ(loaded->received_at, posted.received_at);
        ASSERT_EQ(life->clock.uptime() - loaded->received, life->clock.now() - posted.received_at);
      }
    };

    for (int step = 0; step < 300; ++step) {
      auto const what = dice.below(100);
      if (what < 70) {
        auto const no = static_cast<PersonNo>(dice.between(1, people));
        // Coordinates that name the post.
        auto const number = (*posts)[no].all.size();
        auto const fix = life->fix(double(number % 900) / 10.0, double(number / 900));
        (*posts)[no].all.push_back(fix);
        life->log.record(no, fix, [posts, no, index = number + 1](Result<void> r) {
          auto& mine = (*posts)[no];
          if (r) mine.answered = std::max(mine.answered, index);
        });
      } else if (what < 90) {
        life->clock.advance(Milliseconds(dice.below(dice.one_in(5) ? 40'000 : 500)));
      } else if (what < 93) {
        life->database.fail_next_commit({ErrorKind::unavailable, "no"});
      } else if (what < 96) {
        life->database.lose_next_answer({ErrorKind::unavailable, "no"});
      } else if (what < 98) {
        restart(Milliseconds(dice.below(5'000)));
        ASSERT_TRUE(life->load());
        ASSERT_NO_FATAL_FAILURE(check());
      } else {
        auto const now = life->clock.now() + Milliseconds(dice.below(60'000));
        auto const disk = life->database.disk();
        auto next = std::make_unique<Life>(people, disk, "boot-" + std::to_string(++boot), now,
                                           Uptime(Milliseconds(dice.below(100'000))));
        life = std::move(next);
        ASSERT_TRUE(life->load());
        ASSERT_NO_FATAL_FAILURE(check());
      }
    }
    life->clock.advance(1s);
    auto const now = life->clock.now();
    auto const disk = life->database.disk();
    life = std::make_unique<Life>(people, disk, "boot-last", now, Uptime(1s));
    ASSERT_TRUE(life->load());
    ASSERT_NO_FATAL_FAILURE(check());
    life->clock.advance(5min);
    EXPECT_EQ(life->count("fix_batch"), 0) << "all folded and dropped in the end";
    restart();
    ASSERT_TRUE(life->load());
    ASSERT_NO_FATAL_FAILURE(check());
  }
}

}  // namespace
}  // namespace wardroom::people
