// Which one-time effects are remembered, and for how long.
#include "effects/once_keys.hpp"

#include <gtest/gtest.h>

namespace wardroom {
namespace {
using namespace std::chrono_literals;

TEST(OnceKeys, keep_a_key_while_it_runs_and_ten_minutes_after_it_was_done) {
  OnceKeys keys;
  Uptime now{1h};
  EXPECT_TRUE(keys.take("a", now));
  EXPECT_FALSE(keys.take("a", now + 24h)) << "still running";
  keys.done("a", now);
  EXPECT_FALSE(keys.take("a", now + 10min - 1ns));
  EXPECT_TRUE(keys.take("a", now + 10min));
}

TEST(OnceKeys, free_the_key_of_a_failure_at_once) {
  OnceKeys keys;
  EXPECT_TRUE(keys.take("a", Uptime{1h}));
  keys.free("a");
  EXPECT_TRUE(keys.take("a", Uptime{1h}));
}

TEST(OnceKeys, are_bounded_and_never_forget_a_running_one) {
  OnceKeys keys(3);
  Uptime const now{1h};
  EXPECT_TRUE(keys.take("running", now));
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(keys.take(std::to_string(i), now));
    keys.done(std::to_string(i), now);
  }
  EXPECT_EQ(keys.size(), 4u);
  EXPECT_FALSE(keys.take("99", now));
  EXPECT_TRUE(keys.take("96", now)) << "the oldest went";
  EXPECT_FALSE(keys.take("running", now));
}

}  // namespace
}  // namespace wardroom
