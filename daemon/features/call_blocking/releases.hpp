/// Ends calls, and makes sure that they did end. Source: xsi.md 8.5-8.6, reliability.md section 2.
///
///   answer                        then
///   2xx                           the call's end is awaited for 2 s, then the platform is asked;
///                                 still there = released again, at most 3 rounds
///   404, 410 (already gone)       its end is awaited for 1 s, then the platform is asked: its list
///                                 shows whether the call goes on under another id, which is then
///                                 judged and released as itself; still there = the next round
///   403, 409 twice (refused)      the same, but still there = failed at once, "not permitted"
///   429, 5xx, time-out, reset     again after 0.2, 0.8 and 2 s, then failed
///   401                           again at once when there is another token by now
///   400, 401 with that as well    failed at once
///
/// The owner tries anew what failed while the call goes on: soon, or a minute after a refusal.
/// Before each single request the owner is asked whether the call is still to end. One cycle a
/// call: it ends in exactly one `ended`.
#pragma once
#include "effects/effects.hpp"
#include "features/call_blocking/call_ledger.hpp"
#include "ports/call_control.hpp"

#include <functional>
#include <string>
#include <unordered_map>

namespace wardroom::call_blocking {

class Releases {
 public:
  struct Report {
    EffectEnd end = EffectEnd::failed;
    std::string detail;
    int attempts = 0;               ///< requests sent, over all rounds
    BootClock::duration latency{};  ///< from what asked for it to the last answer
    bool called_off = false;        ///< its person became allowed before it was done
    bool try_again = false;         ///< soon: failed, but not by a decision of the platform
  };
  /// What the owner is asked and told.
  struct Hear {
    /// Whether the last word on this call is that it must end.
    std::function<bool(LiveCallPtr const&)> still;
    /// The platform took a release; the call should end any moment.
    std::function<void(LiveCallPtr const&, Report const&)> accepted;
    std::function<void(LiveCallPtr const&, Report const&)> ended;
    /// The platform's list of a person's calls, asked for at `asked`.
    std::function<void(XsiUserId const&, std::vector<CallLeg> const&, Uptime asked)> listed;
  };
  Releases(CallControl& calls, Effects& effects, Clock& clock, TaskGroup& tasks, Hear hear)
      : calls_(calls), effects_(effects), clock_(clock), tasks_(tasks), hear_(std::move(hear)) {}

  /// Does nothing for a call whose release is under way or done.
  void release(LiveCallPtr call, Uptime arrived);
  /// The owner tells of every call that ended.
  void closed(LiveCallPtr const& call);
  /// What was accepted counts as done; nothing more is asked of the platform.
  void stop();
  std::size_t running() const { return cycles_.size(); }

  static constexpr std::string_view feature = "call_blocking";

 private:
  enum class Answer : std::uint8_t { none, accepted, gone, refused, called_off };
  struct Cycle {
    LiveCallPtr call;
    Uptime arrived;
    int rounds = 1;
    int looks = 0;  ///< lists that could not be had, or did not settle it
    bool requesting = false;
    Answer answer = Answer::none;
    Report report{};
    TimerHandle wait{};
  };
  Cycle* cycle_of(LiveCallPtr const& call);
  void submit(Cycle& cycle);
  Task<Result<std::string>> attempt(LiveCallPtr call);
  Task<Result<ReleaseOutcome>> request(LiveCallPtr call);
  void answered(LiveCallPtr const& call, EffectOutcome const& outcome);
  void failed(Cycle& cycle, EffectOutcome const& outcome);
  void look_after(Cycle& cycle, BootClock::duration delay);
  Task<void> look(LiveCallPtr call);
  void look_again(Cycle& cycle, std::string const& why, bool worth_it);
  void still_there(Cycle& cycle);
  void finish(Cycle& cycle, EffectEnd end);

  CallControl& calls_;
  Effects& effects_;
  Clock& clock_;
  TaskGroup& tasks_;
  Hear hear_;
  std::unordered_map<LiveCall const*, Cycle> cycles_;
};

}  // namespace wardroom::call_blocking
