/// What the answers to client heartbeats mean: when the next one is due, or that the channel is
/// dead. Pure. Source: decisions.md "XSI" (two failed heartbeats = dead), xsi.md 4.
#pragma once
#include "base/units.hpp"

#include <optional>
#include <string>

namespace wardroom::xsi {

/// One heartbeat's answer, as far as it matters here.
struct HeartbeatAnswer {
  enum class Kind {
    alive,
    missing,  ///< 404, 409, 410, or 403 with a code 1108xx: the server does not know the channel
    unauthorized,  ///< 401 even with a renewed token, or no token to be had
    denied,        ///< another 403
    throttled,     ///< 429
    overloaded,    ///< 5xx and anything else that is an answer
    unreachable,   ///< no answer
  };
  Kind kind = Kind::alive;
  Milliseconds retry_after{0};  ///< of throttled
};

class HeartbeatPlan {
 public:
  explicit HeartbeatPlan(Milliseconds interval) : interval_(interval) {}

  struct Next {
    bool dead = false;
    Milliseconds wait{0};  ///< until the next heartbeat, before jitter
    bool regular = true;   ///< an ordinary interval, which gets jitter
  };
  /// `last_byte` = when the stream last delivered anything. A server that answers 5xx while its
  /// stream delivered within 30 s is busy, not dead: opening channels again would only add to its
  /// load.
  Next answered(HeartbeatAnswer answer, Uptime now, std::optional<Uptime> last_byte);
  int failures() const { return failures_; }

 private:
  Milliseconds interval_;
  int failures_ = 0;
};

}  // namespace wardroom::xsi
