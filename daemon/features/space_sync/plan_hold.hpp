/// Whether a plan may be carried out without a person's word, in sentences for them. Pure.
#pragma once
#include "features/space_sync/membership_plan.hpp"

#include <string>

namespace wardroom::space_sync {

/// "60 removals are more than 5 and more than 2 % of the 240 unprotected members"; empty = not
/// too many.
std::string removal_brake(HoldAbove const& limit, std::size_t removals, std::size_t unprotected);

/// Everything that speaks against going on, with the figures and what to do; empty = nothing does.
std::string hold_of(JobSettings const& job, PlanCounts const& counts, PlanMemory const& memory);

}  // namespace wardroom::space_sync
