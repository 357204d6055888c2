#include "features/call_blocking/call_record.hpp"

#include "base/time_text.hpp"
#include "features/call_blocking/json_text.hpp"
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
constexpr std::array<std::string_view, 3> kEndRunning{"never", "outside", "always"};

double seconds(BootClock::duration d) {
  return std::round(std::chrono::duration<double, std::milli>(d).count()) / 1000;
}
BootClock::duration from_seconds(double s) {
  return BootClock::duration(
      std::llround(s * 1e9));  // what was written comes back to the nanosecond
}
double tenth(double value) { return std::round(value * 10) / 10; }

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

namespace {

using Number = std::int64_t;

void add_row(JsonText& out, CallRecord const& r) {
  out.add("call", r.call.text());
  out.add("at", iso_text(r.at));
  out.add("person_no", Number{r.person});
  out.add("direction", direction(r.personality));
  out.add("remote", r.remote);
  out.add("state", name(r.state));
  out.add("decision", name(r.decision));
  out.add("reason",
          r.judgement ? name(r.judgement->verdict.reason) : std::string_view("not_judged"));
  out.add("emergency", r.emergency);
  if (r.action) out.add("latency_ms", Number{r.action->latency.count()});
  if (r.answered_before_release) out.add("answered_before_release", *r.answered_before_release);
}

void add_events(JsonText& out, CallRecord const& r) {
  out.begin_list("events");
  for (auto const& e : r.events) {
    out.begin();
    out.add("at", iso_text(e.at));
    out.add("type", e.type);
    out.add("state", name(e.state));
    out.end();
  }
  out.end_list();
}

void add_facts(JsonText& out, Facts const& f) {
  out.add("incoming", f.incoming);
  out.add("internal", f.internal);
  out.add("emergency", f.emergency);
  out.add("emergency_callback", f.emergency_callback);
  out.add("override", kOverrides[static_cast<std::size_t>(f.override_)]);
  out.add("fenced", f.fenced);
  out.add("standing", name(f.standing));
  out.add("unsure_for_s", std::chrono::duration<double>(f.unsure_for).count());
  out.add("no_fix", text(f.policies.no_fix));
  out.add("stale", text(f.policies.stale));
  out.add("uncertain", text(f.policies.uncertain));
  out.add("degraded_policy", text(f.policies.degraded));
  out.add("degraded", f.degraded);
  out.add("internal_calls", f.internal_calls == InternalCalls::allow ? "allow" : "judge");
  out.add("running", f.running);
  out.add("end_running", name(f.end_running));
  out.add("suspicious", text(f.policies.suspicious));
  out.add("hints", Number{f.hints});
  out.add("suspicious_for_s", std::chrono::duration<double>(f.suspicious_for).count());
}

void add_place(JsonText& out, Place const& place) {
  if (place.age) {
    out.begin("fix");
    out.add("age_s", seconds(*place.age));
    if (place.accuracy) out.add("accuracy_m", tenth(place.accuracy->value));
    if (place.received_at) out.add("received_at", iso_text(*place.received_at));
    out.end();
  }
  if (!place.fence.empty()) {
    out.begin("fence");
    out.add("name", place.fence);
    out.add("digest", place.fence_digest);
    out.add("data_version", place.data_version());
    out.end();
  }
  if (place.to_border) out.add("distance_m", tenth(place.to_border->value));
}

void add_action(JsonText& out, CallRecord const& r) {
  if (r.action) {
    out.begin("action");
    out.add("end", r.action->end);
    out.add("attempts", Number{r.action->attempts});
    out.add("latency_ms", Number{r.action->latency.count()});
    out.add("detail", r.action->detail);
    out.end();
  }
  out.begin("acknowledgement");
  auto const& sent = r.acknowledgement;
  out.add("sent", sent && sent->status != 0);
  if (sent && sent->status != 0) {
    out.add("status", Number{sent->status});
    out.add("latency_ms", Number{sent->latency.count()});
  }
  out.end();
}

void add_judgement(JsonText& out, CallRecord const& r, Judgement const& j) {
  out.add("event", j.event);
  out.add("verdict", j.verdict.release ? "release" : "let_through");
  out.add("reason", name(j.verdict.reason));
  out.add("sentence", words_for_call(r, j));
  out.add("judged_at", iso_text(j.at));
  out.add("standing", name(j.place.standing));
  if (j.standing_before) out.add("standing_before", name(*j.standing_before));
  add_place(out, j.place);
  out.begin("policy");
  out.add("digest", j.policy_digest);
  out.add("applied", name(j.verdict.applied));
  out.add("mode", name(j.mode));
  out.end();
  out.begin("facts");
  add_facts(out, j.facts);
  out.end();
  add_action(out, r);
}

/// Of a run before a restart, when that is all there is to say why.
bool is_object(std::string const& json) {
  return !json.empty() && Json::parse(json, nullptr, false).is_object();
}

void add_why(JsonText& out, CallRecord const& r) {
  if (!r.judgement && is_object(r.inherited)) return out.add_json("why", r.inherited);
  out.begin("why");
  out.add("call", r.call.text());
  out.add("at", iso_text(r.at));
  out.add("person_no", Number{r.person});
  out.add("direction", direction(r.personality));
  out.add("remote", r.remote);
  out.add("emergency", r.emergency);
  if (r.judgement)
    add_judgement(out, r, *r.judgement);
  else
    out.add("sentence", "The call was not judged: none of its events asked for a verdict.");
  out.end();
}

}  // namespace

RecordText text_of(CallRecord const& record) {
  std::string row;
  JsonText row_out(row);
  add_row(row_out, record);
  RecordText texts;
  texts.document.reserve(2'048);
  JsonText document(texts.document);
  document.begin();
  document.add("target", record.target.text());
  document.add("at_ms", unix_ms(record.at));
  document.begin("show");
  document.add_members(row);
  add_events(document, record);
  document.add("tracking", record.tracking);
  document.end();
  add_why(document, record);
  document.end();
  JsonText entry(texts.entry);
  entry.begin();
  entry.add_members(row);
  entry.add("tracking", record.tracking);
  entry.end();
  return texts;
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
  if (!json.contains("running")) return f;  // of a version before these were known
  f.running = json.at("running").get<bool>();
  f.end_running = enum_from<EndRunning>(json.at("end_running").get<std::string>(), kEndRunning);
  f.policies.suspicious = policy("suspicious");
  f.hints = json.at("hints").get<Hints>();
  f.suspicious_for = from_seconds(json.at("suspicious_for_s").get<double>());
  return f;
} catch (std::exception const&) {
  return std::nullopt;
}

}  // namespace wardroom::call_blocking
