// When jobs begin, over days of virtual time: jitter, catch-up, overlap, pauses, clocks that jump.
#include "features/space_sync/schedule_keeper.hpp"

#include "base/time_text.hpp"
#include "support/fake_clock.hpp"
#include "support/seed.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace wardroom::space_sync {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

timetable::Timetable table(std::string_view text) {
  auto parsed = timetable::Timetable::parse(text);
  if (!parsed) throw std::runtime_error(parsed.error().what);
  return *parsed;
}

/// UTC.
Instant at(int year, unsigned month, unsigned day, std::chrono::minutes of_day = 0min) {
  return std::chrono::sys_days(std::chrono::year(year) / month / day) + of_day;
}

/// A daemon that starts what is due, and whose runs take as long as it is told.
struct Daemon {
  explicit Daemon(Instant now, Uptime boot = Uptime(1h)) : clock(io, now, boot) {}

  void job(std::string_view text, Milliseconds jitter = 0ms, JobPast past = {}) {
    keeper.set_jobs({{"all", table(text), jitter}}, {{"all", past}});
  }
  void look() {
    for (auto const& due : keeper.due()) {
      auto const what = due.what == Due::What::run        ? "run"
                        : due.what == Due::What::catch_up ? "catch_up"
                                                          : "skip";
      told.push_back(fmt::format("{} {}", iso_text(clock.now()).substr(0, 19), what));
      last = due;
      if (due.what == Due::What::skip) continue;
      begun.push_back(clock.now());
      keeper.began(due.job);
      ends[due.job] = clock.uptime() + takes;
    }
  }
  /// As the loop does it: looks, sleeps until the keeper wants to be asked again.
  void live(BootClock::duration length) {
    auto const end = clock.uptime() + length;
    for (;;) {
      std::erase_if(ends, [&](auto const& one) {
        if (one.second > clock.uptime()) return false;
        keeper.ended(one.first);
        return true;
      });
      look();
      if (clock.uptime() >= end) return;
      auto until = std::min(keeper.wake_at().value_or(end), end);
      for (auto const& [job, when] : ends) until = std::min(until, when);
      ASSERT_TRUE(until >= clock.uptime());
      clock.advance(std::max<BootClock::duration>(until - clock.uptime(), 1ms));
    }
  }

  boost::asio::io_context io{1};
  test::FakeClock clock;
  SeededRandom dice{test::seed()};
  ScheduleKeeper keeper{clock, dice};
  BootClock::duration takes = 1min;
  std::map<std::string, Uptime> ends;
  std::vector<std::string> told;
  std::vector<Instant> begun;
  Due last;
};

TEST(ScheduleKeeper, a_job_begins_each_time_it_is_due_and_once) {
  Daemon daemon(at(2026, 11, 20, 4h));  // a Friday
  daemon.job("Mon..Fri 06:30 Europe/Vienna");
  daemon.live(24h * 5);
  EXPECT_THAT(daemon.told, ElementsAre("2026-11-20T05:30:00 run", "2026-11-23T05:30:00 run",
                                       "2026-11-24T05:30:00 run"));
}

TEST(ScheduleKeeper, an_interval_begins_at_once_and_then_counts_from_each_beginning) {
  Daemon daemon(at(2026, 1, 1));
  daemon.job("every 4h");
  daemon.live(9h);
  EXPECT_THAT(daemon.told, ElementsAre("2026-01-01T00:00:00 run", "2026-01-01T04:00:00 run",
                                       "2026-01-01T08:00:00 run"));
}

TEST(ScheduleKeeper, C1_each_night_has_one_run_whatever_the_clocks_do) {
  for (auto const& [from, shifted] :
       {std::pair(at(2026, 3, 20, 12h), "2026-03-29T01:00:00 run"),  // it was 03:00 then
        std::pair(at(2026, 10, 16, 12h), "2026-10-25T00:30:00 run")}) {
    Daemon daemon(from);
    daemon.job("02:30 Europe/Vienna");
    daemon.live(24h * 20);
    ASSERT_THAT(daemon.begun, SizeIs(20));
    EXPECT_THAT(daemon.told, testing::Contains(shifted));
    for (std::size_t i = 1; i < daemon.begun.size(); ++i)
      EXPECT_GT(daemon.begun[i] - daemon.begun[i - 1], 22h);
  }
}

