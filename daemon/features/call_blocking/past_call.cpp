#include "features/call_blocking/past_call.hpp"

#include "base/iso_moment.hpp"
#include "features/call_blocking/call_reading.hpp"

#include <algorithm>
#include <array>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;

/// Types of events that ask for a verdict, as records name them; see `asks_for_verdict`.
bool asks(std::string_view type, bool undecided) {
  constexpr std::array<std::string_view, 15> asking{
      "CallReceivedEvent",      "CallOriginatedEvent",         "CallOriginatingEvent",
      "CallUpdatedEvent",       "CallAnsweredEvent",           "CallHeldEvent",
      "CallRetrievedEvent",     "CallTransferredEvent",        "CallPickedUpEvent",
      "CallParkRetrievedEvent", "CallBargedInEvent",           "CallMonitoredEvent",
      "CallSubscriptionEvent",  "CallSubscriptionResyncEvent", "resync"};
  if (std::ranges::find(asking, type) != asking.end()) return true;
  return undecided && type == "CallForwardedEvent";
}

bool is_answered(std::string_view state) {
  return state == name(CallState::active) || state == name(CallState::held) ||
         state == name(CallState::remote_held);
}
bool is_over(std::string_view state) {
  return state == name(CallState::released) || state == name(CallState::detached);
}

bool by_override(Reason reason) {
  return reason == Reason::exempt || reason == Reason::allowed_by_override ||
         reason == Reason::blocked_by_override;
}

Instant moment_in(Json const& json, char const* key) {
  return parse_iso(json.at(key).get_ref<std::string const&>()).value();
}

/// Decisions that were no event of the call, no fix and no time limit: an operator's.
void add_decision(PastCall& call, std::string const& cause) {
  if (cause != "override" && !call.moments.empty()) return;
  auto const after = std::ranges::find_if(
      call.moments, [&](PastCall::Moment const& moment) { return moment.at > call.decided; });
  bool const answered = after != call.moments.begin() && std::prev(after)->answered;
  call.moments.insert(after, {call.decided, answered});
}

void read_events(PastCall& call, Json const& show) {
  bool answered = false;
  auto const& events = show.at("events");
  bool const over = is_over(show.at("state").get_ref<std::string const&>());
  for (auto const& event : events) {
    auto const at = moment_in(event, "at");
    auto const& state = event.at("state").get_ref<std::string const&>();
    answered = answered || is_answered(state);
    bool const last = &event == &events.back();
    if (over && last)
      call.end = at;
    else if (asks(event.at("type").get_ref<std::string const&>(), call.moments.empty()))
      call.moments.push_back({at, answered});
  }
}

}  // namespace

std::optional<PastCall> past_call_from(Json const& document) try {
  auto const& why = document.at("why");
  auto const judged = judgement_from(why);
  if (!judged) return std::nullopt;
  auto const& show = document.at("show");
  PastCall out;
  out.id = show.at("call").get<std::string>();
  out.direction = show.at("direction").get<std::string>();
  out.remote = show.at("remote").get<std::string>();
  out.person = show.at("person_no").get<PersonNo>();
  out.at = from_unix_ms(document.at("at_ms").get<std::int64_t>());
  out.decided = moment_in(why, "judged_at");
  read_events(out, show);
  add_decision(out, judged->event);
  auto const& facts = judged->facts;
  out.incoming = facts.incoming;
  out.internal = facts.internal;
  out.emergency = facts.emergency;
  out.callback = facts.emergency_callback;
  out.callback_unknown = facts.callback_unknown;
  out.degraded = facts.degraded;
  out.queue = out.person == 0 && !facts.fenced;
  out.override_ = facts.override_;
  if (by_override(judged->verdict.reason)) out.override_since = out.decided;
  out.word = {judged->verdict.release, judged->verdict.reason, judged->verdict.applied};
  out.mode = judged->mode;
  auto const decision = show.at("decision").get<std::string>();
  for (auto one : {Decision::passed, Decision::pending, Decision::rejected, Decision::reject_failed,
                   Decision::observed})
    if (name(one) == decision) out.decision = one;
  out.had_fix = judged->place.age.has_value();
  out.policy_digest = judged->policy_digest;
  return out;
} catch (std::exception const&) {
  return std::nullopt;  // a text of another version
}

}  // namespace wardroom::call_blocking
