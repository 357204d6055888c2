/// What one run of an XsiSession owns: its slots, tasks and memory of events. Private to the
/// session.
#pragma once
#include "cisco/xsi/xsi_event_queue.hpp"
#include "cisco/xsi/xsi_session.hpp"
#include "runtime/backoff.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::xsi {

/// One XSP: at most one channel, and what is known of its past.
struct XsiSession::Slot {
  Slot(Xsp its_xsp, XsiTimers const& timers, Executor loop)
      : xsp(std::move(its_xsp)),
        backoff(timers.reconnect_first, timers.reconnect_cap),
        wake(loop) {}

  Xsp xsp;
  std::unique_ptr<XsiChannel> channel;
  Backoff backoff;
  Wake wake;  ///< ends a pause early
  std::optional<Uptime> down_since;
  bool hears_heartbeats = false;  ///< this XSP was ever seen sending its own
  bool retired = false;           ///< no longer in DNS
  bool gone = false;              ///< its task has ended
  std::string state = "connecting", last_error;
  std::optional<Instant> since;
};

struct XsiSession::Run {
  Run(XsiSession& session, CallEventSink& its_sink);

  CallEventSink& sink;
  std::string channel_set;
  bool stopping = false;
  /// Another instance owns the application until then.
  std::optional<Uptime> yielding_until;
  std::vector<std::unique_ptr<Slot>> slots;
  TaskGroup control, channels, farewells;
  XsiEventQueue events;
  XsiAcks acks;
  XsiSubscription subscription;
  EventWindow seen;
  SequenceWatch sequence;
  TimerHandle gap_timer;
  Wake discover_again;
};

}  // namespace wardroom::xsi
