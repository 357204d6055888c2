#include "features/call_blocking/call_record.hpp"

#include "base/time_text.hpp"
#include "features/call_blocking/words.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::array<std::string_view, 5> kDecisions{"passed", "pending", "rejected",
                                                     "reject_failed", "observed"};
constexpr std::array<std::string_view, 4> kOverrides{"none", "allow", "block", "exempt"};

double seconds(BootClock::duration d) {
  return std::round(std::chrono::duration<double, std::milli>(d).count()) / 1000;
}
BootClock::duration from_seconds(double s) {
  return std::chrono::duration_cast<BootClock::duration>(std::chrono::duration<double>(s));
}
double tenth(double value) { return std::round(value * 10) / 10; }

Json fix_json(Place const& place) {
  Json out;
  if (place.age) out["age_s"] = seconds(*place.age);
  if (place.accuracy) out["accuracy_m"] = tenth(place.accuracy->value);
  if (place.received_at) out["received_at"] = iso_text(*place.received_at);
  return out;
}

template <class E, std::size_t N>
E enum_from(std::string const& word, std::array<std::string_view, N> const& words) {
  for (std::size_t i = 0; i < N; ++i)
    if (words[i] == word) return static_cast<E>(i);
  throw std::invalid_argument("no such word: " + word);
}

}  // namespace

std::string_view name(Decision decision) { return kDecisions[static_cast<std::size_t>(decision)]; }

std::string_view direction(Personality personality) {
  switch (personality) {
    case Personality::terminator:
      return "incoming";
    case Personality::click_to_dial:
      return "click_to_dial";
    default:
      return "outgoing";
  }
}

Json row_json(CallRecord const& r) {
  Json out{
      {"call", r.call.text()},
      {"at", iso_text(r.at)},
      {"person_no", r.person},
      {"direction", direction(r.personality)},
      {"remote", r.remote},
      {"state", name(r.state)},
      {"decision", name(r.decision)},
      {"reason", r.judgement ? name(r.judgement->verdict.reason) : std::string_view("not_judged")},
      {"emergency", r.emergency}};
  if (r.action) {
    out["latency_ms"] = r.action->latency.count();
    out["attempts"] = r.action->attempts;
  }
  if (r.answered_before_release) out["answered_before_release"] = *r.answered_before_release;
  return out;
}

Json show_json(CallRecord const& r) {
  auto out = row_json(r);
  auto events = Json::array();
  for (auto const& e : r.events)
    events.push_back({{"at", iso_text(e.at)}, {"type", e.type}, {"state", name(e.state)}});
  out["events"] = std::move(events);
  out["tracking"] = r.tracking;
  return out;
}

Json why_json(CallRecord const& r) {
  Json out{{"call", r.call.text()}, {"at", iso_text(r.at)},
           {"person_no", r.person}, {"direction", direction(r.personality)},
           {"remote", r.remote},    {"emergency", r.emergency}};
  if (!r.judgement) {
    if (auto before = Json::parse(r.inherited, nullptr, false); before.is_object()) return before;
    out["sentence"] = "The call was not judged: none of its events asked for a verdict.";
    return out;
  }
  auto const& j = *r.judgement;
  out["event"] = j.event;
  out["verdict"] = j.verdict.release ? "release" : "let_through";
  out["reason"] = name(j.verdict.reason);
  out["sentence"] = words_for_call(r, j);
  out["judged_at"] = iso_text(j.at);
  out["standing"] = name(j.place.standing);
  if (j.standing_before) out["standing_before"] = name(*j.standing_before);
  if (j.place.age) out["fix"] = fix_json(j.place);
  if (!j.place.fence.empty())
    out["fence"] = {
        {"name", j.place.fence}, {"digest", j.place.fence_digest}, {"data_version", kDataVersion}};
  if (j.place.to_border) out["distance_m"] = tenth(j.place.to_border->value);
  out["policy"] = {
      {"digest", j.policy_digest}, {"applied", name(j.verdict.applied)}, {"mode", name(j.mode)}};
  out["facts"] = facts_json(j.facts);
  if (r.action)
    out["action"] = {{"end", r.action->end},
                     {"attempts", r.action->attempts},
                     {"latency_ms", r.action->latency.count()},
                     {"detail", r.action->detail}};
  if (r.acknowledgement) {
    out["acknowledgement"] = {{"sent", r.acknowledgement->status != 0}};
    if (r.acknowledgement->status != 0) {
      out["acknowledgement"]["status"] = r.acknowledgement->status;
      out["acknowledgement"]["latency_ms"] = r.acknowledgement->latency.count();
    }
  } else {
    out["acknowledgement"] = {{"sent", false}};
  }
  return out;
}

