#include "features/call_blocking/call_reading.hpp"

#include "base/time_text.hpp"
#include "features/call_blocking/overrides.hpp"

#include <cmath>
#include <stdexcept>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;

/// What was written comes back to the nanosecond.
BootClock::duration from_seconds(double s) { return BootClock::duration(std::llround(s * 1e9)); }

std::string text_in(Json const& json, char const* key) { return json.at(key).get<std::string>(); }
Meters metres_in(Json const& json, char const* key) { return {json.at(key).get<double>()}; }

/// The value whose name is written there, of those up to `last`.
template <class E>
E word_in(Json const& json, char const* key, E last) {
  auto const word = text_in(json, key);
  for (int i = 0; i <= static_cast<int>(last); ++i)
    if (name(static_cast<E>(i)) == word) return static_cast<E>(i);
  throw std::invalid_argument("no such word: " + word);
}

CallState state_in(Json const& show) {
  auto const word = text_in(show, "state");
  for (auto state : {CallState::idle, CallState::alerting, CallState::active, CallState::held,
                     CallState::remote_held})
    if (name(state) == word) return state;
  return CallState::unknown;
}

Personality personality_in(Json const& show) {
  auto const way = text_in(show, "direction");
  return way == "incoming"        ? Personality::terminator
         : way == "click_to_dial" ? Personality::click_to_dial
                                  : Personality::originator;
}

/// What is not in `fix` is as `measured` has it.
Place place_in(Json const& why, Facts const& facts, std::optional<Measured> const& measured) {
  Place place;
  place.standing = facts.standing;
  if (measured) {
    place.age = measured->age;
    place.accuracy = measured->reading.accuracy;
    place.to_border = measured->reading.to_border;
  }
  if (auto const fix = why.find("fix"); fix != why.end()) {
    if (fix->contains("age_s")) place.age = from_seconds(fix->at("age_s").get<double>());
    if (fix->contains("accuracy_m")) place.accuracy = metres_in(*fix, "accuracy_m");
  }
  if (why.contains("outside_hours_of")) place.asleep = text_in(why, "outside_hours_of");
  if (why.contains("distance_m")) place.to_border = metres_in(why, "distance_m");
  if (auto const fence = why.find("fence"); fence != why.end()) {
    place.fence = text_in(*fence, "name");
    place.fence_digest = text_in(*fence, "digest");
    place.border_data = text_in(*fence, "data_version");
  }
  return place;
}

}  // namespace

std::optional<CallRecord> resume(Json const& document) try {
  auto const& show = document.at("show");
  CallRecord r;
  r.call = CallId(text_in(show, "call"));
  r.target = XsiUserId(text_in(document, "target"));
  r.at = from_unix_ms(document.at("at_ms").get<std::int64_t>());
  r.person = show.at("person_no").get<PersonNo>();
  r.personality = personality_in(show);
  r.remote = text_in(show, "remote");
  r.tracking = text_in(show, "tracking");
  r.emergency = show.at("emergency").get<bool>();
  r.decision = word_in(show, "decision", Decision::observed);
  r.state = state_in(show);
  r.inherited = document.at("why").dump();
  return r;
} catch (std::exception const&) {
  return std::nullopt;  // a text of another version: the call is then simply not resumed
}

std::optional<Facts> facts_from(Json const& json) try {
  auto const flag = [&](char const* key) { return json.at(key).get<bool>(); };
  auto const policy = [&](char const* key) { return parse_policy(text_in(json, key)).value(); };
  auto const time = [&](char const* key) { return from_seconds(json.at(key).get<double>()); };
  Facts f;
  f.incoming = flag("incoming");
  f.internal = flag("internal");
  f.emergency = flag("emergency");
  f.emergency_callback = flag("emergency_callback");
  f.callback_unknown = json.value("callback_unknown", false);
  f.override_ = word_in(json, "override", Override::exempt);
  f.fenced = flag("fenced");
  f.standing = word_in(json, "standing", Standing::no_fix);
  f.unsure_for = time("unsure_for_s");
  f.policies = {policy("no_fix"), policy("stale"), policy("uncertain"), policy("degraded_policy")};
  f.degraded = flag("degraded");
  f.internal_calls =
      text_in(json, "internal_calls") == "allow" ? InternalCalls::allow : InternalCalls::judge;
  if (!json.contains("running")) return f;  // of a version before these were known
  f.running = flag("running");
  f.end_running = word_in(json, "end_running", EndRunning::always);
  f.policies.suspicious = policy("suspicious");
  f.hints = json.at("hints").get<Hints>();
  f.suspicious_for = time("suspicious_for_s");
  return f;
} catch (std::exception const&) {
  return std::nullopt;
}

std::optional<Measured> measured_from(Json const& json) try {
  auto const& before = json.at("before");
  auto const timeout = from_seconds(json.at("timeout_s").get<double>());
  return Measured{.reading = {.inside = json.at("inside").get<bool>(),
                              .to_border = metres_in(json, "to_border_m"),
                              .accuracy = metres_in(json, "accuracy_m"),
                              .margin = metres_in(json, "margin_m"),
                              .accuracy_limit = metres_in(json, "accuracy_limit_m"),
                              .border_error = metres_in(json, "border_error_m"),
                              .confirmations = json.at("confirmations").get<int>(),
                              .after_stale = json.at("after_stale").get<bool>()},
                  .before = {word_in(before, "side", Side::uncertain),
                             before.at("confirmations").get<std::uint8_t>()},
                  .held = json.at("held").get<bool>(),
                  .age = from_seconds(json.at("age_s").get<double>()),
                  .timeout = std::chrono::round<Milliseconds>(timeout)};
} catch (std::exception const&) {
  return std::nullopt;
}

std::optional<Judgement> judgement_from(Json const& why) try {
  auto const facts = facts_from(why.at("facts"));
  if (!facts) return std::nullopt;
  Judgement out;
  out.facts = *facts;
  out.verdict.release = text_in(why, "verdict") == "release";
  out.verdict.reason = parse_reason(text_in(why, "reason")).value();
  out.verdict.applied = word_in(why.at("policy"), "applied", Applied::running);
  if (why.contains("measured")) {
    out.measured = measured_from(why.at("measured"));
    if (!out.measured) return std::nullopt;
  }
  out.place = place_in(why, *facts, out.measured);
  out.event = text_in(why, "event");
  out.policy_digest = text_in(why.at("policy"), "digest");
  out.mode = word_in(why.at("policy"), "mode", Mode::enforce);
  if (why.contains("standing_before"))
    out.standing_before = parse_standing(text_in(why, "standing_before"));
  return out;
} catch (std::exception const&) {
  return std::nullopt;
}

}  // namespace wardroom::call_blocking
