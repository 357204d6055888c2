#include "features/call_blocking/releases.hpp"

#include "base/log.hpp"

#include <algorithm>

namespace wardroom::call_blocking {
namespace {

constexpr int kRounds = 3;
constexpr auto kConfirm = std::chrono::seconds(2);
constexpr auto kDeadline = std::chrono::seconds(15);

Task<Result<std::string>> attempt(CallControl& calls, XsiUserId target, CallLeg leg) {
  auto const outcome = co_await calls.release(std::move(target), std::move(leg));
  if (!outcome) co_return std::unexpected(outcome.error());
  co_return *outcome == ReleaseOutcome::released ? "released" : "the call was gone already";
}

}  // namespace

void Releases::release(LiveCallPtr call, Uptime arrived) {
  if (!call->open) return;
  if (call->enforcement != Enforcement::none && call->enforcement != Enforcement::failed) return;
  submit(std::move(call), arrived, 1);
}

void Releases::submit(LiveCallPtr call, Uptime arrived, int round) {
  call->enforcement = Enforcement::pending;
  ++call->releases;
  Effect effect{
      .feature = std::string(feature),
      .key = "release " + call->target.text() + " " + call->leg.id.text(),
      .kind = EffectKind::once,
      .deadline = clock_.uptime() + kDeadline,
      .attempts = {Milliseconds(0), Milliseconds(200), Milliseconds(800), Milliseconds(2000)},
      // Only this call of this person; the leg as it is now, for the adapter's choice of request.
      .act = [&calls = calls_, target = call->target, leg = call->leg] {
        return attempt(calls, target, leg);
      }};
  // An accepted release that did not end the call must not stand in the way of the next one.
  if (call->releases > 1) effect.key += " again " + std::to_string(call->releases);
  effects_.submit(std::move(effect), [this, call, arrived, round](EffectOutcome const& outcome) {
    switch (outcome.end) {
      case EffectEnd::done:
      case EffectEnd::duplicate:
        call->enforcement = Enforcement::released;
        break;
      case EffectEnd::observed:
        call->enforcement = Enforcement::observed;
        break;
      default:
        call->enforcement = Enforcement::failed;
    }
    hear_.ended(call, outcome, clock_.uptime() - arrived);
    if (call->enforcement == Enforcement::released && call->open)
      confirm_later(call, arrived, round);
  });
}

void Releases::confirm_later(LiveCallPtr call, Uptime arrived, int round) {
  tasks_.spawn("confirm a release", [this, call, arrived, round]() -> Task<void> {
    co_await clock_.sleep_for(kConfirm);
    co_await confirm(call, arrived, round);
  });
}

Task<void> Releases::confirm(LiveCallPtr call, Uptime arrived, int round) {
  if (!call->open) co_return;
  auto const asked = clock_.uptime();
  auto const legs = co_await calls_.live_calls(call->target);
  if (!call->open) co_return;
  if (!legs) {
    log::warning("could not learn whether a released call has ended", {{"why", legs.error().what}});
    if (round < kRounds && is_transient(legs.error().kind)) confirm_later(call, arrived, round + 1);
    co_return;
  }
  bool const still_there =
      std::ranges::any_of(*legs, [&](CallLeg const& leg) { return leg.id == call->leg.id; });
  if (!still_there) {
    hear_.listed(call->target, *legs, asked);
    co_return;
  }
  if (round >= kRounds) {
    call->enforcement = Enforcement::failed;
    hear_.ended(call,
                {.end = EffectEnd::failed,
                 .detail = "the platform accepted the release but the call goes on"},
                clock_.uptime() - arrived);
    co_return;
  }
  submit(call, arrived, round + 1);
}

}  // namespace wardroom::call_blocking
