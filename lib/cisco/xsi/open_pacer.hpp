/// Gives turns: a few at once, then one an interval, so that many failing
/// servers are not stormed. Pure. Source: xsi.md 11.2 (at most two channel
/// openings a second).
#pragma once
#include "base/units.hpp"

#include <algorithm>

namespace wardroom::xsi {

class OpenPacer {
 public:
  OpenPacer(Milliseconds interval, int burst) : interval_(interval), burst_(burst) {}

  /// When the one who asks now may go; each asking takes a turn.
  Uptime turn(Uptime now) {
    auto const earliest = now - interval_ * (burst_ - 1);
    next_ = std::max(next_, earliest);
    auto const mine = std::max(next_, now);
    next_ += interval_;
    return mine;
  }

 private:
  Milliseconds interval_;
  int burst_;
  Uptime next_{};
};

}  // namespace wardroom::xsi
