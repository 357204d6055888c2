#include "features/call_blocking/call_record.hpp"

#include "base/planted.hpp"
#include "base/time_text.hpp"
#include "features/call_blocking/call_reading.hpp"
#include "features/call_blocking/json_text.hpp"

#include <array>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::array<std::string_view, 5> kDecisions{"passed", "pending", "rejected",
                                                     "reject_failed", "observed"};
constexpr std::array<std::string_view, 4> kOverrides{"none", "allow", "block", "exempt"};
constexpr std::array<std::string_view, 4> kSides{"none", "inside", "outside", "uncertain"};

/// To the last nanosecond: a verdict may hang on it.
double seconds(BootClock::duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

std::string_view name(Side side) { return kSides[static_cast<std::size_t>(side)]; }

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
  if (r.judgement) out.add("mode", name(r.judgement->mode));
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
  if (f.callback_unknown) out.add("callback_unknown", true);
  out.add("override", kOverrides[static_cast<std::size_t>(f.override_)]);
  out.add("fenced", f.fenced);
  out.add("standing", name(f.standing));
  out.add("unsure_for_s", seconds(f.unsure_for));
  out.add("no_fix", text(f.policies.no_fix));
  out.add("stale", text(f.policies.stale));
  out.add("uncertain", text(f.policies.uncertain));
  out.add("degraded_policy", text(f.policies.degraded));
  out.add("degraded", f.degraded);
  out.add("internal_calls", f.internal_calls == InternalCalls::allow ? "allow" : "judge");
  out.add("running", f.running && !WARDROOM_PLANTED("why-forgets-running"));
  out.add("end_running", name(f.end_running));
  out.add("suspicious", text(f.policies.suspicious));
  out.add("hints", Number{f.hints});
  out.add("suspicious_for_s", seconds(f.suspicious_for));
}

void add_measured(JsonText& out, Measured const& m) {
  auto const& r = m.reading;
  out.add("inside", r.inside);
  out.add("to_border_m", r.to_border.value);
  out.add("accuracy_m", r.accuracy.value);
  out.add("margin_m", r.margin.value);
  out.add("accuracy_limit_m", r.accuracy_limit.value);
  out.add("border_error_m", r.border_error.value);
  out.add("confirmations", Number{r.confirmations});
  out.add("after_stale", r.after_stale);
  out.begin("before");
  out.add("side", name(m.before.side));
  out.add("confirmations", Number{m.before.confirmations});
  out.end();
  out.add("held", m.held);
  out.add("age_s", seconds(m.age));
  out.add("timeout_s", seconds(m.timeout));
}

/// What `measured` tells as well is written once.
void add_place(JsonText& out, Place const& place, std::optional<Measured> const& measured) {
  if (place.age) {
    out.begin("fix");
    if (!measured || measured->age != *place.age) out.add("age_s", seconds(*place.age));
    if (place.accuracy && (!measured || measured->reading.accuracy != *place.accuracy))
      out.add("accuracy_m", place.accuracy->value);
    if (place.received_at) out.add("received_at", iso_text(*place.received_at));
    out.end();
  }
  if (place.to_border && (!measured || measured->reading.to_border != *place.to_border))
    out.add("distance_m", place.to_border->value);
  if (!place.asleep.empty()) out.add("outside_hours_of", place.asleep);
  if (place.fence.empty()) return;
  out.begin("fence");
  out.add("name", place.fence);
  out.add("digest", place.fence_digest);
  out.add("data_version", place.data_version());
  out.end();
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
  out.add("judged_at", iso_text(j.at));
  if (j.standing_before) out.add("standing_before", name(*j.standing_before));
  add_place(out, j.place, j.measured);
  out.begin("policy");
  out.add("digest", j.policy_digest);
  out.add("applied", name(j.verdict.applied));
  out.add("mode", name(j.mode));
  out.end();
  out.begin("facts");
  add_facts(out, j.facts);
  out.end();
  if (j.measured) {
    out.begin("measured");
    add_measured(out, *j.measured);
    out.end();
  }
  add_action(out, r);
}

/// Of a run before a restart, when that is all there is to say why.
bool is_object(std::string const& json) {
  return !json.empty() && Json::parse(json, nullptr, false).is_object();
}

void add_why(JsonText& out, CallRecord const& r) {
  if (!r.judgement && is_object(r.inherited)) return out.add_json("why", r.inherited);
  out.begin("why");
  if (r.judgement) add_judgement(out, r, *r.judgement);
  out.end();
}

}  // namespace

std::string facts_text(Facts const& facts) {
  std::string text;
  JsonText out(text);
  out.begin();
  add_facts(out, facts);
  out.end();
  return text;
}

std::string measured_text(Measured const& measured) {
  std::string text;
  JsonText out(text);
  out.begin();
  add_measured(out, measured);
  out.end();
  return text;
}

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

}  // namespace wardroom::call_blocking
