/// Time that passes only when a test says so; waiting tasks resume in order of their moments.
#pragma once
#include "runtime/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <optional>

namespace wardroom::test {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(boost::asio::io_context& io, Instant start = from_unix_ms(1'795'255'200'000),
                     Uptime boot = Uptime(std::chrono::hours(1)))
      : io_(io), now_(start), uptime_(boot) {}

  Instant now() const override { return now_ + skew_; }
  Uptime uptime() const override { return uptime_; }

  Task<void> sleep_until(Uptime when) override {
    using Timer = boost::asio::basic_waitable_timer<
        std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
    // Never expires by itself; advance() cancels the wait through the handle below.
    auto timer = std::make_shared<Timer>(io_.get_executor());
    timer->expires_at(Timer::time_point::max());
    auto fired = std::make_shared<bool>(false);
    auto handle = at(when, [timer, fired] {
      *fired = true;
      timer->cancel();
    });
    // Waking is no exception: worlds wait a hundred thousand times an hour.
    auto const [why] = co_await timer->async_wait(boost::asio::as_tuple(use_task));
    if (!*fired) throw boost::system::system_error(why);
  }

  TimerHandle at(Uptime when, std::function<void()> then) override {
    auto alive = std::make_shared<int>(0);
    waiting_.emplace(when, Waiting{std::weak_ptr<int>(alive), std::move(then)});
    if (when <= uptime_) boost::asio::post(io_, [this] { fire_due(); });
    return TimerHandle(alive);
  }

  /// Moves time on, running everything that becomes due, in order, with the loop drained in
  /// between.
  void advance(BootClock::duration d) {
    auto const target = uptime_ + d;
    drain();
    while (!waiting_.empty() && waiting_.begin()->first <= target) {
      if (waiting_.begin()->first > uptime_) set(waiting_.begin()->first);
      fire_due();
      drain();
    }
    set(target);
    drain();
  }
  /// Timers that somebody still waits for: must not grow while a thing goes on.
  std::size_t pending() const {
    std::size_t n = 0;
    for (auto const& [when, waiting] : waiting_) n += waiting.alive.expired() ? 0 : 1;
    return n;
  }
  /// When somebody is due next; nothing = nobody waits.
  std::optional<Uptime> next_due() {
    while (!waiting_.empty() && waiting_.begin()->second.alive.expired())
      waiting_.erase(waiting_.begin());
    if (waiting_.empty()) return std::nullopt;
    return waiting_.begin()->first;
  }
  /// It is `when` now (or later already): whoever is due is called; the loop is not run.
  void arrive_at(Uptime when) {
    set(when);
    fire_due();
  }
  /// The wall clock jumps; the boot-time clock does not.
  void jump_wall(Milliseconds by) { skew_ += by; }
  /// Runs the loop until nothing is ready.
  void drain() {
    io_.restart();
    while (io_.poll() > 0) io_.restart();
  }

 private:
  struct Waiting {
    std::weak_ptr<int> alive;
    std::function<void()> then;
  };
  void set(Uptime t) {
    if (t <= uptime_) return;
    now_ += std::chrono::duration_cast<Milliseconds>(t - uptime_);
    uptime_ = t;
  }
  void fire_due() {
    while (!waiting_.empty() && waiting_.begin()->first <= uptime_) {
      auto due = std::move(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
      if (!due.alive.expired()) due.then();
    }
  }

  boost::asio::io_context& io_;
  Instant now_;
  Uptime uptime_;
  Milliseconds skew_{0};
  std::multimap<Uptime, Waiting> waiting_;
};

}  // namespace wardroom::test
