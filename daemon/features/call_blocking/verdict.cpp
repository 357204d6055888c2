#include "features/call_blocking/verdict.hpp"

#include "base/planted.hpp"

#include <algorithm>
#include <array>

namespace wardroom::call_blocking {
namespace {

constexpr std::array<std::string_view, 14> kReasons{"emergency",
                                                    "emergency_callback",
                                                    "exempt",
                                                    "allowed_by_override",
                                                    "blocked_by_override",
                                                    "no_fence",
                                                    "internal",
                                                    "inside",
                                                    "outside",
                                                    "uncertain",
                                                    "stale",
                                                    "no_fix",
                                                    "suspicious",
                                                    "callback_unknown"};
constexpr std::array<std::string_view, 6> kApplied{"none",  "open",       "closed",
                                                   "grace", "grace_over", "running"};
constexpr std::array<std::string_view, 3> kEndRunning{"never", "outside", "always"};

Verdict by_policy(Policy const& policy, Reason reason, BootClock::duration unsure_for) {
  switch (policy.kind) {
    case Policy::Kind::open:
      return {false, reason, Applied::open};
    case Policy::Kind::closed:
      return {true, reason, Applied::closed};
    case Policy::Kind::grace:
      break;
  }
  if (unsure_for < policy.grace)
    return {false, reason, Applied::grace, BootClock::duration(policy.grace) - unsure_for};
  return {true, reason, Applied::grace_over};
}

/// The stricter of the two: a release; else the one that ends sooner.
Verdict with_suspicion(Verdict const& verdict, Facts const& facts) {
  if (verdict.release || facts.hints == 0 || facts.policies.suspicious.kind == Policy::Kind::open)
    return verdict;
  auto const other = by_policy(facts.policies.suspicious, Reason::suspicious, facts.suspicious_for);
  if (other.release || !verdict.again_in) return other;
  return other.again_in && *other.again_in < *verdict.again_in ? other : verdict;
}

Verdict by_standing(Facts const& facts) {
  auto const& p = facts.policies;
  switch (facts.standing) {
    case Standing::inside:
      return with_suspicion({false, Reason::inside}, facts);
    case Standing::outside:
      return {true, Reason::outside};
    case Standing::uncertain:
      return with_suspicion(by_policy(p.uncertain, Reason::uncertain, facts.unsure_for), facts);
    case Standing::stale:
      return by_policy(facts.degraded ? p.degraded : p.stale, Reason::stale, facts.unsure_for);
    case Standing::no_fix:
      break;
  }
  return by_policy(facts.degraded ? p.degraded : p.no_fix, Reason::no_fix, facts.unsure_for);
}

/// A running call is ended only where `end_running_calls` says so.
Verdict unless_running(Verdict verdict, Facts const& facts) {
  if (!verdict.release || !facts.running || facts.end_running == EndRunning::always) return verdict;
  if (facts.end_running == EndRunning::outside && verdict.reason == Reason::outside) return verdict;
  return {false, verdict.reason, Applied::running};
}

Verdict by_rules(Facts const& facts) {
  if (facts.override_ == Override::exempt) return {false, Reason::exempt};
  if (facts.override_ == Override::block) return {true, Reason::blocked_by_override};
  if (facts.override_ == Override::allow) return {false, Reason::allowed_by_override};
  if (!facts.fenced) return {false, Reason::no_fence};
  if (facts.internal && facts.internal_calls == InternalCalls::allow)
    return {false, Reason::internal_call};
  return unless_running(by_standing(facts), facts);
}

}  // namespace

std::string_view name(Mode mode) {
  return mode == Mode::off ? "off" : mode == Mode::observe ? "observe" : "enforce";
}
std::string_view name(Reason reason) { return kReasons[static_cast<std::size_t>(reason)]; }
std::string_view name(Applied applied) { return kApplied[static_cast<std::size_t>(applied)]; }

std::string_view name(EndRunning rule) { return kEndRunning[static_cast<std::size_t>(rule)]; }

std::optional<Reason> parse_reason(std::string_view word) {
  auto const it = std::ranges::find(kReasons, word);
  if (it == kReasons.end()) return std::nullopt;
  return static_cast<Reason>(it - kReasons.begin());
}

Verdict judge(Facts const& facts) {
  if (WARDROOM_PLANTED("emergency-after-standing") && facts.standing == Standing::outside)
    return {true, Reason::outside};
  if (facts.emergency) return {false, Reason::emergency};
  if (facts.emergency_callback && facts.incoming) return {false, Reason::emergency_callback};
  auto const verdict = by_rules(facts);
  if (verdict.release && facts.callback_unknown && facts.incoming)
    return {false, Reason::callback_unknown};
  return verdict;
}

bool is_let_through(Verdict const& verdict) {
  return !verdict.release && verdict.reason != Reason::callback_unknown;
}

bool is_internal(CallLeg const& leg) {
  switch (leg.type) {
    case CallType::group:
    case CallType::enterprise:
      return true;
    case CallType::absent:
      return !leg.remote_user.empty();
    default:
      return false;
  }
}

bool is_incoming(Personality personality) { return personality == Personality::terminator; }

bool is_answered(CallLeg const& leg) {
  return leg.answered || leg.state == CallState::active || leg.state == CallState::held ||
         leg.state == CallState::remote_held;
}

bool asks_for_verdict(CallEventKind kind, bool undecided) {
  switch (kind) {
    case CallEventKind::received:
    case CallEventKind::originated:
    case CallEventKind::originating:
    case CallEventKind::updated:
    case CallEventKind::answered:
    case CallEventKind::held:
    case CallEventKind::retrieved:
    case CallEventKind::transferred:
    case CallEventKind::picked_up:
    case CallEventKind::park_retrieved:
    case CallEventKind::barged_in:
    case CallEventKind::monitored:
    case CallEventKind::snapshot:
    case CallEventKind::snapshot_resync:
      return true;
    case CallEventKind::forwarded:
      return undecided;
    default:
      return false;
  }
}

}  // namespace wardroom::call_blocking
