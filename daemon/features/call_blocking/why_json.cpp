#include "features/call_blocking/why_json.hpp"

#include "base/time_text.hpp"
#include "features/call_blocking/call_reading.hpp"
#include "features/call_blocking/reevaluation.hpp"
#include "features/call_blocking/words.hpp"

#include <algorithm>
#include <cmath>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;

double tenth(double value) { return std::round(value * 10) / 10; }
double shown_seconds(BootClock::duration d) {
  return std::round(std::chrono::duration<double, std::milli>(d).count()) / 1000;
}

void copy(Json& out, Json const& from, std::initializer_list<char const*> keys) {
  for (auto const* key : keys)
    if (auto const it = from.find(key); it != from.end()) out[key] = *it;
}

/// Rounded for people; `measured` has it to the last digit.
void add_place(Json& out, Place const& place, Json received_at) {
  if (place.age) {
    Json fix{{"age_s", shown_seconds(*place.age)}};
    if (place.accuracy) fix["accuracy_m"] = tenth(place.accuracy->value);
    if (!received_at.is_null()) fix["received_at"] = std::move(received_at);
    out["fix"] = std::move(fix);
  }
  if (!place.fence.empty())
    out["fence"] = {{"name", place.fence},
                    {"digest", place.fence_digest},
                    {"data_version", place.data_version()}};
  if (!place.asleep.empty()) out["outside_hours_of"] = place.asleep;
  if (place.to_border) out["distance_m"] = tenth(place.to_border->value);
}

/// Which policy decided, what it says, and how long it still does.
void add_deciding(Json& out, Verdict const& verdict, Facts const& facts) {
  if (auto const deciding = deciding_policy(verdict, facts); !deciding.key.empty()) {
    out["key"] = deciding.key;
    out["says"] = text(deciding.policy);
  }
  if (verdict.again_in) out["again_in_s"] = shown_seconds(*verdict.again_in);
}

void add_judged(Json& out, Json const& why, Judgement judgement, Json const& show) {
  auto const again = reevaluate(judgement);
  judgement.verdict.again_in = again.verdict.again_in;
  auto const decision = show.value("decision", "");
  for (auto d : {Decision::passed, Decision::pending, Decision::rejected, Decision::reject_failed,
                 Decision::observed})
    if (name(d) == decision) out["sentence"] = words_for_call(d, judgement);
  out["standing"] = name(judgement.facts.standing);
  copy(out, why, {"standing_before"});
  auto const fix = why.value("fix", Json::object());
  add_place(out, judgement.place, fix.value("received_at", Json()));
  if (judgement.facts.hints != 0) out["hints"] = hint_words(judgement.facts.hints);
  out["policy"] = why.at("policy");
  add_deciding(out["policy"], judgement.verdict, judgement.facts);
  copy(out, why, {"facts", "measured", "action", "acknowledgement"});
  out["reevaluated"] = reevaluated_json(again);
}

/// Of a version that wrote the sentences itself.
bool is_older(Json const& why) { return why.contains("call"); }

}  // namespace

Json call_why_json(Json const& document) {
  auto const why = document.value("why", Json::object());
  auto const show = document.value("show", Json::object());
  auto const again = reevaluate(why);
  Json out;
  if (is_older(why)) {
    out = why;
    if (again || again.error().kind != ErrorKind::not_found)
      out["reevaluated"] = reevaluated_json(again);
    return out;
  }
  copy(out, show, {"call", "at", "person_no", "direction", "remote"});
  copy(out, why, {"event", "verdict", "reason", "judged_at"});
  copy(out, show, {"decision", "emergency"});
  if (auto judgement = judgement_from(why)) {
    add_judged(out, why, std::move(*judgement), show);
  } else if (!again && again.error().kind == ErrorKind::not_found) {
    out["sentence"] = "The call was not judged: none of its events asked for a verdict.";
  } else {
    copy(out, why,
         {"standing_before", "fix", "fence", "policy", "facts", "measured", "action",
          "acknowledgement"});
    out["reevaluated"] = reevaluated_json(again);
  }
  return out;
}

Json call_row_json(Json const& document) {
  auto row = document.value("show", Json::object());
  auto const why = document.value("why", Json::object());
  // Judged before a restart of the daemon, and not since.
  if (row.value("reason", "") == "not_judged" && why.contains("reason"))
    row["reason"] = why.at("reason");
  return row;
}

Json person_why_json(std::string const& who, Judgement const& now, PolicySettings const& policy) {
  Json out{{"standing", name(now.facts.standing)}};
  if (now.standing_before) out["standing_before"] = name(*now.standing_before);
  out["allowed"] = !now.verdict.release;
  out["reason"] = name(now.verdict.reason);
  out["sentence"] = words_about_person(who, now, policy);
  add_place(out, now.place,
            now.place.received_at ? Json(iso_text(*now.place.received_at)) : Json());
  if (now.facts.hints != 0) out["hints"] = hint_words(now.facts.hints);
  Json rules{{"digest", now.policy_digest},
             {"applied", name(now.verdict.applied)},
             {"mode", name(now.mode)}};
  if (now.mode != policy.mode) rules["configured_mode"] = name(policy.mode);
  add_deciding(rules, now.verdict, now.facts);
  out["policy"] = std::move(rules);
  out["facts"] = Json::parse(facts_text(now.facts));
  if (now.measured) out["measured"] = Json::parse(measured_text(*now.measured));
  return out;
}

Json binding_fences_json(PolicySettings const& policy, FenceMask mask, FenceMask awake,
                         NamedBy const& by) {
  auto const has = [](std::vector<std::string> const& all, std::string const& one) {
    return std::ranges::find(all, one) != all.end();
  };
  auto out = Json::array();
  for (std::size_t i = 0; i < policy.fences.size(); ++i) {
    if ((mask >> i & 1) == 0) continue;
    auto const& fence = policy.fences[i];
    bool const named = std::ranges::any_of(
        by.emails, [&](auto const& email) { return has(fence.who.emails, email); });
    auto groups = Json::array();
    for (auto const& group : by.groups)
      if (has(fence.who.groups, group)) groups.push_back(group);
    Json row{{"name", fence.name},
             {"rule", fence.deny ? "deny" : "allow"},
             {"by", fence.who.everybody ? "everybody"
                    : named             ? "address"
                                        : "group"}};
    if (!groups.empty()) row["groups"] = std::move(groups);
    if ((awake >> i & 1) == 0) row["outside_hours"] = text(fence.schedule);
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace wardroom::call_blocking