TEST(ScheduleKeeper, jitter_is_drawn_once_for_each_moment) {
  Daemon daemon(at(2026, 1, 1));
  daemon.job("06:30 UTC", 20min);
  daemon.live(24h * 20);
  ASSERT_THAT(daemon.begun, SizeIs(20));
  std::set<Milliseconds> delays;
  for (auto const begun : daemon.begun) {
    auto const delay = begun - (std::chrono::floor<std::chrono::days>(begun) + 6h + 30min);
    EXPECT_GE(delay, 0ms);
    EXPECT_LT(delay, 20min + 1ms);
    delays.insert(delay);
  }
  EXPECT_GT(delays.size(), 15u);
  EXPECT_THAT(daemon.told, testing::Each(testing::EndsWith(" run")));
  EXPECT_EQ(daemon.last.moment, at(2026, 1, 20, 6h + 30min));
}

TEST(ScheduleKeeper, what_was_missed_is_caught_up_once) {
  Daemon daemon(at(2026, 1, 9, 7h));
  daemon.job("06:30 UTC", 0ms, {.last_began = at(2026, 1, 2, 6h + 30min)});
  daemon.live(24h);
  EXPECT_THAT(daemon.told, ElementsAre("2026-01-09T07:00:00 catch_up", "2026-01-10T06:30:00 run"));
}

TEST(ScheduleKeeper, what_was_missed_more_than_a_day_ago_waits_for_its_next_time) {
  Daemon daemon(at(2026, 1, 7, 7h));  // a Wednesday
  daemon.job("Mon 06:30 UTC", 0ms, {.last_began = at(2025, 12, 29, 6h + 30min)});
  daemon.live(24h * 6);
  EXPECT_THAT(daemon.told, ElementsAre("2026-01-12T06:30:00 run"));
}

TEST(ScheduleKeeper, a_restart_within_the_jitter_misses_nothing_and_runs_nothing_twice) {
  Daemon before(at(2026, 1, 9, 6h + 31min));
  before.job("06:30 UTC", 1h, {.last_began = at(2026, 1, 8, 6h + 40min)});
  before.live(1h + 1min);
  ASSERT_THAT(before.begun, SizeIs(1));
  EXPECT_THAT(before.told[0], testing::EndsWith(" run"));
  Daemon after(before.clock.now());
  after.job("06:30 UTC", 1h, {.last_began = before.begun[0]});
  after.live(12h);
  EXPECT_THAT(after.told, IsEmpty());
}

TEST(ScheduleKeeper, a_new_job_catches_nothing_up) {
  Daemon daemon(at(2026, 1, 9, 7h));
  daemon.job("06:30 UTC");
  daemon.live(12h);
  EXPECT_THAT(daemon.told, IsEmpty());
}

TEST(ScheduleKeeper, an_interval_that_ran_out_while_the_daemon_was_down_begins_at_once) {
  Daemon daemon(at(2026, 1, 9, 7h));
  daemon.job("every 4h", 0ms, {.last_began = at(2026, 1, 7)});
  daemon.live(5h);
  EXPECT_THAT(daemon.told, ElementsAre("2026-01-09T07:00:00 catch_up", "2026-01-09T11:00:00 run"));
  Daemon other(at(2026, 1, 9, 7h));
  other.job("every 4h", 0ms, {.last_began = at(2026, 1, 9, 6h)});
  other.live(5h);
  EXPECT_THAT(other.told, ElementsAre("2026-01-09T10:00:00 run"));
}

TEST(ScheduleKeeper, a_run_that_still_goes_on_is_not_begun_again_but_told) {
  Daemon daemon(at(2026, 1, 9));
  daemon.takes = 90min;
  daemon.job("06:00,07:00,08:00 UTC");
  daemon.live(10h);
  EXPECT_THAT(daemon.told, ElementsAre("2026-01-09T06:00:00 run", "2026-01-09T07:00:00 skip",
                                       "2026-01-09T08:00:00 run"));
  Daemon often(at(2026, 1, 9));
  often.takes = 7min;
  often.job("every 5m");
  often.live(12min);
  EXPECT_THAT(often.told, ElementsAre("2026-01-09T00:00:00 run", "2026-01-09T00:05:00 skip",
                                      "2026-01-09T00:10:00 run"));
}

