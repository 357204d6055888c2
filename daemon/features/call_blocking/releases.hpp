/// Ends calls, each by one effect, and makes sure that they did end: the call's own end is awaited
/// for 2 s, then the platform is asked, and what is still there is released again, at most three
/// times. Source: xsi.md 8.6.
#pragma once
#include "effects/effects.hpp"
#include "features/call_blocking/call_ledger.hpp"
#include "ports/call_control.hpp"

#include <functional>

namespace wardroom::call_blocking {

class Releases {
 public:
  /// What the owner does with news.
  struct Hear {
    /// An effect ended; `latency` counts from the arrival of the event that asked for it.
    std::function<void(LiveCallPtr const&, EffectOutcome const&, BootClock::duration latency)>
        ended;
    /// The platform's list of a person's calls, asked for at `asked`.
    std::function<void(XsiUserId const&, std::vector<CallLeg> const&, Uptime asked)> listed;
  };
  Releases(CallControl& calls, Effects& effects, Clock& clock, TaskGroup& tasks, Hear hear)
      : calls_(calls), effects_(effects), clock_(clock), tasks_(tasks), hear_(std::move(hear)) {}

  /// Does nothing for a call whose release is under way or done.
  void release(LiveCallPtr call, Uptime arrived);

  static constexpr std::string_view feature = "call_blocking";

 private:
  void submit(LiveCallPtr call, Uptime arrived, int round);
  void confirm_later(LiveCallPtr call, Uptime arrived, int round);
  Task<void> confirm(LiveCallPtr call, Uptime arrived, int round);

  CallControl& calls_;
  Effects& effects_;
  Clock& clock_;
  TaskGroup& tasks_;
  Hear hear_;
};

}  // namespace wardroom::call_blocking
