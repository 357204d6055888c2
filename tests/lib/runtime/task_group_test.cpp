// Tasks are counted, stopped politely then firmly, and awaited.
#include "runtime/task_group.hpp"

#include "support/fake_clock.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

namespace wardroom {
namespace {

using namespace std::chrono_literals;

struct GroupTest : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  std::vector<std::string> failures;
  TaskGroup group{io.get_executor(), [this](std::string_view name, std::exception_ptr) {
                    failures.emplace_back(name);
                  }};
};

TEST_F(GroupTest, a_polite_task_finishes_what_it_holds) {
  bool finished = false;
  group.spawn("polite", [&]() -> Task<void> {
    co_await finish_politely();
    try {
      co_await clock.sleep_for(1h);
    } catch (boost::system::system_error const&) {
      // asked to stop: finish what is held
    }
    co_await boost::asio::this_coro::reset_cancellation_state();
    co_await clock.sleep_for(100ms);
    finished = true;
  });
  clock.drain();
  test::start_task(io, group.stop(clock, 1s));
  clock.advance(2s);
  EXPECT_TRUE(finished);
  EXPECT_EQ(group.running(), 0u);
  EXPECT_TRUE(failures.empty());
}

TEST_F(GroupTest, a_deaf_task_is_cancelled_after_the_patience) {
  group.spawn("deaf", [&]() -> Task<void> { co_await clock.sleep_for(1h); });
  clock.drain();
  test::start_task(io, group.stop(clock, 1s));
  clock.advance(500ms);
  EXPECT_EQ(group.running(), 1u);
  clock.advance(1s);
  EXPECT_EQ(group.running(), 0u);
}

TEST_F(GroupTest, G2_a_polite_task_is_stopped_within_branches_that_run_side_by_side) {
  auto const hang = [this]() -> Task<Result<int>> {
    co_await clock.sleep_for(1h);
    co_return 1;
  };
  bool ended = false;
  group.spawn("polite", [&]() -> Task<void> {
    co_await finish_politely();
    struct Ended {
      bool& flag;
      ~Ended() { flag = true; }
    } const last{ended};
    // As a request: its own limit in what limits it from outside.
    co_await within(clock, 31s, "all of it", within(clock, 30s, "the inner one", hang()));
  });
  clock.drain();
  test::start_task(io, group.stop(clock, 1s));
  clock.advance(10ms);
  EXPECT_TRUE(ended) << "by the first, polite wave";
  EXPECT_EQ(group.running(), 0u);
  EXPECT_TRUE(failures.empty());
}

TEST_F(GroupTest, a_throw_is_reported_with_its_name) {
  group.spawn("bad", []() -> Task<void> {
    throw std::runtime_error("boom");
    co_return;
  });
  clock.drain();
  EXPECT_EQ(failures, std::vector<std::string>{"bad"});
}

TEST_F(GroupTest, nothing_starts_after_stop_began) {
  test::start_task(io, group.stop(clock, 1s));
  clock.drain();
  bool ran = false;
  group.spawn("late", [&]() -> Task<void> {
    ran = true;
    co_return;
  });
  clock.advance(2s);
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace wardroom
