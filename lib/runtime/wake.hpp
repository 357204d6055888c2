/// Wakes a waiting coroutine: a flag that stays up until it is taken. On the loop only.
#pragma once
#include "runtime/task.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>

namespace wardroom {

/// One waiter at a time; may be used again.
class Wake {
 public:
  explicit Wake(Executor loop) : timer_(loop) { timer_.expires_at(Timer::time_point::max()); }

  void raise() {
    raised_ = true;
    timer_.cancel();
  }
  /// Until raise(), or at once when it was raised since the last wait.
  Task<void> wait() {
    while (!raised_) {
      // Being woken is no exception: acknowledgements wait here a thousand times a second.
      auto const [why] = co_await timer_.async_wait(boost::asio::as_tuple(use_task));
      if (!raised_) throw boost::system::system_error(why);  // the waiting task was cancelled
    }
    raised_ = false;
  }
  /// Until raise() or `when`.
  Task<void> wait_until(Clock& clock, Uptime when) {
    auto bell = clock.at(when, [this] { raise(); });
    co_await wait();
  }

 private:
  using Timer = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
  Timer timer_;
  bool raised_ = false;
};

}  // namespace wardroom
