// Waiting on the real and on the fake clock; time limits; delays between attempts.
#include "runtime/backoff.hpp"
#include "runtime/helpers.hpp"
#include "runtime/system_clock.hpp"
#include "runtime/task.hpp"
#include "support/fake_clock.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

namespace wardroom {
namespace {

using namespace std::chrono_literals;

Task<Result<int>> slow(Clock& clock, Milliseconds how) {
  co_await clock.sleep_for(how);
  co_return 7;
}

TEST(Within, gives_the_result_when_in_time_and_times_out_otherwise) {
  boost::asio::io_context io{1};
  test::FakeClock clock(io);
  std::vector<std::string> seen;
  test::start_task(io, [](Clock& c, std::vector<std::string>& out) -> Task<void> {
    auto quick = co_await within(c, 1s, "quick", slow(c, 10ms));
    out.push_back(quick ? "ok" : quick.error().what);
    auto late = co_await within(c, 1s, "asking the oracle", slow(c, 10s));
    out.push_back(late ? "ok" : late.error().what);
  }(clock, seen));
  clock.advance(5s);
  EXPECT_EQ(seen, (std::vector<std::string>{"ok", "asking the oracle took longer than 1000 ms"}));
}

TEST(FakeClock, fires_in_order_of_time_and_forgets_dropped_timers) {
  boost::asio::io_context io{1};
  test::FakeClock clock(io);
  std::string order;
  auto b = clock.after(2s, [&] { order += 'b'; });
  auto a = clock.after(1s, [&] { order += 'a'; });
  auto dropped = clock.after(1s, [&] { order += 'x'; });
  dropped.cancel();
  clock.advance(3s);
  EXPECT_EQ(order, "ab");
}

TEST(SystemClock, waits_about_as_long_as_asked) {
  boost::asio::io_context io{1};
  SystemClock clock(io.get_executor());
  auto const before = clock.uptime();
  test::run_task(io, clock.sleep_for(5ms));
  EXPECT_GE(clock.uptime() - before, 5ms);
}

TEST(Backoff, doubles_to_its_cap_and_jitters_below_it) {
  SeededRandom dice(1);
  Backoff backoff(250ms, 3s);
  for (int i = 0; i < 40; ++i) EXPECT_LE(backoff.next(dice), 3s);
  backoff.reset();
  EXPECT_LE(backoff.next(dice), 250ms);
}

TEST(Helpers, carry_values_out_and_exceptions_back) {
  boost::asio::io_context io{1};
  Helpers helpers(io.get_executor());
  auto guard = boost::asio::make_work_guard(io);
  EXPECT_EQ(test::run_task(io, helpers.run([] { return 42; })), 42);
  EXPECT_THROW(test::run_task(io, helpers.run([]() -> int { throw std::runtime_error("no"); })),
               std::runtime_error);
}

}  // namespace
}  // namespace wardroom
