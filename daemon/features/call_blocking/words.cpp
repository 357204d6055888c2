#include "features/call_blocking/words.hpp"

#include <fmt/format.h>

#include <utility>

namespace wardroom::call_blocking {
namespace {

constexpr std::pair<Hint, std::string_view> kHints[] = {
    {Hint::impossible_travel, "nobody travels that fast from the one before"},
    {Hint::frozen, "its coordinates have not changed at all for long"},
    {Hint::too_exact, "it claims to be accurate to a metre"},
    {Hint::future_time, "it says it was taken in the future"},
};

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

/// What the policy that decided does: "lets calls through for another 3 minutes".
std::string policy_words(Verdict const& verdict, Facts const& facts) {
  if (verdict.applied == Applied::running)
    return fmt::format("the call was let through before and goes on (end_running_calls: {})",
                       name(facts.end_running));
  auto const deciding = deciding_policy(verdict, facts);
  std::string const fault =
      deciding.key == "degraded" ? "as positions cannot be taken right now, " : "";
  auto const out = fmt::format("{}the policy {}: {}", fault, deciding.key, text(deciding.policy));
  if (verdict.applied == Applied::grace && verdict.again_in)
    return out + " lets calls through for another " + duration_words(*verdict.again_in);
  if (verdict.applied == Applied::grace_over) return out + ", whose time is over, blocks them";
  return out + (verdict.release ? " blocks them" : " lets them through");
}

/// "; it looks odd: the coordinates have not changed at all for long"
std::string oddly(Facts const& facts) {
  return facts.hints == 0 ? std::string() : "; it looks odd: " + hint_words(facts.hints);
}

/// Where the last position lies, when it decides by itself.
std::string side_words(Judgement const& j, std::string const& place) {
  auto const side = j.facts.standing == Standing::inside ? "inside" : "outside";
  if (j.measured && j.measured->held)
    return fmt::format(
        "the last position is too far from the one before to be true ({}), and the one before was "
        "{} the permitted area",
        place, side);
  return fmt::format("the last position is {} the permitted area ({}{})", side, place,
                     oddly(j.facts));
}

/// Why, as the second half of a sentence that began with what happens.
std::string because(Judgement const& j) {
  auto const place = place_words(j.place);
  auto const policy = [&] {
    return (j.verdict.applied == Applied::running ? ", but " : ", and ") +
           policy_words(j.verdict, j.facts);
  };
  switch (j.verdict.reason) {
    case Reason::emergency:
      return "it is an emergency call, which is never touched";
    case Reason::emergency_callback:
      return "it came in within an hour after this person's answered emergency call";
    case Reason::callback_unknown:
      return "it came in while the store could not tell whether this person made an emergency call "
             "within the hour";
    case Reason::exempt:
      return "this person is exempt";
    case Reason::allowed_by_override:
      return "an operator allowed this person's calls";
    case Reason::blocked_by_override:
      return "an operator blocked this person's calls";
    case Reason::no_fence:
      return j.place.asleep.empty()
                 ? "no fence applies to this person"
                 : fmt::format(
                       "it is outside the hours of '{}', and no other fence applies to this person",
                       j.place.asleep);
    case Reason::internal_call:
      return "it is a call inside the organisation, and internal_calls is allow";
    case Reason::inside:
      return side_words(j, place);
    case Reason::outside:
      return side_words(j, place) + (j.verdict.applied == Applied::running ? policy() : "");
    case Reason::suspicious:
      return fmt::format("the last position looks false: {} ({}){}", hint_words(j.facts.hints),
                         place, policy());
    case Reason::uncertain:
      return fmt::format("the last position is too near the border or too vague to tell ({}{}){}",
                         place, oddly(j.facts), policy());
    case Reason::stale:
      return "the last position is too old (" + place + ")" + policy();
    case Reason::no_fix:
      break;
  }
  return "no position is known of this person" + policy();
}

std::string_view done_words(Decision decision) {
  switch (decision) {
    case Decision::rejected:
      return "The call was released because ";
    case Decision::pending:
      return "The call is being released because ";
    case Decision::reject_failed:
      return "The call should have been released, but the platform refused, because ";
    case Decision::observed:
      return "The call would have been released (it is only observed) because ";
    case Decision::passed:
      break;
  }
  return "The call was let through because ";
}

/// To the person: for how long calls still go on.
std::string time_left(Verdict const& v) {
  if (v.applied != Applied::grace || !v.again_in) return "";
  return "; calls go on for another " + duration_words(*v.again_in);
}

std::string way_back_in(Judgement const& now) {
  int const needed = now.measured ? now.measured->reading.confirmations : 2;
  if (needed <= 1) return " Calls work again as soon as a position is clearly inside.";
  auto const count = needed == 2 ? std::string("two") : std::to_string(needed);
  return " Calls work again as soon as " + count + " positions in a row are clearly inside.";
}

/// To the person: what to do. Nothing where all is well.
std::string advice(Judgement const& now) {
  auto const& v = now.verdict;
  bool const running_out = v.applied == Applied::grace;
  if (!v.release && !running_out) return "";
  std::string const always = v.release ? " Emergency numbers always work." : "";
  switch (v.reason) {
    case Reason::outside:
      return way_back_in(now) + always;
    case Reason::uncertain:
      return " Move away from the border, or switch on Wi-Fi and precise location so that your "
             "device finds a better position." +
             always;
    case Reason::stale:
    case Reason::no_fix:
      return " Keep this page open and allow it to use your position." + always;
    case Reason::suspicious:
      return " Switch off whatever hides or changes your position, such as a VPN, and keep this "
             "page open. Ask your administrator if this is wrong." +
             always;
    default:
      return " Ask your administrator if this is wrong." + always;
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

std::string hint_words(Hints hints) {
  std::string out;
  for (auto const& [hint, words] : kHints)
    if ((hints & bit(hint)) != 0) out += (out.empty() ? "" : " and ") + std::string(words);
  return out;
}

DecidingPolicy deciding_policy(Verdict const& verdict, Facts const& facts) {
  auto const& p = facts.policies;
  switch (verdict.reason) {
    case Reason::suspicious:
      return {"suspicious", p.suspicious};
    case Reason::uncertain:
      return {"uncertain", p.uncertain};
    case Reason::stale:
      return facts.degraded ? DecidingPolicy{"degraded", p.degraded}
                            : DecidingPolicy{"stale", p.stale};
    case Reason::no_fix:
      return facts.degraded ? DecidingPolicy{"degraded", p.degraded}
                            : DecidingPolicy{"no_fix", p.no_fix};
    default:
      return {};
  }
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
          "side you are" +
          time_left(v) + ".";
      break;
    case Reason::stale:
      out += fmt::format("your last position is older than {}{}.", duration_words(timeout),
                         time_left(v));
      break;
    case Reason::no_fix:
      out += "we have no position of you yet" + time_left(v) + ".";
      break;
    case Reason::suspicious:
      out += "your last position looks wrong" + time_left(v) + ".";
      break;
    case Reason::no_fence:
      out += now.place.asleep.empty() ? "no rule of place applies to you."
                                      : "no rule of place applies to you at this hour.";
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
  return out + advice(now);
}

std::string words_for_call(Decision decision, Judgement const& judgement) {
  return std::string(done_words(decision)) + because(judgement) + ".";
}

std::string words_about_person(std::string const& who, Judgement const& now,
                               PolicySettings const& policy) {
  bool const only_observed = now.verdict.release && now.mode != Mode::enforce;
  auto out = who + (!now.verdict.release ? "'s calls are allowed because "
                    : only_observed      ? "'s calls would be blocked because "
                                         : "'s calls are blocked because ");
  out += because(now);
  if (now.verdict.reason == Reason::stale)
    out += fmt::format(" (positions count for {})", duration_words(policy.timeout));
  out += ".";
  if (only_observed)
    out += policy.mode == Mode::enforce
               ? " They go on, only observed: enforce_for does not name this person."
               : " They go on: the mode is " + std::string(name(now.mode)) + ".";
  return out;
}

}  // namespace wardroom::call_blocking
