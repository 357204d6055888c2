// How often something may happen, for more keys than there are places.
#include "base/rate_table.hpp"

#include <gtest/gtest.h>

namespace wardroom {
namespace {

using namespace std::chrono_literals;

/// Those let through of `tries`, one each `every`.
int passed(RateTable& table, std::uint64_t key, Uptime& now, int tries, Milliseconds every) {
  int out = 0;
  for (int i = 0; i < tries; ++i, now += every) out += table.take(key, now).count() == 0 ? 1 : 0;
  return out;
}

TEST(RateTable, lets_a_burst_through_and_then_one_at_a_time) {
  RateTable table({50ms, 60}, 1);
  Uptime now(1h);
  EXPECT_EQ(passed(table, 7, now, 100, 0ms), 60);
  EXPECT_EQ(table.wait(7, now), 50ms);
  EXPECT_EQ(table.take(7, now), 50ms);
  EXPECT_EQ(table.wait(8, now), 0ms);
  EXPECT_EQ(table.take(7, now + 20ms), 30ms);
  now += 50ms;
  EXPECT_EQ(passed(table, 7, now, 1'000, 10ms), 200) << "20 a second";
  now += 1min;
  EXPECT_EQ(passed(table, 7, now, 100, 0ms), 60) << "a minute of quiet forgives everything";
}

TEST(RateTable, counts_each_key_by_itself) {
  RateTable table({100ms, 50}, 1);
  Uptime now(1h);
  EXPECT_EQ(passed(table, 1, now, 100, 0ms), 50);
  EXPECT_EQ(passed(table, 2, now, 100, 0ms), 50);
  EXPECT_EQ(passed(table, 0, now, 100, 0ms), 50) << "0 is a key like others";
}

TEST(RateTable, goes_on_when_its_milliseconds_wrap_after_49_days) {
  RateTable table({100ms, 50}, 1);
  Uptime now(Milliseconds((std::int64_t{1} << 32) - 10));
  EXPECT_EQ(passed(table, 1, now, 50, 0ms), 50);
  EXPECT_GT(table.take(1, now), 0ms);
  now += 5s;
  EXPECT_EQ(passed(table, 1, now, 50, 0ms), 50);
}

TEST(RateTable, needs_no_more_memory_for_a_million_keys_and_keeps_who_does_too_much) {
  RateTable table({50ms, 60}, 4711);
  auto const before = table.memory();
  EXPECT_LE(before, 256u * 1024);
  Uptime now(1h);
  EXPECT_EQ(passed(table, 1u << 30, now, 100, 0ms), 60);
  for (std::uint64_t other = 0; other < 1'000'000; ++other) {
    table.take(other, now);
    if (other % 1'000 == 0) {
      now += 1ms;
      EXPECT_LE(passed(table, 1u << 30, now, 2, 0ms), 1) << "still known as one who does too much";
    }
  }
  EXPECT_EQ(table.memory(), before);
}

}  // namespace
}  // namespace wardroom
