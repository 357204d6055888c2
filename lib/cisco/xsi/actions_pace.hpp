/// How often XSI-Actions may be asked: so many requests a second, fewer while the platform
/// complains. Releases are counted but never wait. Source: xsi.md 10.
#pragma once
#include "runtime/clock.hpp"

#include <algorithm>
#include <optional>

namespace wardroom::xsi {

class ActionsPace {
 public:
  explicit ActionsPace(Clock& clock) : clock_(clock) {}

  /// Until this request's turn has come: in the order of asking, a few at once.
  Task<void> turn() {
    auto const mine = take();
    if (mine > clock_.uptime()) co_await clock_.sleep_until(mine);
  }
  /// A release goes at once; what is less urgent waits longer for it, but not for ever: a resync
  /// that asks what is true must get on behind thousands of releases too.
  void release() {
    if (next_ < clock_.uptime() + most_debt) take();
  }

  /// 429 or 503: half as often, at most halved once a second, down to 5 a second. It doubles again
  /// with every 10 s without a complaint after 429; with every second after 503, which is an outage
  /// at least as often as a crowd, and what comes after an outage is urgent.
  void complained(int status) {
    auto const now = clock_.uptime();
    recover(now);
    calm_ = std::chrono::seconds(status == 429 ? 10 : 1);
    calm_since_ = now;
    if (halved_ && now - *halved_ < std::chrono::seconds(1)) return;
    interval_ = std::min(interval_ * 2, slowest);
    halved_ = now;
  }
  Milliseconds interval() const { return interval_; }

 private:
  static constexpr Milliseconds usual{20}, slowest{200};
  static constexpr int at_once = 20;
  static constexpr Milliseconds most_debt{2'000};

  Uptime take() {
    auto const now = clock_.uptime();
    recover(now);
    next_ = std::max(next_, now - interval_ * (at_once - 1));
    auto const mine = next_;
    next_ += interval_;
    return mine;
  }
  void recover(Uptime now) {
    while (interval_ > usual && now - calm_since_ >= calm_) {
      interval_ = std::max(interval_ / 2, usual);
      calm_since_ += calm_;
    }
  }

  Clock& clock_;
  Milliseconds interval_ = usual;
  Uptime next_{};
  std::optional<Uptime> halved_;
  Uptime calm_since_{};
  std::chrono::seconds calm_{10};
};

}  // namespace wardroom::xsi
