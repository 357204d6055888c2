/// Time zones beside Python's, which reads the same data with a reader of its own.
#include "zones/time_zone.hpp"

#include "support/seed.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <sstream>

namespace wardroom::zones {
namespace {

using std::chrono::hours;
using std::chrono::local_seconds;
using std::chrono::minutes;
using std::chrono::seconds;

Instant at(std::int64_t value) { return Instant(seconds(value)); }

std::string output_of(std::string const& command) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const pipe(popen(command.c_str(), "r"), pclose);
  std::string out;
  std::array<char, 4096> buffer{};
  while (auto const n = pipe ? std::fread(buffer.data(), 1, buffer.size(), pipe.get()) : 0)
    out.append(buffer.data(), n);
  return out;
}

std::string script(std::string_view name) {
  return fmt::format("/usr/bin/python3 '{}/tests/{}'", WARDROOM_SOURCE_DIR, name);
}

/// What the clock shows twice, or never, around one change.
void expect_local_times(TimeZone const& zone, std::int64_t change, std::int64_t before,
                        std::int64_t after) {
  auto const low = std::min(before, after), high = std::max(before, after);
  auto const middle = local_seconds(seconds(change + low + (high - low) / 2));
  if (after > before) {  // skipped
    EXPECT_EQ(zone.first_at(middle), at(change)) << zone.name() << " " << change;
    EXPECT_EQ(zone.last_at(middle), at(change)) << zone.name() << " " << change;
  } else {
    auto const time = middle.time_since_epoch().count();
    EXPECT_EQ(zone.first_at(middle), at(time - before)) << zone.name() << " " << change;
    EXPECT_EQ(zone.last_at(middle), at(time - after)) << zone.name() << " " << change;
  }
}

TEST(TimeZone, changes_of_the_clocks_to_2045_are_those_that_python_knows) {
  auto const all = output_of(
      fmt::format("{} {} {}", script("lib/zones/zone_changes.py"), test::seed(), test::count(12)));
  if (all.empty()) GTEST_SKIP() << "python3 with zoneinfo is not installed";
  std::istringstream lines(all);
  std::size_t zones = 0, changes = 0;
  for (std::string line; std::getline(lines, line); ++zones) {
    std::istringstream words(line);
    std::string name;
    std::int64_t offset = 0, change = 0, next = 0;
    words >> name >> offset;
    auto const zone = TimeZone::named(name);
    ASSERT_TRUE(zone) << zone.error().what;
    std::int64_t from = 1'577'836'800;
    while (words >> change >> next) {
      for (auto const when : {from, (from + change) / 2, change - 1})
        ASSERT_EQ(zone->offset_at(at(when)).count(), offset) << name << " " << when;
      ASSERT_EQ(zone->offset_at(at(change)).count(), next) << name << " " << change;
      expect_local_times(*zone, change, offset, next);
      from = change, offset = next;
      ++changes;
    }
    for (auto when = from; when < 2'398'377'600; when += 86'400 * 5)
      ASSERT_EQ(zone->offset_at(at(when)).count(), offset) << name << " " << when;
  }
  EXPECT_GE(zones, 18u);
  EXPECT_GE(changes, 500u);
}

TEST(TimeZone, ordinary_local_times_are_one_instant) {
  auto const vienna = TimeZone::named("Europe/Vienna");
  ASSERT_TRUE(vienna);
  using namespace std::chrono_literals;
  auto const noon = std::chrono::local_days(2026y / 7 / 1) + 12h;
  auto const utc = Instant(std::chrono::sys_days(2026y / 7 / 1) + 10h);
  EXPECT_EQ(vienna->first_at(noon), utc);
  EXPECT_EQ(vienna->last_at(noon), utc);
  EXPECT_EQ(vienna->local(utc), noon);
}

TEST(TimeZone, names_that_are_none_are_refused) {
  for (auto const* name : {"", "Europe/Nowhere", "/etc/passwd", "../../etc/passwd", "Europe",
                           "Europe/..", "tzdata.zi", "Europe/Vienna ", "CEST"}) {
    auto const zone = TimeZone::named(name);
    ASSERT_FALSE(zone) << name;
    EXPECT_EQ(zone.error().kind, ErrorKind::not_found) << name;
    EXPECT_NE(zone.error().what.find("Europe/Vienna"), std::string::npos) << zone.error().what;
  }
}

}  // namespace
}  // namespace wardroom::zones
