/// What is needed from a call platform to act on calls: end one, and list those of a person.
#pragma once
#include "base/result.hpp"
#include "domain/call.hpp"
#include "runtime/task.hpp"

#include <vector>

namespace wardroom {

enum class ReleaseOutcome { released, already_gone };

class CallControl {
 public:
  virtual ~CallControl() = default;
  /// Ends exactly this call of this person: one request, no retry (the effect retries).
  /// Errors: unauthorized, denied, conflict, throttled, unavailable, timed_out.
  virtual Task<Result<ReleaseOutcome>> release(XsiUserId person, CallLeg leg) = 0;
  /// The live calls of one person with their details.
  virtual Task<Result<std::vector<CallLeg>>> live_calls(XsiUserId person) = 0;
};

}  // namespace wardroom
