#include "cisco/xsi/heartbeat_plan.hpp"

#include <algorithm>

namespace wardroom::xsi {
namespace {
constexpr Milliseconds silence{30'000};
}

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
  ++failures_;
  static constexpr Milliseconds waits[] = {Milliseconds(2'000), Milliseconds(5'000),
                                           Milliseconds(10'000)};
  auto const wait = waits[std::min(failures_ - 1, 2)];
  auto const flows_until = last_byte.value_or(Uptime::min()) + silence;
  if (answer.kind == Kind::overloaded && flows_until > now) {
    auto const left = std::chrono::ceil<Milliseconds>(flows_until - now);
    return {false, std::min(wait, left), false};
  }
  if (failures_ >= 2) return {true, {}, false};
  return {false, wait, false};
}

}  // namespace wardroom::xsi
