// Calls: the list, one call, and the chain of reasons behind a verdict.
#include "render.hpp"

namespace wardroom::ctl {
namespace {

/// The links of an explanation, numbered; those with nothing to say are left out.
std::string render_chain(std::vector<std::pair<std::string, Cell>> links, Look const& look) {
  std::erase_if(links, [](auto const& link) { return link.second.text.empty(); });
  for (std::size_t i = 0; i < links.size(); ++i)
    links[i].first = std::to_string(i + 1) + " " + links[i].first;
  return render_facts(links, look);
}

std::string arrow(Json const& call) {
  auto const direction = text(call, "direction");
  return direction == "incoming" ? "←" : direction.empty() ? "" : "→";
}

std::string with_words(Json const& call) {
  auto const remote = text(call, "remote");
  auto const sign = arrow(call);
  return sign.empty() ? remote : remote.empty() ? sign : sign + " " + remote;
}

/// On a terminal only the end of a call id, which is enough to name the call.
std::string call_words(Json const& call, Look const& look) {
  auto const id = text(call, "call");
  auto const dash = id.rfind('-');
  bool const enough = dash != id.npos && id.size() - dash > 8;
  return look.width && enough ? id.substr(dash + 1) : id;
}

std::string decision_words(Json const& call) {
  auto const decision = text(call, "decision");
  if (decision == "reject_failed") return "NOT REJECTED";
  return flag(call, "emergency") && decision == "passed" ? "emergency" : decision;
}

std::string reason_words(Json const& call) {
  auto out = text(call, "reason");
  if (flag(call, "answered_before_release")) out += out.empty() ? "after answer" : ", after answer";
  return out;
}

std::string latency_words(Json const& json) {
  auto const ms = number(json, "latency_ms");
  if (!ms) return "";
  return *ms < 1 ? "< 1 ms" : duration_words(*ms / 1000);  // the daemon tells whole milliseconds
}

std::string direction_words(Json const& call) {
  auto const direction = text(call, "direction");
  auto const remote = text(call, "remote");
  auto const other = remote.empty() ? "" : (direction == "incoming" ? " from " : " to ") + remote;
  return (direction == "click_to_dial" ? "click to dial" : direction) + other;
}

std::string when_words(Json const& json, Look const& look) {
  auto const at = time(json, "at");
  return at ? clock_words(*at) + " UTC (" + relative_words(*at, look.now) + ")" : "";
}

std::string who_words(Json const& json) {
  auto out = text(json, "person");
  if (has(json, "person_no"))
    out += (out.empty() ? "person " : " (person ") + text(json, "person_no") +
           (out.empty() ? "" : ")");
  return out;
}

std::string fix_words(Json const& answer, Look const& look) {
  if (!has(answer, "fix")) return "No position of this person was known.";
  auto const& fix = part(answer, "fix");
  std::string out = "The last position";
  if (auto const age = number(fix, "age_s")) out += " was " + duration_words(*age) + " old";
  if (auto const accuracy = number(fix, "accuracy_m"))
    out += (has(fix, "age_s") ? " and" : " was") + std::string(" accurate to ") +
           distance_words(*accuracy);
  if (auto const at = time(fix, "received_at"))
    out += ", received at " + short_clock_words(*at, look.now) + " UTC";
  if (auto const odd = text(answer, "hints"); !odd.empty()) out += "; it looks odd: " + odd;
  if (flag(part(answer, "measured"), "held"))
    out += ". It is too far from the one before to be true, and the side before it counts";
  return out + ".";
}

std::string border_words(Json const& answer) {
  auto const& fence = part(answer, "fence");
  auto const name = text(fence, "name");
  auto const distance = number(answer, "distance_m");
  if (name.empty() && !distance) return "";
  auto const which = name.empty() ? std::string("the fence") : "fence \"" + name + "\"";
  std::string out = distance
                        ? "It lay " + distance_words(*distance) +
                              (*distance < 0 ? " inside" : " outside") + " the border of " + which
                        : "It was held against " + which;
  std::string data;
  if (auto const digest = text(fence, "digest"); !digest.empty()) data = "digest " + digest;
  if (auto const version = text(fence, "data_version"); !version.empty())
    data += (data.empty() ? "" : ", ") + std::string("data version ") + version;
  return out + (data.empty() ? "" : " (" + data + ")") + ".";
}

std::string standing_words(Json const& answer) {
  auto const now = text(answer, "standing");
  if (now.empty()) return "";
  auto const before = text(answer, "standing_before");
  std::string out = "So the standing was " + now;
  if (!before.empty()) out += before == now ? ", as before" : "; before, it was " + before;
  return out + ".";
}

bool decided_by_operator(std::string_view reason) {
  return reason == "exempt" || reason == "allowed_by_override" || reason == "blocked_by_override";
}

/// What decided: an operator, the standing by itself, or a policy with what it says.
std::string decider_words(Json const& answer) {
  auto const& policy = part(answer, "policy");
  auto const applied = text(policy, "applied"), key = text(policy, "key");
  if (decided_by_operator(text(answer, "reason")))
    return "An operator decided, whatever the standing";
  if (applied == "none") return "The standing decided by itself";
  if (key.empty())
    return applied == "running" ? "A call that was let through before goes on"
           : applied.empty()    ? ""
                                : "The policy for this is \"" + applied + "\"";
  std::string out = "The policy " + key + " says " + text(policy, "says");
  if (auto const left = number(policy, "again_in_s"))
    out += ": calls are let through for another " + duration_words(*left);
  if (applied == "grace_over") out += ", and that time is over";
  if (applied == "running") out += ", but a call that was let through before goes on";
  return out;
}

std::string policy_words(Json const& answer) {
  auto const& policy = part(answer, "policy");
  auto out = decider_words(answer);
  if (auto const mode = text(policy, "mode"); !mode.empty())
    out += (out.empty() ? "The mode was " : ", in mode ") + mode;
  if (auto const digest = text(policy, "digest"); !digest.empty())
    out += out.empty() ? "Policy digest " + digest : " (policy digest " + digest + ")";
  if (out.empty()) return out;
  out += ".";
  if (auto const configured = text(policy, "configured_mode"); !configured.empty())
    out += " The mode is " + configured +
           ", but not for this person: enforce_for does not name them, so they are only observed.";
  return out;
}

bool comes_out_another(Json const& answer) {
  auto const& again = part(answer, "reevaluated");
  return has(again, "same") && !flag(again, "same");
}

/// The verdict worked out again from the record.
Cell again_cell(Json const& answer) {
  if (comes_out_another(answer)) return {"NOT THE SAME, see above.", Tone::bad};
  return text(part(answer, "reevaluated"), "sentence");
}

/// At the top, loudly, when it is another one.
std::string differs_line(Json const& answer, Look const& look) {
  if (!comes_out_another(answer)) return "";
  auto const sentence = text(part(answer, "reevaluated"), "sentence");
  return paint(look, Tone::bad, wrap(sentence, look.width, 0)) + "\n";
}

std::string action_words(Json const& answer) {
  bool const release = text(answer, "verdict") == "release";
  auto const& action = part(answer, "action");
  if (action.empty())
    return release ? "No request was sent yet." : "Nothing was done: the call went on.";
  std::string out = release ? "No request was sent" : "Nothing was done";
  if (auto const attempts = count(action, "attempts"); attempts > 0)
    out = "The release was sent " + (attempts == 1 ? "once" : count_words(attempts) + " times");
  if (auto const status = text(action, "status"); !status.empty()) out += ", answered " + status;
  if (auto const latency = latency_words(action); !latency.empty()) out += ", after " + latency;
  if (auto const detail = text(action, "detail"); !detail.empty()) out += ": " + detail;
  return out.ends_with('.') ? out : out + ".";
}

std::string acknowledgement_words(Json const& answer) {
  if (!has(answer, "acknowledgement")) return "";
  auto const& ack = part(answer, "acknowledgement");
  if (!flag(ack, "sent")) return "The event was not acknowledged.";
  std::string out = "The event was acknowledged";
  if (auto const status = text(ack, "status"); !status.empty()) out += ", answered " + status;
  if (auto const latency = latency_words(ack); !latency.empty()) out += ", after " + latency;
  return out + ".";
}

std::string call_facts(Json const& call, Look const& look) {
  auto const decision = text(call, "decision");
  return render_facts({{"When", when_words(call, look)},
                       {"Who", who_words(call)},
                       {"Call", direction_words(call)},
                       {"Event", text(call, "event")},
                       {"State", text(call, "state")},
                       {"Decision", Cell(decision_words(call), tone_of(decision))},
                       {"Reason", reason_words(call)},
                       {"Latency", latency_words(call)},
                       {"Attempts", count(call, "attempts") > 1 ? text(call, "attempts") : ""},
                       {"Tracking", text(call, "tracking")}},
                      look);
}

}  // namespace

std::string render_calls_list(Json const& answer, Look const& look) {
  Table table({{"WHEN"},
               {"PERSON", false, 12},
               {"WITH", false, 14},
               {"STATE", false, 0, 1},
               {"DECISION"},
               {"REASON", false, 9, 3},
               {"LATENCY", true, 0, 2},
               {"CALL"}});
  for (auto const& call : list(answer, "calls")) {
    auto const at = time(call, "at");
    table.add({at ? relative_words(*at, look.now) : "", text(call, "person"), with_words(call),
               text(call, "state"), Cell(decision_words(call), tone_of(text(call, "decision"))),
               reason_words(call), latency_words(call), Cell(call_words(call, look), Tone::faint)});
  }
  return table.empty() ? "No calls yet.\n" : table.text(look);
}

std::string render_calls_show(Json const& answer, Look const& look) {
  std::string out =
      paint(look, Tone::strong, text(answer, "call")) + "\n" + call_facts(answer, look);
  Table table({{"AT (UTC)"}, {"EVENT"}, {"STATE"}});
  for (auto const& event : list(answer, "events")) {
    auto const at = time(event, "at");
    table.add(
        {at ? short_clock_words(*at, look.now) : "", text(event, "type"), text(event, "state")});
  }
  return out + (table.empty() ? "" : "\n" + table.text(look, 2));
}

std::string render_calls_why(Json const& answer, Look const& look) {
  auto const verdict = text(answer, "verdict");
  auto const tone = verdict == "release" ? Tone::bad : Tone::good;
  std::string out = paint(look, Tone::strong, text(answer, "call"));
  if (!verdict.empty())
    out += "   " + paint(look, tone, verdict == "release" ? "release" : "let through");
  out += "\n";
  if (auto const sentence = text(answer, "sentence"); !sentence.empty())
    out += wrap(sentence, look.width, 0) + "\n";
  out += differs_line(answer, look);
  out += "\n" + call_facts(answer, look) + "\n";
  std::string const emergency =
      flag(answer, "emergency")
          ? "This is an emergency call: it passes before anything else is asked."
          : "It is no emergency call.";
  return out + render_chain(
                   {{"Emergency", emergency},
                    {"Position", fix_words(answer, look)},
                    {"Border", border_words(answer)},
                    {"Standing", Cell(standing_words(answer), tone_of(text(answer, "standing")))},
                    {"Policy", policy_words(answer)},
                    {"Action", action_words(answer)},
                    {"Acknowledgement", acknowledgement_words(answer)},
                    {"Again", again_cell(answer)}},
                   look);
}

namespace {
/// Who decided otherwise; empty when nobody did.
std::string override_words(Json const& answer, Look const& look) {
  auto const& decided = part(answer, "override");
  if (decided.empty()) return "";
  auto const until = time(decided, "until");
  return text(decided, "kind") + " by " + text(decided, "by") + ", " + ago(decided, "since", look) +
         ": " + text(decided, "reason") +
         (until ? "; ends " + relative_words(*until, look.now) : "; until it is removed");
}

/// Which fences count for this person, and why.
std::string binding_words(Json const& answer) {
  if (!has(answer, "fences")) return "";
  std::string out;
  for (auto const& fence : list(answer, "fences")) {
    auto const by = text(fence, "by"), groups = joined(part(fence, "groups"));
    auto const hours = text(fence, "outside_hours");
    out += (out.empty() ? "" : ", ") + std::string(text(fence, "rule") == "deny" ? "not in " : "") +
           "\"" + text(fence, "name") + "\" (" +
           (by == "everybody" ? "for everybody"
            : groups.empty()  ? "named by " + by
                              : "by the group " + groups) +
           (hours.empty() ? "" : ", asleep: its hours are " + hours) + ")";
  }
  return out.empty() ? "No fence is for this person." : out + ".";
}
}  // namespace

std::string render_people_why(Json const& answer, Look const& look) {
  bool const allowed = flag(answer, "allowed");
  auto const mode = text(part(answer, "policy"), "mode");
  std::string out = paint(look, Tone::strong, who_words(answer)) + "   " +
                    paint(look, allowed ? Tone::good : Tone::bad,
                          allowed                             ? "calls allowed"
                          : mode == "enforce" || mode.empty() ? "calls blocked"
                                                              : "calls would be blocked") +
                    "\n";
  if (auto const sentence = text(answer, "sentence"); !sentence.empty())
    out += wrap(sentence, look.width, 0) + "\n";
  out += differs_line(answer, look);
  auto const policy = part(answer, "policy").is_object()
                          ? policy_words(answer)
                          : "The policy is " + text(answer, "policy") + ".";
  return out + "\n" +
         render_chain(
             {{"Position", fix_words(answer, look)},
              {"Border", border_words(answer)},
              {"Standing", Cell(standing_words(answer), tone_of(text(answer, "standing")))},
              {"Policy", policy},
              {"Override", override_words(answer, look)},
              {"Fences", binding_words(answer)},
              {"Again", again_cell(answer)}},
             look);
}

}  // namespace wardroom::ctl
