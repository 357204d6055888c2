/// What is needed from a call platform that tells of calls: the stream of events and its health.
#pragma once
#include "domain/call.hpp"
#include "runtime/task.hpp"

#include <optional>
#include <string>
#include <vector>

namespace wardroom {

/// Receives call events on the loop. Calls must return quickly (well under a millisecond).
class CallEventSink {
 public:
  virtual ~CallEventSink() = default;
  virtual void on_call_event(CallEvent const& event) = 0;
  /// Events may have been missed (reconnect, sequence gap, overflow): ask the platform what is
  /// true.
  virtual void on_resync_needed(std::string_view why) = 0;
  /// The acknowledgement of an event was answered with this HTTP status, or given up (0).
  virtual void on_acknowledged(EventId const& /*event*/, int /*status*/,
                               BootClock::duration /*took*/) {}
  /// From now on no event can reach us (`sees` false, `why` = what broke), or events can again
  /// (`sees` true, `blind` = for how long they could not). Told once per change, false when
  /// monitoring begins, and both at once for a blind time that was only found out afterwards; the
  /// sum of all `blind` is ChannelHealth::blind_seconds.
  virtual void on_sight(bool /*sees*/, BootClock::duration /*blind*/, std::string_view /*why*/) {}
};

struct ChannelHealth {
  struct Channel {
    std::string host;
    bool up = false;
    std::string state;  ///< a word: "up", "connecting", "backing off 2.1 s", "stopped"
    std::optional<Instant> since{};
    std::string last_error{};  ///< stays while it is up again: why it had to be opened anew
    std::uint64_t events = 0;  ///< received over it since it opened
    std::optional<Instant> last_heard{};   ///< its last byte
    std::optional<Instant> refresh_due{};  ///< when it is refreshed next
  };
  bool monitoring = false;  ///< run() is active
  std::vector<Channel> channels;
  bool subscribed = false;
  /// For how long nothing showed that an event could reach us, while monitoring, since start.
  double blind_seconds = 0;
  std::optional<Uptime> blind_since{};
  std::optional<std::string> protection_down{};  ///< a sentence with the remedy
  /// Sentences for an operator although calls are watched: acknowledgements that do not arrive, an
  /// XSP list that is only remembered. Each stays while it holds, or for an hour.
  std::vector<std::string> warnings{};
  std::uint64_t events = 0, acks = 0, ack_failures = 0, duplicates = 0, malformed = 0,
                reconnects = 0, resyncs = 0;
  std::uint64_t blind_times = 0;   ///< how often sight was lost
  std::uint64_t unresponsive = 0;  ///< channels the platform ended for missing acknowledgements
  std::uint64_t overflows =
      0;                   ///< events dropped because too many waited; each is followed by a resync
  std::uint64_t gaps = 0;  ///< events that never came, by their sequence numbers
  std::size_t events_waiting = 0, acks_waiting = 0;
  std::string subscription{};  ///< its id; empty = none
  std::optional<Instant> subscription_refresh_due{};
};

class CallEvents {
 public:
  virtual ~CallEvents() = default;
  /// Follows events until cancelled; then deletes subscription and channels (within 3 s) and
  /// returns.
  virtual Task<void> run(CallEventSink& sink) = 0;
  virtual ChannelHealth const& health() const = 0;
};

}  // namespace wardroom
