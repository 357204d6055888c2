/// A clock that runs many times faster than the real one, over real sockets: an hour in a minute.
/// Counts what waits on it.
#pragma once
#include "runtime/system_clock.hpp"

#include <memory>
#include <utility>

namespace wardroom::test {

class ScaledClock final : public Clock {
 public:
  ScaledClock(Executor loop, int factor)
      : real_(loop), factor_(factor), began_(real_.uptime()), began_at_(real_.now()) {}

  Instant now() const override {
    return began_at_ + std::chrono::duration_cast<Milliseconds>(uptime() - began_);
  }
  Uptime uptime() const override { return began_ + (real_.uptime() - began_) * factor_; }
  Task<void> sleep_until(Uptime when) override {
    auto const waiting = std::make_shared<Counted>(waiting_);
    co_await real_.sleep_until(as_real(when));
  }
  TimerHandle at(Uptime when, std::function<void()> then) override {
    struct Kept {
      Kept(std::size_t& n, TimerHandle its_timer) : counted(n), timer(std::move(its_timer)) {}
      Counted counted;
      TimerHandle timer;
    };
    return TimerHandle(std::make_shared<Kept>(waiting_, real_.at(as_real(when), std::move(then))));
  }

  Clock& real() { return real_; }
  std::size_t waiting() const { return waiting_; }  ///< timers and sleepers

 private:
  struct Counted {
    explicit Counted(std::size_t& n) : number(n) { ++number; }
    ~Counted() { --number; }
    Counted(Counted const&) = delete;
    Counted& operator=(Counted const&) = delete;
    std::size_t& number;
  };
  Uptime as_real(Uptime when) const { return began_ + (when - began_) / factor_; }

  SystemClock real_;
  int factor_;
  Uptime began_;
  Instant began_at_;
  std::size_t waiting_ = 0;
};

}  // namespace wardroom::test
