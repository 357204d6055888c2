/// Decides whether a call may go on, given where its person is. Pure: the same facts always give
/// the same verdict. Asked first, and before anything else: is it an emergency?
#pragma once
#include "domain/call.hpp"
#include "features/call_blocking/fix_hints.hpp"
#include "features/call_blocking/standing.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace wardroom::call_blocking {

enum class Mode : std::uint8_t { off, observe, enforce };
std::string_view name(Mode mode);
enum class InternalCalls : std::uint8_t { judge, allow };
enum class Override : std::uint8_t { none, allow, block, exempt };

enum class Reason : std::uint8_t {
  emergency,           ///< the platform says so, or the number dialled is one
  emergency_callback,  ///< incoming, within 60 min after this person's answered emergency call
  exempt,
  allowed_by_override,
  blocked_by_override,
  no_fence,       ///< no fence applies to this person
  internal_call,  ///< with `internal_calls: allow`
  inside,
  outside,
  uncertain,  ///< by policy: this and the next two pass or not, see `applied`
  stale,
  no_fix,
  suspicious,        ///< inside or near the border, but the fix has hints of a spoof; by policy
  callback_unknown,  ///< incoming, and the hours of before the start could not be read yet
};
std::string_view name(Reason reason);
std::optional<Reason> parse_reason(std::string_view word);

/// What a policy said: nothing was asked, it is open or closed, or its grace runs or is over;
/// `running` = the call was let through before and goes on by `end_running_calls`.
enum class Applied : std::uint8_t { none, open, closed, grace, grace_over, running };
std::string_view name(Applied applied);

/// Which calls that were let through and answered are ended when their person's standing changes.
/// An operator's `block` ends them always.
enum class EndRunning : std::uint8_t {
  never,
  outside,  ///< when their person is clearly outside; not for stale, uncertain, no fix or suspicion
  always,   ///< whenever a new call would not be let through
};
std::string_view name(EndRunning rule);

struct Facts {
  // the call
  bool incoming = false;
  bool internal = false;
  bool emergency = false;           ///< by callType or by the digits
  bool emergency_callback = false;  ///< the 60 minutes run
  bool callback_unknown = false;    ///< whether they run could not be read yet
  bool running = false;             ///< answered, and let through by an earlier verdict
  // the person
  Override override_ = Override::none;
  bool fenced = true;  ///< some fence applies
  Standing standing = Standing::no_fix;
  BootClock::duration
      unsure_for{};  ///< how long uncertain, beyond the time limit, or without any fix
  Hints hints = 0;   ///< of a spoof, see fix_hints.hpp
  BootClock::duration suspicious_for{};  ///< how long there are any
  // the rules
  Policies policies{};
  bool degraded =
      false;  ///< we cannot take posts: `policies.degraded` stands in for stale and no_fix
  InternalCalls internal_calls = InternalCalls::judge;
  EndRunning end_running = EndRunning::outside;
  bool operator==(Facts const&) const = default;
};

struct Verdict {
  bool release = false;
  Reason reason = Reason::inside;
  Applied applied = Applied::none;
  /// When a running grace ends, from now: judge again then.
  std::optional<BootClock::duration> again_in{};
  bool operator==(Verdict const&) const = default;
};

/// The safe side: emergencies always pass, and so does what may be a call back after one; a person
/// who belongs to no fence passes; what a fence's policy does not open is closed.
Verdict judge(Facts const& facts);

/// Whether the call goes on as one that was let through (`Facts::running`). What passes only
/// because nobody could tell is judged anew once it is known.
bool is_let_through(Verdict const& verdict);

/// Internal by the platform's classification; without one, when the remote party is a user of the
/// platform. Source: xsi.md 6.4.
bool is_internal(CallLeg const& leg);
bool is_incoming(Personality personality);
bool is_answered(CallLeg const& leg);

/// Whether events of this kind ask for a verdict (others are only recorded). A call nobody judged
/// yet, `undecided`, is judged by whatever shows that it lives, except while digits are still being
/// collected: they may become an emergency number.
bool asks_for_verdict(CallEventKind kind, bool undecided = false);

}  // namespace wardroom::call_blocking
