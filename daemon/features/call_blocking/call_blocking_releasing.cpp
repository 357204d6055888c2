// What CallBlocking makes of a release: called off, accepted, done, failed and tried anew.
#include "base/log.hpp"
#include "base/planted.hpp"
#include "features/call_blocking/call_blocking.hpp"

namespace wardroom::call_blocking {
namespace {

/// A release that failed for want of an answer is tried anew after this, doubling up to a minute;
/// one that was refused after a minute: the call goes on, and a refusal may be the word of a
/// gateway that was not well.
constexpr auto kReleaseAgain = std::chrono::seconds(10);
constexpr auto kReleaseAgainAtMost = std::chrono::seconds(60);

Decision decision_of(EffectEnd end) {
  switch (end) {
    case EffectEnd::done:
    case EffectEnd::duplicate:
      return Decision::rejected;
    case EffectEnd::observed:
      return Decision::observed;
    default:
      return Decision::reject_failed;
  }
}

}  // namespace

/// Its person became allowed while the call is being released: a request on its way is let stand.
/// Further ones are not sent (see `is_still_to_end`).
void CallBlocking::note_let_be(LiveCallPtr const& call, Verdict const& verdict) {
  if (std::exchange(call->let_be, !verdict.release) || verdict.release) return;
  log::info("a call is being released although its person may call by now",
            {{"call", call->leg.id.text()},
             {"person", call->person},
             {"reason", call_blocking::name(verdict.reason)}});
}

/// Asked before every single request: the verdict of this moment, not of when the release began.
bool CallBlocking::is_still_to_end(LiveCallPtr const& call) {
  if (!call->open || let_pass_) return false;
  if (WARDROOM_PLANTED("verdict-not-asked-again")) return true;
  auto const now = judgement_of(*call);
  return now.mode == Mode::enforce && now.verdict.release;
}

/// The platform took the release: shown at once; counted when the call has ended.
void CallBlocking::release_accepted(LiveCallPtr const& call, Releases::Report const& report) {
  note_action(*call, report);
  store_.changed(call->record, true);
}

void CallBlocking::note_action(LiveCall const& call, Releases::Report const& report) {
  auto& record = *call.record;
  record.decision = decision_of(report.end);
  record.action = Action{.end = std::string(wardroom::name(report.end)),
                         .attempts = report.attempts,
                         .detail = report.detail,
                         .latency = std::chrono::duration_cast<Milliseconds>(report.latency)};
  record.answered_before_release =
      is_answered(call.leg) || record.answered_before_release.value_or(false);
}

void CallBlocking::release_ended(LiveCallPtr const& call, Releases::Report const& report) {
  if (report.called_off) return release_called_off(call);
  auto& record = *call->record;
  bool const told = record.action && record.decision == Decision::rejected;
  note_action(*call, report);
  release_times_.note(record.decision, *record.answered_before_release, record.action->latency,
                      ports_.clock.uptime());
  switch (record.decision) {
    case Decision::rejected:
      ++counters_.rejected;
      if (report.attempts > 0 && record.judgement)
        notices_.released(record.person, *record.judgement, standings_.policy().timeout);
      break;
    case Decision::observed:
      ++counters_.observed;
      break;
    default:
      release_failed(call, report);
  }
  bool const again = record.decision == Decision::reject_failed && call->failures > 1;
  if (record.decision != Decision::observed && !again) audit_release(record);
  store_.changed(call->record, !told || record.decision != Decision::rejected);
}

void CallBlocking::release_failed(LiveCallPtr const& call, Releases::Report const& report) {
  ++counters_.reject_failed;
  last_failure_ = ports_.clock.uptime();
  last_failure_words_ = report.detail;
  log::error("a call that should end could not be released",
             {{"call", call->leg.id.text()}, {"person", call->person}, {"why", report.detail}});
  auto const doublings = std::min(call->failures++, 3);
  if (!call->open || WARDROOM_PLANTED("failed-release-not-repeated")) return;
  auto const soon = std::min(kReleaseAgain * (1 << doublings), kReleaseAgainAtMost);
  check_at(call, ports_.clock.uptime() + (report.try_again ? soon : kReleaseAgainAtMost));
}

/// Nothing more is sent; from here on it is a call like any other.
void CallBlocking::release_called_off(LiveCallPtr const& call) {
  ++counters_.called_off;
  call->record->decision = Decision::passed;
  log::info("a release was called off: its person may call by now",
            {{"call", call->leg.id.text()}, {"person", call->person}});
  judge_call(call, {"called_off", ports_.clock.uptime()});
  store_.changed(call->record, true);
}

/// "reject" or "reject_failed": a store that takes nothing holds neither up.
void CallBlocking::audit_release(CallRecord const& record) {
  if (ports_.audit == nullptr) return;
  nlohmann::ordered_json after{{"person", record.person}};
  if (record.judgement) after["reason"] = call_blocking::name(record.judgement->verdict.reason);
  after["attempts"] = record.action->attempts;
  bool const failed = record.decision == Decision::reject_failed;
  ports_.audit->daemon(failed ? "reject_failed" : "reject",
                       {.object = "call " + record.call.text(),
                        .after = after.dump(),
                        .text = failed ? record.action->detail : "",
                        .text_about = record.person});
}

}  // namespace wardroom::call_blocking
