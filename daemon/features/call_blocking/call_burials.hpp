/// Calls that ended lately: what comes of them within 60 s is late, unless it is later. Pure: time
/// comes in as a value.
#pragma once
#include "domain/call.hpp"
#include "features/call_blocking/event_order.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace wardroom::call_blocking {

struct CallRecord;

struct Burial {
  Uptime at{};
  std::string subscription;
  std::int64_t sequence = 0;
  std::optional<Instant> started;
  TrackingId tracking;
  bool emergency = false;
  std::shared_ptr<CallRecord> record;
  bool inferred = false;                  ///< nobody told the end; a list left the call out
  bool passed = false, callback = false;  ///< as LiveCall has them
};

/// Whether what is told of `leg` at `place` came after its end. By the time it started; by the
/// sequence; unknown when these contradict each other.
Order after_burial(Burial const& burial, CallLeg const& leg, EventPlace place);

class CallBurials {
 public:
  void bury(XsiUserId const& target, CallId const& call, Burial burial);
  Burial* find(XsiUserId const& target, CallId const& call);
  /// It rings again.
  std::optional<Burial> raise(XsiUserId const& target, CallId const& call);
  /// Whether an emergency call of this session ended lately: the next id of it is one, too.
  bool was_emergency(XsiUserId const& target, TrackingId const& session) const;
  void forget_old(Uptime now);

 private:
  std::unordered_map<std::string, Burial> tombstones_;
  std::deque<std::pair<Uptime, std::string>> burials_;
  /// When emergency calls ended, by target and session.
  std::unordered_map<std::string, Uptime> ended_emergencies_;
};

}  // namespace wardroom::call_blocking
