#include "runtime/system_clock.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/steady_timer.hpp>

#include <time.h>

namespace wardroom {
namespace {
using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
}

Instant SystemClock::now() const {
  return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}

Uptime SystemClock::uptime() const {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t);
  return Uptime(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

// The kernel's timers run on CLOCK_MONOTONIC; only across a suspend do the two differ, and then a
// wait merely lasts longer.
Task<void> SystemClock::sleep_until(Uptime when) {
  Timer timer(loop_);
  timer.expires_after(when - uptime());
  co_await timer.async_wait(use_task);
}

TimerHandle SystemClock::at(Uptime when, std::function<void()> then) {
  auto timer = std::make_shared<Timer>(loop_);
  timer->expires_after(when - uptime());
  timer->async_wait([weak = std::weak_ptr<Timer>(timer), then = std::move(then)](auto error) {
    if (!error && !weak.expired()) then();
  });
  return TimerHandle(timer);
}

}  // namespace wardroom
