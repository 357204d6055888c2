#include "runtime/believed_clock.hpp"

#include "base/log.hpp"

namespace wardroom {

Instant BelievedClock::now() {
  Moment const now{clock_.now(), clock_.uptime()};
  if (believed_) {
    auto const expected =
        believed_->wall + std::chrono::duration_cast<Milliseconds>(now.up - believed_->up);
    if (now.wall > expected + no_jump) {
      if (!doubted_since_) {
        doubted_since_ = now.up;
        log::warning("the clock of this machine jumped forward: for a day nothing of " + what_ +
                         " is removed for it",
                     {});
      }
      if (now.up - *doubted_since_ < doubted_for) return expected;
    }
  }
  believed_ = now;
  doubted_since_.reset();
  return now.wall;
}

}  // namespace wardroom
