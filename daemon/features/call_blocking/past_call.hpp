/// A recorded call as a replay needs it: when it was looked at, and all that its verdicts rested on
/// but the place. Pure.
#pragma once
#include "features/call_blocking/call_record.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::call_blocking {

struct PastCall {
  /// An event that asked for a verdict.
  struct Moment {
    Instant at{};
    bool answered = false;  ///< by then
  };
  /// What was decided, last.
  struct Word {
    bool release = false;
    Reason reason = Reason::inside;
    Applied applied = Applied::none;
    bool operator==(Word const&) const = default;
  };

  std::string id, direction, remote;
  PersonNo person = 0;
  Instant at{};                 ///< when it began
  std::vector<Moment> moments;  ///< in order; at least one
  std::optional<Instant> end{};
  Instant decided{};  ///< of the last decision
  /// From here on the override holds: the decision, where that was the reason. Had it held before,
  /// the decision would have been made before.
  Instant override_since = Instant::min();
  // Of the call, as at that decision. In `queue` the target is no person.
  bool incoming = false, internal = false, emergency = false, callback = false,
       callback_unknown = false, degraded = false, queue = false;
  Override override_ = Override::none;
  // What happened.
  Word word{};
  Mode mode = Mode::observe;
  Decision decision = Decision::passed;
  bool had_fix = false;
  std::string policy_digest;
};

/// Of a call's document. Nothing when the call was not judged, or cannot be read.
std::optional<PastCall> past_call_from(nlohmann::ordered_json const& document);

}  // namespace wardroom::call_blocking