TEST(ScheduleKeeper, a_run_on_demand_counts_for_intervals_and_for_what_waits_for_its_jitter) {
  Daemon daemon(at(2026, 1, 9));
  daemon.job("every 4h");
  daemon.live(1h);
  daemon.keeper.began("all");
  daemon.keeper.ended("all");
  daemon.live(4h);
  EXPECT_THAT(daemon.told, ElementsAre("2026-01-09T00:00:00 run", "2026-01-09T05:00:00 run"));
}

TEST(ScheduleKeeper, moments_of_a_pause_pass) {
  for (auto const* text : {"00:00,06:00,12:00,18:00 UTC", "every 6h"}) {
    Daemon daemon(at(2026, 1, 9, 1min));
    daemon.job(text, 0ms, {.last_began = at(2026, 1, 9)});
    daemon.keeper.pause("all", true);
    EXPECT_THAT(daemon.keeper.next("all", 5), IsEmpty());
    EXPECT_EQ(daemon.keeper.wake_at(), std::nullopt);
    daemon.live(13h);
    daemon.keeper.pause("all", false);
    EXPECT_THAT(daemon.told, IsEmpty());
    daemon.live(1h);
    EXPECT_THAT(daemon.told, IsEmpty()) << text;
    daemon.live(6h);
    EXPECT_THAT(daemon.told, SizeIs(1)) << text;
  }
}

TEST(ScheduleKeeper, a_pause_outlives_a_restart) {
  Daemon daemon(at(2026, 1, 9, 7h));
  daemon.job("06:30 UTC", 0ms, {.last_began = at(2026, 1, 7), .paused = true});
  daemon.live(48h);
  EXPECT_THAT(daemon.told, IsEmpty());
}

TEST(ScheduleKeeper, a_wall_clock_set_by_an_hour_runs_nothing_twice) {
  for (auto const set : {-1h, 1h}) {
    Daemon daemon(at(2026, 1, 9, 6h));
    daemon.job("06:30 UTC");
    daemon.live(40min);
    daemon.clock.jump_wall(set);
    daemon.live(24h * 3 + 2h);
    EXPECT_THAT(daemon.begun, SizeIs(4));
    EXPECT_EQ(daemon.last.moment, at(2026, 1, 12, 6h + 30min));
  }
}

TEST(ScheduleKeeper, a_wall_clock_set_forward_over_a_moment_runs_it) {
  Daemon daemon(at(2026, 1, 9, 6h));
  daemon.job("06:30 UTC");
  daemon.live(10min);
  daemon.clock.jump_wall(1h);
  daemon.live(1min);
  EXPECT_THAT(daemon.told, ElementsAre("2026-01-09T07:10:00 catch_up"));
}

TEST(ScheduleKeeper, a_wall_clock_set_by_a_year_neither_stops_nor_repeats_what_ran) {
  for (auto const set : {-24h * 365, 24h * 365}) {
    for (auto const* text : {"06:30 UTC", "every 1d"}) {
      Daemon daemon(at(2026, 1, 9, 6h));
      daemon.job(text, 0ms, {.last_began = at(2026, 1, 8, 6h + 30min)});
      daemon.live(40min);
      ASSERT_THAT(daemon.begun, SizeIs(1)) << text;
      daemon.clock.jump_wall(set);
      daemon.live(24h * 10);
      // At most one to catch up after the jump, then one a day.
      EXPECT_GE(daemon.begun.size(), 11u) << text;
      EXPECT_LE(daemon.begun.size(), 12u) << text;
    }
  }
}

TEST(ScheduleKeeper, a_clock_that_was_set_back_while_the_daemon_was_down_does_not_stop_it) {
  for (auto const* text : {"06:30 UTC", "every 1d"}) {
    Daemon daemon(at(2025, 1, 9, 7h));
    daemon.job(text, 0ms, {.last_began = at(2026, 1, 9, 6h + 30min)});
    daemon.live(24h * 3);
    EXPECT_THAT(daemon.begun, SizeIs(3)) << text;
  }
}

