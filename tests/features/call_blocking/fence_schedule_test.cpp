/// The hours of fences: how they are written, when they apply, and what changing clocks do to them.
#include "features/call_blocking/fence_schedule.hpp"

#include "features/call_blocking/fence.hpp"
#include "support/seed.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <sstream>

namespace wardroom::call_blocking {
namespace {

using namespace std::chrono_literals;

Schedule schedule_of(std::vector<std::string_view> const& texts) {
  Schedule out;
  for (auto const one : texts) {
    auto hours = parse_hours(one);
    if (!hours) throw std::runtime_error(hours.error().what);
    out.hours.push_back(std::move(*hours));
  }
  return out;
}

/// UTC.
Instant at(int year, unsigned month, unsigned day, std::chrono::minutes of_day) {
  return std::chrono::sys_days(std::chrono::year(year) / month / day) + of_day;
}

TEST(FenceSchedule, hours_have_one_canonical_text) {
  for (auto const& [given, canonical] : std::vector<std::pair<std::string, std::string>>{
           {"Mon..Fri 08:00-18:00 Europe/Vienna", "Mon..Fri 08:00-18:00 Europe/Vienna"},
           {"  mon,TUE,Wed   08:00-18:00  UTC ", "Mon..Wed 08:00-18:00 UTC"},
           {"Fri..Mon 00:00-24:00 UTC", "Mon,Fri..Sun 00:00-24:00 UTC"},
           {"Sat,Sun 22:00-06:00 Asia/Kathmandu", "Sat,Sun 22:00-06:00 Asia/Kathmandu"},
           {"Mon..Sun 08:00-00:00 UTC", "08:00-24:00 UTC"},
           {"23:59-00:01 UTC", "23:59-00:01 UTC"}}) {
    auto const hours = parse_hours(given);
    ASSERT_TRUE(hours) << given << ": " << hours.error().what;
    EXPECT_EQ(text(*hours), canonical);
    EXPECT_EQ(text(*parse_hours(canonical)), canonical);
  }
}

TEST(FenceSchedule, wrong_hours_are_refused_with_what_would_be_right) {
  for (auto const& [given, part] : std::vector<std::pair<std::string, std::string>>{
           {"", "no hours"},
           {"Mon..Fri", "no time"},
           {"Mon..Fri 08:00-18:00", "time zone"},
           {"08:00-18:00", "time zone"},
           {"Mon..Fre 08:00-18:00 UTC", "'Mon..Fre' is no day"},
           {"Mon,,Tue 08:00-18:00 UTC", "is no day"},
           {"8:00-18:00 UTC", "'8:00-18:00' is no time"},
           {"08:00-24:01 UTC", "is no time"},
           {"24:00-08:00 UTC", "is no time"},
           {"08:00 UTC", "is no time"},
           {"08:00-08:00 UTC", "a whole day is 00:00-24:00"},
           {"08:00-18:00 Europe/Wien", "no time zone 'Europe/Wien'"},
           {"08:00-18:00 UTC and more", "'and' is too much"}}) {
    auto const hours = parse_hours(given);
    ASSERT_FALSE(hours) << given;
    EXPECT_NE(hours.error().what.find(part), std::string::npos) << hours.error().what;
    EXPECT_NE(hours.error().what.find("Europe/Vienna"), std::string::npos) << hours.error().what;
  }
}

TEST(FenceSchedule, without_hours_a_fence_always_applies) {
  EXPECT_TRUE(Schedule{}.active_at(at(2026, 1, 1, 0h)));
  EXPECT_FALSE(Schedule{}.next_change(at(2026, 1, 1, 0h)));
}

TEST(FenceSchedule, office_hours_begin_and_end_by_the_clock_there) {
  auto const office = schedule_of({"Mon..Fri 08:00-18:00 Europe/Vienna"});
  auto const monday = at(2026, 1, 5, 0h);
  EXPECT_FALSE(office.active_at(monday + 7h - 1ms));
  EXPECT_TRUE(office.active_at(monday + 7h));
  EXPECT_TRUE(office.active_at(monday + 17h - 1ms));
  EXPECT_FALSE(office.active_at(monday + 17h));
  EXPECT_EQ(office.next_change(monday), monday + 7h);
  EXPECT_EQ(office.next_change(monday + 7h), monday + 17h);
  EXPECT_EQ(office.next_change(at(2026, 1, 9, 17h)), at(2026, 1, 12, 7h)) << "over the weekend";
  EXPECT_EQ(office.next_change(at(2026, 3, 27, 20h)), at(2026, 3, 30, 6h)) << "summer time began";
}

TEST(FenceSchedule, hours_over_midnight_belong_to_the_day_they_begin_on) {
  auto const night = schedule_of({"Fri 22:00-06:00 UTC"});
  EXPECT_FALSE(night.active_at(at(2026, 1, 9, 5h)));
  EXPECT_TRUE(night.active_at(at(2026, 1, 9, 23h)));
  EXPECT_TRUE(night.active_at(at(2026, 1, 10, 5h + 59min)));
  EXPECT_FALSE(night.active_at(at(2026, 1, 10, 6h)));
}

TEST(FenceSchedule, hours_that_meet_are_one) {
  auto const week = schedule_of({"Mon..Thu 00:00-24:00 UTC", "Fri 00:00-12:00 UTC"});
  EXPECT_EQ(week.next_change(at(2026, 1, 5, 1h)), at(2026, 1, 9, 12h));
  auto const always = schedule_of({"Mon..Sat 00:00-24:00 UTC", "Sun 00:00-24:00 UTC"});
  EXPECT_TRUE(always.active_at(at(2026, 1, 5, 1h)));
  EXPECT_FALSE(always.next_change(at(2026, 1, 5, 1h)));
}

TEST(FenceSchedule, a_gap_that_opens_only_when_one_of_two_zones_has_summer_time_is_found) {
  auto const both = schedule_of({"00:00-12:00 Europe/Vienna", "06:00-18:00 America/New_York"});
  EXPECT_EQ(both.next_change(at(2026, 1, 5, 1h)), at(2026, 3, 8, 22h));
}

TEST(FenceSchedule, a_skipped_time_begins_when_clocks_are_put_forward) {
  auto const early = schedule_of({"02:30-06:00 Europe/Vienna"});
  EXPECT_EQ(early.next_change(at(2026, 3, 28, 12h)), at(2026, 3, 29, 1h));
  auto const within = schedule_of({"02:15-02:45 Europe/Vienna"});
  EXPECT_EQ(within.next_change(at(2026, 3, 28, 12h)), at(2026, 3, 30, 15min));
}

TEST(FenceSchedule, a_time_that_comes_twice_is_covered_both_times) {
  auto const night = schedule_of({"02:15-02:45 Europe/Vienna"});
  EXPECT_EQ(night.next_change(at(2026, 10, 24, 12h)), at(2026, 10, 25, 15min));
  EXPECT_EQ(night.next_change(at(2026, 10, 25, 15min)), at(2026, 10, 25, 1h + 45min));
}

TEST(FenceSchedule, hours_only_belong_to_the_digest_when_there_are_any) {
  Fence fence{.name = "office", .shape = Circle{{48.2, 16.4}, Meters{1000}}};
  auto const without = digest_of(fence);
  fence.schedule = schedule_of({"08:00-18:00 UTC"});
  auto const with = digest_of(fence);
  fence.schedule = schedule_of({"08:00-18:00 Europe/Vienna"});
  EXPECT_NE(with, without);
  EXPECT_NE(with, digest_of(fence));
  fence.schedule = {};
  EXPECT_EQ(digest_of(fence), without);
}

std::string cases(std::size_t count) {
  auto const command =
      fmt::format("/usr/bin/python3 '{}/tests/features/call_blocking/schedule_hours.py' {} {}",
                  WARDROOM_SOURCE_DIR, test::seed(), count);
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const pipe(popen(command.c_str(), "r"), pclose);
  std::string out;
  std::array<char, 4096> buffer{};
  while (auto const n = pipe ? std::fread(buffer.data(), 1, buffer.size(), pipe.get()) : 0)
    out.append(buffer.data(), n);
  return out;
}

std::vector<std::string> fields(std::string const& text, char by) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string one; std::getline(in, one, by);) out.push_back(one);
  return out;
}

