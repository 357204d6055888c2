#include "features/call_blocking/words.hpp"

#include <fmt/format.h>

#include <cmath>

namespace wardroom::call_blocking {
namespace {

std::string plural(std::int64_t n, std::string_view unit) {
  return fmt::format("{} {}{}", n, unit, n == 1 ? "" : "s");
}

/// "12 seconds old, accurate to 20 m, 1.2 km beyond the border of 'campus'"
std::string place_words(Place const& place) {
  std::string out;
  auto const add = [&](std::string const& piece) { out += (out.empty() ? "" : ", ") + piece; };
  if (place.age) add(duration_words(*place.age) + " old");
  if (place.accuracy) add("accurate to " + distance_words(*place.accuracy));
  if (place.to_border && !place.fence.empty()) {
    double const d = place.to_border->value;
    if (d > 0)
      add(fmt::format("{} beyond the border of '{}'", distance_words({d}), place.fence));
    else
      add(fmt::format("{} inside the border of '{}'", distance_words({-d}), place.fence));
  }
  return out;
}

std::string policy_words(Verdict const& verdict, Facts const& facts) {
  Policy policy;
  bool const own_fault = facts.degraded && facts.standing != Standing::uncertain;
  if (own_fault)
    policy = facts.policies.degraded;
  else if (facts.standing == Standing::stale)
    policy = facts.policies.stale;
  else if (facts.standing == Standing::uncertain)
    policy = facts.policies.uncertain;
  else
    policy = facts.policies.no_fix;
  if (verdict.reason == Reason::suspicious) policy = facts.policies.suspicious;
  auto const key = verdict.reason == Reason::suspicious ? std::string(name(verdict.reason))
                   : own_fault                          ? std::string("degraded")
                                                        : std::string(name(facts.standing));
  if (verdict.applied == Applied::running)
    return fmt::format("a call that was let through goes on (end_running_calls: {})",
                       name(facts.end_running));
  std::string out = fmt::format("the policy {}: {}", key, text(policy));
  if (verdict.applied == Applied::grace && verdict.again_in)
    out += fmt::format(" lets calls through for another {}", duration_words(*verdict.again_in));
  else if (verdict.applied == Applied::grace_over)
    out += ", whose time is over, blocks them";
  else
    out += verdict.release ? " blocks them" : " lets them through";
  return out;
}

/// Why, as the second half of a sentence that began with what happens.
std::string because(Judgement const& j) {
  auto const place = place_words(j.place);
  switch (j.verdict.reason) {
    case Reason::emergency:
      return "it is an emergency call, which is never touched";
    case Reason::emergency_callback:
      return "it came in within an hour after this person's answered emergency call";
    case Reason::exempt:
      return "this person is exempt";
    case Reason::allowed_by_override:
      return "an operator allowed this person's calls";
    case Reason::blocked_by_override:
      return "an operator blocked this person's calls";
    case Reason::no_fence:
      return "no fence applies to this person";
    case Reason::internal_call:
      return "it is a call inside the organisation, and internal_calls is allow";
    case Reason::inside:
      return "the last position is inside the permitted area (" + place + ")";
    case Reason::outside:
      return "the last position is outside the permitted area (" + place + ")" +
             (j.verdict.applied == Applied::running ? ", and " + policy_words(j.verdict, j.facts)
                                                    : "");
    case Reason::suspicious:
      return "the last position looks like a spoof (" + place + "), and " +
             policy_words(j.verdict, j.facts);
    case Reason::uncertain:
      return "the last position is too near the border or too vague to tell (" + place + "), and " +
             policy_words(j.verdict, j.facts);
    case Reason::stale:
      return "the last position is too old (" + place + "), and " +
             policy_words(j.verdict, j.facts);
    case Reason::no_fix:
      break;
  }
  return "no position is known of this person, and " + policy_words(j.verdict, j.facts);
}

std::string_view done_words(CallRecord const& r) {
  switch (r.decision) {
    case Decision::rejected:
      return "The call was released because ";
    case Decision::pending:
      return "The call is being released because ";
    case Decision::reject_failed:
      return "The call should have been released, but the platform refused, because ";
    case Decision::observed:
      return "The call would have been released (observe mode only records) because ";
    case Decision::passed:
      break;
  }
  return "The call was let through because ";
}

std::string advice(Verdict const& verdict) {
  if (!verdict.release) return "";
  switch (verdict.reason) {
    case Reason::outside:
      return " Calls work again as soon as two positions in a row are inside. Emergency numbers "
             "always work.";
    case Reason::uncertain:
      return " Move away from the border or let your device find a better position. Emergency "
             "numbers always work.";
    case Reason::stale:
    case Reason::no_fix:
      return " Keep this page open and allow it to use your position. Emergency numbers always "
             "work.";
    default:
      return " Ask your administrator if this is wrong. Emergency numbers always work.";
  }
}

}  // namespace

std::string distance_words(Meters distance) {
  double const m = distance.value;
  if (m < 1000) return fmt::format("{:.0f} m", m);
  return m < 100'000 ? fmt::format("{:.1f} km", m / 1000) : fmt::format("{:.0f} km", m / 1000);
}

std::string duration_words(BootClock::duration d) {
  auto const s = std::chrono::round<std::chrono::seconds>(d).count();
  if (s < 90) return plural(s, "second");
  if (s < 90 * 60) return plural((s + 30) / 60, "minute");
  if (s < 36 * 3600) return plural((s + 1800) / 3600, "hour");
  return plural((s + 43'200) / 86'400, "day");
}

std::string words_for_person(Judgement const& now, Milliseconds timeout) {
  auto const& v = now.verdict;
  std::string out = v.release ? "Your calls are blocked: " : "Your calls are allowed: ";
  switch (v.reason) {
    case Reason::inside:
      out += "you are inside the permitted area.";
      break;
    case Reason::outside:
      out += "your last position is outside the permitted area";
      if (now.place.to_border && now.place.to_border->value > 0 && !now.place.fence.empty())
        out += fmt::format(", {} from the border of '{}'", distance_words(*now.place.to_border),
                           now.place.fence);
      out += ".";
      break;
    case Reason::uncertain:
      out +=
          "you are so near the border, or your position is so vague, that we cannot tell on which "
          "side you are";
      if (v.applied == Applied::grace && v.again_in)
        out += fmt::format("; calls go on for another {}", duration_words(*v.again_in));
      out += ".";
      break;
    case Reason::stale:
      out += fmt::format("your last position is older than {}", duration_words(timeout));
      if (v.applied == Applied::grace && v.again_in)
        out += fmt::format("; calls go on for another {}", duration_words(*v.again_in));
      out += ".";
      break;
    case Reason::no_fix:
      out += "we have no position of you yet.";
      break;
    case Reason::no_fence:
      out += "no fence applies to you.";
      break;
    case Reason::allowed_by_override:
      out += "an administrator allowed them.";
      break;
    case Reason::blocked_by_override:
      out += "an administrator blocked them.";
      break;
    case Reason::exempt:
      out += "you are exempt from the rules of place.";
      break;
    default:
      out += "this kind of call always goes through.";
      break;
  }
  return out + advice(v);
}

std::string words_for_call(CallRecord const& record, Judgement const& judgement) {
  return std::string(done_words(record)) + because(judgement) + ".";
}

std::string words_about_person(std::string const& who, Judgement const& now, Milliseconds timeout) {
  std::string out = who + (now.verdict.release ? "'s calls are blocked because "
                                               : "'s calls are allowed because ");
  out += because(now);
  if (now.verdict.reason == Reason::stale)
    out += fmt::format(" (positions count for {})", duration_words(timeout));
  if (now.mode == Mode::observe && now.verdict.release)
    out += "; in observe mode nothing is released";
  return out + ".";
}

}  // namespace wardroom::call_blocking
