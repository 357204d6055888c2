/// Adds up the time during which no call event could have reached us. Pure.
#pragma once
#include "base/units.hpp"

#include <chrono>
#include <optional>

namespace wardroom::xsi {

class BlindTime {
 public:
  void begin(Uptime now) { since_ = now; }  ///< monitoring starts, blind until seeing(true)
  void seeing(bool sees, Uptime now) {
    if (sees) {
      settle(now);
    } else if (!since_) {
      since_ = now;
    }
  }
  void end(Uptime now) { settle(now); }  ///< monitoring stops

  std::optional<Uptime> since() const { return since_; }
  double seconds(Uptime now) const {
    auto const all = total_ + (since_ ? now - *since_ : BootClock::duration::zero());
    return std::chrono::duration<double>(all).count();
  }

 private:
  void settle(Uptime now) {
    if (since_) total_ += now - *since_;
    since_.reset();
  }
  BootClock::duration total_{};
  std::optional<Uptime> since_;
};

}  // namespace wardroom::xsi