Json document_json(CallRecord const& r) {
  return {{"target", r.target.text()},
          {"at_ms", unix_ms(r.at)},
          {"show", show_json(r)},
          {"why", why_json(r)}};
}

std::optional<CallRecord> resume(Json const& document) try {
  auto const& show = document.at("show");
  CallRecord r;
  r.call = CallId(show.at("call").get<std::string>());
  r.target = XsiUserId(document.at("target").get<std::string>());
  r.at = from_unix_ms(document.at("at_ms").get<std::int64_t>());
  r.person = show.at("person_no").get<PersonNo>();
  auto const way = show.at("direction").get<std::string>();
  r.personality = way == "incoming"        ? Personality::terminator
                  : way == "click_to_dial" ? Personality::click_to_dial
                                           : Personality::originator;
  r.remote = show.at("remote").get<std::string>();
  r.tracking = show.at("tracking").get<std::string>();
  r.emergency = show.at("emergency").get<bool>();
  r.decision = enum_from<Decision>(show.at("decision").get<std::string>(), kDecisions);
  auto const state = show.at("state").get<std::string>();
  for (auto s : {CallState::idle, CallState::alerting, CallState::active, CallState::held,
                 CallState::remote_held})
    if (name(s) == state) r.state = s;
  r.inherited = document.at("why").dump();
  return r;
} catch (std::exception const&) {
  return std::nullopt;  // a text of another version: the call is then simply not resumed
}

Json facts_json(Facts const& f) {
  return {{"incoming", f.incoming},
          {"internal", f.internal},
          {"emergency", f.emergency},
          {"emergency_callback", f.emergency_callback},
          {"override", kOverrides[static_cast<std::size_t>(f.override_)]},
          {"fenced", f.fenced},
          {"standing", name(f.standing)},
          {"unsure_for_s", std::chrono::duration<double>(f.unsure_for).count()},
          {"no_fix", text(f.policies.no_fix)},
          {"stale", text(f.policies.stale)},
          {"uncertain", text(f.policies.uncertain)},
          {"degraded_policy", text(f.policies.degraded)},
          {"degraded", f.degraded},
          {"internal_calls", f.internal_calls == InternalCalls::allow ? "allow" : "judge"}};
}

std::optional<Facts> facts_from(Json const& json) try {
  auto const policy = [&](char const* key) {
    return parse_policy(json.at(key).get<std::string>()).value();
  };
  Facts f;
  f.incoming = json.at("incoming").get<bool>();
  f.internal = json.at("internal").get<bool>();
  f.emergency = json.at("emergency").get<bool>();
  f.emergency_callback = json.at("emergency_callback").get<bool>();
  f.override_ = enum_from<Override>(json.at("override").get<std::string>(), kOverrides);
  f.fenced = json.at("fenced").get<bool>();
  f.standing = parse_standing(json.at("standing").get<std::string>()).value();
  f.unsure_for = from_seconds(json.at("unsure_for_s").get<double>());
  f.policies = {policy("no_fix"), policy("stale"), policy("uncertain"), policy("degraded_policy")};
  f.degraded = json.at("degraded").get<bool>();
  f.internal_calls =
      json.at("internal_calls") == "allow" ? InternalCalls::allow : InternalCalls::judge;
  return f;
} catch (std::exception const&) {
  return std::nullopt;
}

}  // namespace wardroom::call_blocking
