/// What `doctor` looks at in call blocking: the mode, the fences and who is in none of them, the
/// people's directory, and calls that should have ended. The channels are in channel_checks.
#pragma once
#include "features/call_blocking/standings.hpp"
#include "process/doctor.hpp"

namespace wardroom::call_blocking {

class CallBlocking;
void add_call_blocking_checks(Doctor& doctor, CallBlocking& feature);

/// Pure.
Findings judge_policy(PolicySettings const& policy);

/// How many people there are, and how many of them no fence applies to.
struct Coverage {
  std::uint32_t people = 0, in_no_fence = 0, tracked = 0;
};
Findings judge_coverage(Coverage const& coverage, std::size_t fences);

}  // namespace wardroom::call_blocking
