// How old a stored fix is after restarts and reboots.
#include "people/fix_age.hpp"

#include <gtest/gtest.h>

namespace wardroom::people {
namespace {
using namespace std::chrono_literals;

StoredFix const stored{.person = 1,
                       .latitude_e7 = 482'000'000,
                       .longitude_e7 = -163'700'000,
                       .accuracy_dm = 155,
                       .boot_ms = 100'000,
                       .wall_ms = 5'000'000,
                       .boot_no = 3};

TEST(FixAge, is_exact_on_the_same_boot_whatever_the_wall_clock_says) {
  for (auto const now : {0, 4'000'000, 9'000'000}) {
    auto const fix = revive(stored, {.boot_no = 3,
                                     .uptime = Uptime(160s),
                                     .now = from_unix_ms(now),
                                     .newest_stored = from_unix_ms(5'000'000)});
    ASSERT_TRUE(fix);
    EXPECT_EQ(fix->received, Uptime(100s));
    EXPECT_EQ(fix->received_at, from_unix_ms(5'000'000));
    EXPECT_EQ(fix->where, (GeoPoint{48.2, -16.37}));
    EXPECT_EQ(fix->accuracy.value, 15.5);
  }
}

TEST(FixAge, comes_from_the_wall_clock_after_a_reboot) {
  auto const fix = revive(stored, {.boot_no = 4,
                                   .uptime = Uptime(10s),
                                   .now = from_unix_ms(5'060'000),
                                   .newest_stored = from_unix_ms(5'030'000)});
  ASSERT_TRUE(fix);
  EXPECT_EQ(fix->received, Uptime(-50s)) << "a minute old, before this boot";
}

TEST(FixAge, is_unknown_when_the_wall_clock_went_backwards_over_a_reboot) {
  RestartTime time{.boot_no = 4, .uptime = Uptime(10s), .now = from_unix_ms(4'999'999)};
  time.newest_stored = from_unix_ms(5'000'000);
  EXPECT_FALSE(revive(stored, time));
  time.now = from_unix_ms(5'020'000);
  EXPECT_TRUE(revive(stored, time));
  time.newest_stored = from_unix_ms(5'030'000);
  EXPECT_FALSE(revive(stored, time)) << "somebody else's later fix shows that it went backwards";
}

TEST(FixAge, is_unknown_when_the_boot_clock_stands_before_the_fix) {
  EXPECT_FALSE(
      revive(stored, {.boot_no = 3, .uptime = Uptime(99s), .now = from_unix_ms(9'000'000)}));
}

}  // namespace
}  // namespace wardroom::people