TEST(FenceSchedule, hours_of_twelve_zones_are_those_of_a_clock_watched_minute_by_minute) {
  auto const all = cases(test::count(96));
  if (all.empty()) GTEST_SKIP() << "python3 with zoneinfo is not installed";
  std::size_t changes = 0;
  for (auto const& line : fields(all, '\n')) {
    auto const parts = fields(line, ';');
    ASSERT_GE(parts.size(), 4u) << line;
    Schedule schedule;
    for (auto const& one : fields(parts[0], '|')) schedule.hours.push_back(*parse_hours(one));
    auto now = Instant(std::chrono::seconds(std::stoll(parts[1])));
    auto const end = Instant(std::chrono::seconds(std::stoll(parts[2])));
    bool active = parts[3] == "1";
    for (auto const& word : fields(parts.size() > 4 ? parts[4] : "", ' ')) {
      auto const change = Instant(std::chrono::seconds(std::stoll(word)));
      ASSERT_EQ(schedule.active_at(now), active) << line;
      ASSERT_EQ(schedule.active_at(now + (change - now) / 2), active) << line;
      ASSERT_EQ(schedule.active_at(change - 1ms), active) << line;
      auto const next = schedule.next_change(now);
      ASSERT_TRUE(next) << line;
      ASSERT_EQ(unix_ms(*next), unix_ms(change)) << line;
      now = change, active = !active;
      ++changes;
    }
    ASSERT_EQ(schedule.active_at(now), active) << line;
    ASSERT_GE(schedule.next_change(now).value_or(Instant::max()), end) << line;
  }
  EXPECT_GE(changes, test::count(96));
}

}  // namespace
}  // namespace wardroom::call_blocking
