#include "cisco/xsi/heartbeat_plan.hpp"

#include <algorithm>

namespace wardroom::xsi {

HeartbeatPlan::Next HeartbeatPlan::answered(HeartbeatAnswer answer, Uptime now,
                                            std::optional<Uptime> last_byte) {
  using Kind = HeartbeatAnswer::Kind;
  switch (answer.kind) {
    case Kind::alive:
      failures_ = 0;
      return {false, interval_, true};
    case Kind::missing:
      return {true, {}, false};
    // Opening again with a rejected token cannot help; the stream may well live on.
    case Kind::unauthorized:
    case Kind::denied:
      return {false, interval_, true};
    case Kind::throttled:
      return {false, std::clamp(answer.retry_after, Milliseconds(1'000), Milliseconds(10'000)),
              false};
    case Kind::overloaded:
    case Kind::unreachable:
      break;
  }
  if (++failures_ == 1) first_failure_ = now;
  bool const flows = last_byte && *last_byte > first_failure_;
  bool const busy = answer.kind == Kind::overloaded && flows;
  if (failures_ >= 2 && !busy) return {true, {}, false};
  static constexpr Milliseconds waits[] = {Milliseconds(2'000), Milliseconds(5'000),
                                           Milliseconds(10'000)};
  return {false, waits[std::min(failures_ - 1, 2)], false};
}

}  // namespace wardroom::xsi
