/// What is different between a plan somebody has seen and the one found now. Pure.
#pragma once
#include "features/space_sync/membership_plan.hpp"

#include <span>
#include <string>
#include <vector>

namespace wardroom::space_sync {

struct PlanDifference {
  Change change;
  bool is_new = false;  ///< false = it was planned then, and is not any more
};

struct PlanDiff {
  std::size_t new_adds = 0, new_removals = 0;    ///< only in the plan of now
  std::size_t gone_adds = 0, gone_removals = 0;  ///< only in the plan that was shown
  std::vector<PlanDifference> first;  ///< at most `most_differences`, removals and new ones first

  bool empty() const { return new_adds + new_removals + gone_adds + gone_removals == 0; }
  /// "2 removals are new, 1 add is not needed any more"; names nobody; "" when nothing differs.
  std::string text() const;
};

inline constexpr std::size_t most_differences = 100;

/// The same act on the same person is the same change, whatever its reason, and whatever their
/// membership is called now.
PlanDiff diff_of_plans(std::span<Change const> shown, std::span<Change const> now);

}  // namespace wardroom::space_sync
