/// What one run of an XsiSession owns: its slots, tasks and memory of events.
/// Private to the session.
#pragma once
#include "cisco/xsi/open_pacer.hpp"
#include "cisco/xsi/xsi_event_queue.hpp"
#include "cisco/xsi/xsi_session.hpp"
#include "runtime/backoff.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::xsi {

/// While there is no token: how often it is looked whether there is one. Asks nobody outside.
inline constexpr Milliseconds token_glance{1'000};

/// One XSP: at most one channel, and what is known of its past. While a stream
/// is rolled, a second slot of the same XSP, the understudy, opens its channel
/// and then takes the first one's place.
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
  Uptime roll_after{};              ///< its last roll failed
  bool hears_heartbeats = false;    ///< this XSP was ever seen sending its own
  bool understudy = false;          ///< takes over once it is open
  bool leaving = false;             ///< no longer in DNS: serves until others do
  bool broke = false;               ///< an open channel was lost and nothing was asked since
  bool reopened_for_audit = false;  ///< the server's list left its last channel out
  bool retired = false;             ///< not wanted any more
  bool gone = false;                ///< its task has ended
  ///< whether it is one an operator knows of
  bool shown() const { return !retired && !understudy; }
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
  std::string yielding_why;
  OpenPacer openings;
  std::optional<Uptime> looked_up_at;  ///< when the XSPs were last asked for
  Milliseconds dns_ttl{0};
  std::optional<Uptime> drain_until;  ///< XSPs that left DNS go at last
  std::size_t base_turn = 0;          ///< which open channel's XSP is asked
  std::optional<Uptime> last_event, last_resync;
  std::optional<std::string> resync_wanted;
  TimerHandle resync_timer, drain_timer, long_blind_timer;
  std::string why_blind;
  bool told_sees = false;
  BlindTime::Duration told_blind{};
  bool lists_are_whole = true;  ///< the audit's channel lists name every channel
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
