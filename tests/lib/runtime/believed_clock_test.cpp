#include "runtime/believed_clock.hpp"

#include "support/fake_clock.hpp"

#include <gtest/gtest.h>

namespace wardroom {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

struct BelievedClockTest : testing::Test {
  boost::asio::io_context io;
  test::FakeClock clock{io};
  BelievedClock believed{clock, "the records"};

  /// As its owner looks: every hour.
  Instant after(std::chrono::hours hours) {
    for (auto i = hours; i > 0h; --i) {
      clock.advance(1h);
      believed.now();
    }
    return believed.now();
  }
};

TEST_F(BelievedClockTest, is_the_wall_clock_while_that_goes_on_evenly) {
  EXPECT_EQ(believed.now(), clock.now());
  EXPECT_EQ(after(100h), clock.now());
}

TEST_F(BelievedClockTest, does_not_follow_a_jump_forward_for_a_day) {
  auto const before = believed.now();
  clock.jump_wall(days(365));
  EXPECT_EQ(after(23h), before + 23h);
  EXPECT_EQ(after(2h), clock.now()) << "it stayed there: so it is right";
}

TEST_F(BelievedClockTest, forgets_a_jump_that_was_taken_back) {
  believed.now();
  clock.jump_wall(days(4'000));
  after(20h);
  clock.jump_wall(-days(4'000));
  EXPECT_EQ(after(1h), clock.now());
  auto const before = believed.now();
  clock.jump_wall(days(4'000));
  EXPECT_EQ(after(20h), before + 20h) << "the day begins anew";
}

TEST_F(BelievedClockTest, goes_back_at_once_for_then_nothing_is_removed_too_early) {
  believed.now();
  clock.jump_wall(-days(30));
  EXPECT_EQ(believed.now(), clock.now());
}

TEST_F(BelievedClockTest, takes_small_corrections_for_none) {
  believed.now();
  clock.jump_wall(59min);
  EXPECT_EQ(believed.now(), clock.now());
}

}  // namespace
}  // namespace wardroom