TEST(ScheduleKeeper, a_random_clock_lets_a_daily_job_run_about_once_a_day) {
  test::Dice dice;
  Daemon daemon(at(2026, 1, 1));
  daemon.job("06:30 Europe/Vienna", 10min);
  std::size_t small_steps = 0;
  for (int day = 0; day < 100; ++day) {
    daemon.live(24h);
    if (!dice.one_in(10)) continue;
    ++small_steps;
    daemon.clock.jump_wall(Milliseconds(std::int64_t(dice.between(-7'000'000, 7'000'000))));
  }
  EXPECT_GE(daemon.begun.size() + small_steps + 2, 100u);
  EXPECT_LE(daemon.begun.size(), 100u + small_steps + 2);
  std::set<Instant> days;
  for (auto const& one : daemon.begun) days.insert(std::chrono::floor<std::chrono::days>(one));
  EXPECT_EQ(days.size(), daemon.begun.size()) << "two runs on one day";
}

TEST(ScheduleKeeper, a_reload_with_the_same_timetable_keeps_its_place) {
  Daemon daemon(at(2026, 1, 9, 6h));
  daemon.job("06:30 UTC", 30min);
  daemon.live(45min);
  auto const soon = daemon.keeper.next("all", 1);
  daemon.job("06:30   UTC", 30min);
  EXPECT_EQ(daemon.keeper.next("all", 1), soon);
  daemon.live(25h + 20min);
  EXPECT_THAT(daemon.begun, SizeIs(2));
}

TEST(ScheduleKeeper, a_reload_with_another_timetable_begins_now) {
  Daemon daemon(at(2026, 1, 9, 6h));
  daemon.job("06:30 UTC");
  daemon.live(1h);
  daemon.job("06:45,22:00 UTC");
  daemon.live(1h);
  EXPECT_THAT(daemon.told, SizeIs(1));
  daemon.job("every 12h");
  daemon.live(11h);
  EXPECT_THAT(daemon.told, SizeIs(1));
  daemon.live(2h);
  EXPECT_THAT(daemon.told, ElementsAre("2026-01-09T06:30:00 run", "2026-01-09T20:00:00 run"));
  daemon.keeper.set_jobs({{"all", std::nullopt, 0ms}});
  EXPECT_EQ(daemon.keeper.wake_at(), std::nullopt);
  daemon.keeper.set_jobs({});
  daemon.live(48h);
  EXPECT_THAT(daemon.told, SizeIs(2));
}

TEST(ScheduleKeeper, the_next_five_are_shown) {
  Daemon daemon(at(2026, 11, 20, 4h));
  daemon.job("Mon..Fri 06:30 Europe/Vienna");
  EXPECT_THAT(daemon.keeper.next("all", 5),
              ElementsAre(at(2026, 11, 20, 5h + 30min), at(2026, 11, 23, 5h + 30min),
                          at(2026, 11, 24, 5h + 30min), at(2026, 11, 25, 5h + 30min),
                          at(2026, 11, 26, 5h + 30min)));
  EXPECT_THAT(daemon.keeper.next("nobody's", 5), IsEmpty());
  daemon.job("every 4h", 0ms, {});
  EXPECT_THAT(daemon.keeper.next("all", 3),
              ElementsAre(at(2026, 11, 20, 8h), at(2026, 11, 20, 12h), at(2026, 11, 20, 16h)));
}

TEST(ScheduleKeeper, jobs_do_not_disturb_each_other) {
  Daemon daemon(at(2026, 1, 9));
  daemon.keeper.set_jobs({{"often", table("every 1h"), 0ms}, {"nightly", table("03:00 UTC"), 0ms}});
  daemon.live(6h);
  EXPECT_THAT(daemon.begun, SizeIs(8));
  EXPECT_THAT(daemon.keeper.next("nightly", 1), ElementsAre(at(2026, 1, 10, 3h)));
}

}  // namespace
}  // namespace wardroom::space_sync
