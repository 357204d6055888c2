/// Adds up the time for which nothing shows that a call event could have
/// reached us. Pure.
///
/// An event reaches us over any channel while the subscription lives. A break that is seen (the
/// stream ends, the server says so) ends a channel at that moment. A break that is only noticed
/// later (silence, unanswered heartbeats, a server that has forgotten the channel) ends it when it
/// last proved to live, so the time until then is counted after the fact: the figure is never too
/// low, and too high by at most the time between two proofs. Only where a server sends no
/// heartbeats of its own may it be too low, by the time a half-open connection stays unnoticed.
#pragma once
#include "base/units.hpp"

#include <map>
#include <optional>
#include <vector>

namespace wardroom::xsi {

class BlindTime {
 public:
  using Duration = BootClock::duration;

  void begin(Uptime now);  ///< monitoring starts: blind until a channel and a
                           ///< subscription live
  void end(Uptime now);    ///< monitoring stops

  /// `channel` is any address that is its own while the channel lives.
  void channel_opened(void const* channel, Uptime now);
  /// `proven` = until when it certainly delivered.
  void channel_ended(void const* channel, Uptime proven);
  void subscribed(Uptime now);
  void unsubscribed(Uptime proven);
  /// Nothing before `horizon` will be told any more; what is older is added up
  /// for good.
  void settle(Uptime horizon);

  bool sees() const { return subscribed_since_ && !live_.empty(); }
  /// Since when nothing has been seen; nullopt while something is, or nothing
  /// is monitored.
  std::optional<Uptime> since(Uptime now) const;
  Duration total(Uptime now) const;
  double seconds(Uptime now) const { return std::chrono::duration<double>(total(now)).count(); }

 private:
  struct Span {
    Uptime from, to;
  };
  using Spans = std::vector<Span>;
  Spans gaps(Uptime until) const;

  std::optional<Uptime> from_;  ///< everything before is in settled_
  Duration settled_{};
  std::map<void const*, Uptime> live_;
  Spans channels_, subscriptions_;  ///< that have ended
  std::optional<Uptime> subscribed_since_;
};

}  // namespace wardroom::xsi
