#include "features/call_blocking/releases.hpp"

#include "base/log.hpp"

#include <algorithm>

namespace wardroom::call_blocking {
namespace {

constexpr int kRounds = 3;
constexpr int kLooks = 3;
constexpr auto kConfirm = std::chrono::seconds(2);
constexpr auto kConfirmGone = std::chrono::seconds(1);
constexpr auto kAfterConflict = std::chrono::milliseconds(150);
constexpr auto kDeadline = std::chrono::seconds(15);

constexpr std::string_view kCalledOff = "called off: the call is not to end any more";

/// What may be over in some seconds. A refused token as well: it is renewed, or somebody logs in,
/// while the call goes on.
bool may_pass(ErrorKind kind) { return is_transient(kind) || kind == ErrorKind::unauthorized; }

/// The first one was refused; its renewal took a while, in which the call may have become allowed.
bool has_another_token(Error const& why) {
  return why.kind == ErrorKind::unauthorized && why.retry_after == Milliseconds(0);
}

}  // namespace

Releases::Cycle* Releases::cycle_of(LiveCallPtr const& call) {
  auto const it = cycles_.find(call.get());
  return it == cycles_.end() ? nullptr : &it->second;
}

void Releases::release(LiveCallPtr call, Uptime arrived) {
  if (!call->open || cycle_of(call) != nullptr) return;
  if (call->enforcement != Enforcement::none && call->enforcement != Enforcement::failed) return;
  auto& cycle = cycles_[call.get()];
  cycle.call = call;
  cycle.arrived = arrived;
  submit(cycle);
}

void Releases::submit(Cycle& cycle) {
  auto const call = cycle.call;
  call->enforcement = Enforcement::pending;
  ++call->releases;
  cycle.requesting = true;
  cycle.answer = Answer::none;
  Effect effect{
      .feature = std::string(feature),
      // The number tells a recall from the call of the same id that ended before; an accepted
      // release that ended nothing must not stand in the way of the next round.
      .key = "release " + call->target.text() + " " + call->leg.id.text() + " #" +
             std::to_string(call->number) + "." + std::to_string(call->releases),
      .kind = EffectKind::once,
      .observe = call->observe_only,
      .deadline = clock_.uptime() + kDeadline,
      .attempts = {Milliseconds(0), Milliseconds(200), Milliseconds(800), Milliseconds(2000)},
      .act = [this, call] { return attempt(call); }};
  effects_.submit(std::move(effect),
                  [this, call](EffectOutcome const& outcome) { answered(call, outcome); });
}

/// Only this call of this person; the leg as it is now, for the adapter's choice of request.
Task<Result<ReleaseOutcome>> Releases::request(LiveCallPtr call) {
  if (!call->open) co_return ReleaseOutcome::already_gone;
  if (!hear_.still(call)) co_return failure(ErrorKind::cancelled, std::string(kCalledOff));
  if (auto* cycle = cycle_of(call)) ++cycle->report.attempts;
  co_return co_await calls_.release(call->target, call->leg);
}

Task<Result<std::string>> Releases::attempt(LiveCallPtr call) {
  if (!call->open) co_return "the call ended by itself meanwhile";
  auto outcome = co_await request(call);
  if (!outcome && has_another_token(outcome.error())) outcome = co_await request(call);
  if (!outcome && outcome.error().kind == ErrorKind::conflict) {
    co_await clock_.sleep_for(kAfterConflict);
    outcome = co_await request(call);
  }
  auto* cycle = cycle_of(call);
  if (cycle == nullptr) co_return failure(ErrorKind::cancelled, "given up");
  if (outcome) {
    bool const accepted = *outcome == ReleaseOutcome::released;
    cycle->answer = accepted ? Answer::accepted : Answer::gone;
    co_return accepted ? "released" : "the call was gone already";
  }
  auto const kind = outcome.error().kind;
  cycle->answer = kind == ErrorKind::cancelled                               ? Answer::called_off
                  : kind == ErrorKind::denied || kind == ErrorKind::conflict ? Answer::refused
                                                                             : Answer::none;
  co_return std::unexpected(std::move(outcome.error()));
}

void Releases::answered(LiveCallPtr const& call, EffectOutcome const& outcome) {
  auto* cycle = cycle_of(call);
  if (cycle == nullptr) return;
  cycle->requesting = false;
  cycle->report.detail = outcome.detail;
  cycle->report.latency = clock_.uptime() - cycle->arrived;
  switch (outcome.end) {
    case EffectEnd::observed:
      return finish(*cycle, EffectEnd::observed);
    case EffectEnd::done:
    case EffectEnd::duplicate:
      break;
    default:
      return failed(*cycle, outcome);
  }
  call->enforcement = Enforcement::released;
  cycle->report.end = EffectEnd::done;
  if (!call->open) return finish(*cycle, EffectEnd::done);
  auto const report = cycle->report;
  look_after(*cycle, cycle->answer == Answer::gone ? BootClock::duration(kConfirmGone)
                                                   : BootClock::duration(kConfirm));
  hear_.accepted(call, report);
}

void Releases::failed(Cycle& cycle, EffectOutcome const& outcome) {
  if (cycle.answer == Answer::called_off) {
    cycle.report.called_off = true;
    return finish(cycle, EffectEnd::superseded);
  }
  if (!cycle.call->open) {
    cycle.report.detail = "the call ended; its release was not confirmed: " + outcome.detail;
    return finish(cycle, EffectEnd::done);
  }
  if (cycle.answer == Answer::refused) return look_after(cycle, kConfirmGone);
  cycle.report.try_again =
      outcome.end == EffectEnd::expired || (outcome.error && may_pass(*outcome.error));
  finish(cycle, EffectEnd::failed);
}

void Releases::closed(LiveCallPtr const& call) {
  auto* cycle = cycle_of(call);
  if (cycle == nullptr || cycle->requesting) return;  // its answer is still to come
  if (cycle->answer == Answer::refused)
    cycle->report.detail = "the call ended although its release was refused";
  finish(*cycle, EffectEnd::done);
}

void Releases::look_after(Cycle& cycle, BootClock::duration delay) {
  cycle.wait = clock_.after(delay, [this, call = cycle.call] {
    if (cycle_of(call) == nullptr) return;
    tasks_.spawn("look whether a call has ended", [this, call] { return look(call); });
  });
}

Task<void> Releases::look(LiveCallPtr call) {
  auto const asked = clock_.uptime();
  auto legs = co_await calls_.live_calls(call->target);
  auto* cycle = cycle_of(call);
  if (cycle == nullptr) co_return;  // it ended meanwhile
  if (!legs && legs.error().kind == ErrorKind::not_found) legs = std::vector<CallLeg>{};
  if (!legs) co_return look_again(*cycle, legs.error().what, may_pass(legs.error().kind));
  bool const there = std::ranges::any_of(*legs, [&](CallLeg const& leg) {
    return leg.id == call->leg.id && !is_ending(CallEventKind::snapshot, leg.state);
  });
  hear_.listed(call->target, *legs, asked);  // closes what is not listed
  cycle = cycle_of(call);
  if (cycle == nullptr) co_return;
  if (there)
    still_there(*cycle);
  else
    look_again(*cycle, "events and the platform's list contradict each other", true);
}

/// What the look brought settles nothing.
void Releases::look_again(Cycle& cycle, std::string const& why, bool worth_it) {
  if (worth_it && ++cycle.looks < kLooks) return look_after(cycle, kConfirm);
  cycle.report.detail = "it could not be learned whether the call ended: " + why;
  cycle.report.try_again = worth_it;
  finish(cycle, EffectEnd::failed);
}

void Releases::still_there(Cycle& cycle) {
  if (cycle.answer == Answer::refused) {
    cycle.report.detail = "not permitted, and the call goes on: " + cycle.report.detail;
    return finish(cycle, EffectEnd::failed);
  }
  if (cycle.rounds >= kRounds) {
    cycle.report.detail = cycle.answer == Answer::gone
                              ? "the platform does not know the call it lists"
                              : "the platform accepted the release but the call goes on";
    cycle.report.try_again = true;
    return finish(cycle, EffectEnd::failed);
  }
  ++cycle.rounds;
  submit(cycle);
}

void Releases::finish(Cycle& cycle, EffectEnd end) {
  auto const call = cycle.call;
  auto report = std::move(cycle.report);
  report.end = end;
  cycles_.erase(call.get());
  call->enforcement = report.called_off            ? Enforcement::none
                      : end == EffectEnd::done     ? Enforcement::released
                      : end == EffectEnd::observed ? Enforcement::observed
                                                   : Enforcement::failed;
  hear_.ended(call, report);
}

void Releases::stop() {
  std::vector<LiveCallPtr> waiting;
  for (auto const& [key, cycle] : cycles_)
    if (!cycle.requesting) waiting.push_back(cycle.call);
  for (auto const& call : waiting) {
    auto* cycle = cycle_of(call);
    if (cycle == nullptr) continue;
    if (cycle->answer != Answer::refused)
      cycle->report.detail += "; whether the call ended was not awaited, the daemon stopped";
    finish(*cycle, cycle->answer == Answer::refused ? EffectEnd::failed : EffectEnd::done);
  }
}

}  // namespace wardroom::call_blocking
