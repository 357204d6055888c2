// When timetables are due: changes of the clocks, months, intervals, what was missed.
#include "timetable/timetable.hpp"

#include <gtest/gtest.h>

namespace wardroom::timetable {
namespace {
using namespace std::chrono_literals;

Timetable table(std::string_view text) {
  auto parsed = Timetable::parse(text);
  if (!parsed) throw std::runtime_error(parsed.error().what);
  return *parsed;
}

/// UTC.
Instant at(int year, unsigned month, unsigned day, std::chrono::minutes of_day = 0min) {
  return std::chrono::sys_days(std::chrono::year(year) / month / day) + of_day;
}

TEST(Timetable, on_working_days_at_half_past_six) {
  auto const daily = table("Mon..Fri 06:30 Europe/Vienna");
  auto const friday = at(2026, 11, 20, 5h + 30min);  // 06:30 in Vienna
  EXPECT_EQ(daily.next(friday - 1ms, {}), friday);
  EXPECT_EQ(daily.next(friday, {}), at(2026, 11, 23, 5h + 30min));
  EXPECT_EQ(daily.next_few(friday, {}, 3),
            (std::vector{at(2026, 11, 23, 5h + 30min), at(2026, 11, 24, 5h + 30min),
                         at(2026, 11, 25, 5h + 30min)}));
}

TEST(Timetable, several_times_a_day_come_in_their_order) {
  auto const twice = table("18:00,06:30 UTC");
  EXPECT_EQ(twice.next_few(at(2026, 1, 1, 7h), {}, 3),
            (std::vector{at(2026, 1, 1, 18h), at(2026, 1, 2, 6h + 30min), at(2026, 1, 2, 18h)}));
}

TEST(Timetable, C1_a_time_that_is_skipped_is_due_once_when_the_clock_goes_on) {
  auto const night = table("02:30 Europe/Vienna");
  EXPECT_EQ(night.next_few(at(2026, 3, 28, 12h), {}, 2),
            (std::vector{at(2026, 3, 29, 1h), at(2026, 3, 30, 30min)}));
}

TEST(Timetable, C1_two_times_that_fall_into_one_gap_are_due_once) {
  auto const night = table("02:10,02:30,03:00 Europe/Vienna");
  EXPECT_EQ(night.next_few(at(2026, 3, 28, 12h), {}, 2),
            (std::vector{at(2026, 3, 29, 1h), at(2026, 3, 30, 10min)}));
}

TEST(Timetable, C1_a_time_that_comes_twice_is_due_at_the_first_only) {
  auto const night = table("02:30 Europe/Vienna");
  EXPECT_EQ(night.next_few(at(2026, 10, 24, 12h), {}, 2),
            (std::vector{at(2026, 10, 25, 30min), at(2026, 10, 26, 1h + 30min)}));
  EXPECT_EQ(night.missed(at(2026, 10, 25, 30min), at(2026, 10, 25, 12h)), std::nullopt);
}

TEST(Timetable, a_gap_over_midnight_belongs_to_the_day_that_was_meant) {
  // Santiago, 2026-09-06: 00:00 is skipped, a Sunday begins at 01:00.
  EXPECT_EQ(table("Sun 00:00 America/Santiago").next(at(2026, 9, 5), {}), at(2026, 9, 6, 4h));
}

TEST(Timetable, months_that_lack_a_day_are_passed_over) {
  EXPECT_EQ(table("31st 12:00 UTC").next_few(at(2026, 1, 31, 12h), {}, 3),
            (std::vector{at(2026, 3, 31, 12h), at(2026, 5, 31, 12h), at(2026, 7, 31, 12h)}));
  EXPECT_EQ(table("29th 12:00 UTC").next_few(at(2027, 1, 30), {}, 2),
            (std::vector{at(2027, 3, 29, 12h), at(2027, 4, 29, 12h)}));
}

TEST(Timetable, the_last_day_of_a_month_is_in_every_month) {
  EXPECT_EQ(table("last 23:00 UTC").next_few(at(2028, 1, 31, 23h), {}, 3),
            (std::vector{at(2028, 2, 29, 23h), at(2028, 3, 31, 23h), at(2028, 4, 30, 23h)}));
  EXPECT_EQ(table("30th,last 23:00 UTC").next_few(at(2026, 3, 30), {}, 3),
            (std::vector{at(2026, 3, 30, 23h), at(2026, 3, 31, 23h), at(2026, 4, 30, 23h)}));
}

TEST(Timetable, an_interval_counts_from_when_it_began) {
  auto const often = table("every 4h");
  auto const now = at(2026, 1, 1, 10h);
  EXPECT_EQ(often.next(now, now - 1h), now + 3h);
  EXPECT_EQ(often.next(now, now - 5h), now);              // overdue
  EXPECT_EQ(often.next(now, {}), now);                    // it never began
  EXPECT_EQ(often.next(now, now + 24h * 365), now + 4h);  // the clock was set back
  EXPECT_EQ(often.next_few(now, now - 1h, 3), (std::vector{now + 3h, now + 7h, now + 11h}));
  EXPECT_EQ(often.next_few(now, {}, 2), (std::vector{now, now + 4h}));
}

TEST(Timetable, what_was_missed_is_the_latest_moment) {
  auto const daily = table("06:30 UTC");
  EXPECT_EQ(daily.missed(at(2026, 1, 1, 7h), at(2026, 1, 9, 5h)), at(2026, 1, 8, 6h + 30min));
  EXPECT_EQ(daily.missed(at(2026, 1, 1, 7h), at(2026, 1, 1, 20h)), std::nullopt);
  EXPECT_EQ(daily.missed(at(2026, 1, 1, 7h), at(2026, 1, 1)), std::nullopt);
  auto const often = table("every 4h");
  EXPECT_EQ(often.missed(at(2026, 1, 1), at(2026, 1, 1, 3h)), std::nullopt);
  EXPECT_EQ(often.missed(at(2026, 1, 1), at(2026, 1, 9)), at(2026, 1, 1, 4h));
}

}  // namespace
}  // namespace wardroom::timetable
