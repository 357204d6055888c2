// Coroutines that take turns come in the order they asked, also when some of them are cancelled.
#include "runtime/turns.hpp"

#include "runtime/task_group.hpp"
#include "support/fake_clock.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

namespace wardroom {
namespace {

using namespace std::chrono_literals;

struct TurnsTest : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  std::string trace;
  Turns turns{io.get_executor()};
  TaskGroup group{io.get_executor(), [](std::string_view, std::exception_ptr) { FAIL(); }};
  TaskGroup others{io.get_executor(), [](std::string_view, std::exception_ptr) { FAIL(); }};

  void start(TaskGroup& where, char name, BootClock::duration length) {
    where.spawn({name}, [this, name, length]() -> Task<void> {
      auto const turn = co_await turns.take();
      trace += name;
      co_await clock.sleep_for(length);
      trace += '.';
    });
  }
  void stop(TaskGroup& which) {
    test::start_task(io, which.stop(clock, 0s));
    clock.drain();
    clock.advance(1ms);
  }
};

TEST_F(TurnsTest, each_begins_when_the_one_before_has_ended) {
  for (char const name : {'a', 'b', 'c'}) start(group, name, 1s);
  clock.drain();
  EXPECT_EQ(trace, "a");
  clock.advance(1s);
  EXPECT_EQ(trace, "a.b");
  clock.advance(2s);
  EXPECT_EQ(trace, "a.b.c.");
  start(group, 'd', 1s);
  clock.advance(1s);
  EXPECT_EQ(trace, "a.b.c.d.");
}

TEST_F(TurnsTest, whoever_is_cancelled_while_waiting_keeps_nobody_waiting) {
  start(group, 'a', 1s);
  start(others, 'b', 1s);
  start(group, 'c', 1s);
  clock.drain();
  stop(others);
  EXPECT_EQ(others.running(), 0u);
  clock.advance(3s);
  EXPECT_EQ(trace, "a.c.");
}

TEST_F(TurnsTest, whoever_is_cancelled_in_their_turn_lets_the_next_through) {
  start(others, 'a', 1h);
  start(group, 'b', 1s);
  clock.drain();
  stop(others);
  clock.advance(2s);
  EXPECT_EQ(trace, "ab.");
}

TEST_F(TurnsTest, whoever_is_cancelled_at_the_moment_of_being_called_passes_it_on) {
  start(group, 'a', 1s);
  start(others, 'b', 1s);
  start(group, 'c', 1s);
  clock.drain();
  // Both at once: a's sleep ends, and b is cancelled before it could go on.
  auto bell = clock.after(1s, [this] { test::start_task(io, others.stop(clock, 0s)); });
  clock.advance(1s);
  clock.advance(5s);
  EXPECT_EQ(others.running(), 0u);
  EXPECT_TRUE(trace == "a.c." || trace == "a.bc.") << trace;
}

}  // namespace
}  // namespace wardroom
