/// The real clock: CLOCK_REALTIME and CLOCK_BOOTTIME, waiting on the loop's timers.
#pragma once
#include "runtime/clock.hpp"

namespace wardroom {

class SystemClock final : public Clock {
 public:
  explicit SystemClock(Executor loop) : loop_(loop) {}
  Instant now() const override;
  Uptime uptime() const override;
  Task<void> sleep_until(Uptime when) override;
  [[nodiscard]] TimerHandle at(Uptime when, std::function<void()> then) override;

 private:
  Executor loop_;
};

}  // namespace wardroom
