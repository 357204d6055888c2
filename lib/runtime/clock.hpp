/// Time as a port: what time it is, and waiting for it to pass. Tests advance a FakeClock instead.
#pragma once
#include "base/units.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>

namespace wardroom {

using Executor = boost::asio::io_context::executor_type;
template <class T = void>
using Task = boost::asio::awaitable<T, Executor>;
inline constexpr boost::asio::use_awaitable_t<Executor> use_task{};

/// A pending call of `Clock::after`; dropping it cancels the call.
class TimerHandle {
 public:
  TimerHandle() = default;
  explicit TimerHandle(std::shared_ptr<void> keep) : keep_(std::move(keep)) {}
  void cancel() { keep_.reset(); }
  bool armed() const { return keep_ != nullptr; }

 private:
  std::shared_ptr<void> keep_;
};

/// Used on the loop only.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual Uptime uptime() const = 0;
  /// Waits; cancellation ends it at once with operation_aborted.
  virtual Task<void> sleep_until(Uptime when) = 0;
  /// Calls `then` on the loop at `when`, unless the handle is dropped before.
  [[nodiscard]] virtual TimerHandle at(Uptime when, std::function<void()> then) = 0;

  Task<void> sleep_for(BootClock::duration d) { return sleep_until(uptime() + d); }
  [[nodiscard]] TimerHandle after(BootClock::duration d, std::function<void()> then) {
    return at(uptime() + d, std::move(then));
  }
};

}  // namespace wardroom
