/// Jobs, runs, steps and plans as the control socket, the web and pages read them (docs/api.md).
/// Pure.
#pragma once
#include "features/space_sync/space_sync.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace wardroom::space_sync {

/// Lists of a plan hold at most so many; "more" says how many were left out.
inline constexpr std::size_t kMostListed = 10'000;

nlohmann::ordered_json run_json(Run const& run);
nlohmann::ordered_json step_json(Step const& step);
nlohmann::ordered_json spared_json(SparedPerson const& spared);
nlohmann::ordered_json progress_json(Progress const& progress);
nlohmann::ordered_json job_json(JobView const& view, FeatureMode mode, Instant now);
nlohmann::ordered_json explained_json(std::string_view job, SpaceSync::Explained const& explained);

/// What `sync plan` shows. Long: put together on a helper.
struct ShownPlan {
  Run run;
  std::vector<Step> steps;  ///< from the first one, at most `kMostListed` of each act
  std::vector<SparedPerson> spared;
  std::map<std::string, std::size_t> out_by_rule;
};
nlohmann::ordered_json plan_json(ShownPlan const& plan);

std::string_view name(FeatureMode mode);

}  // namespace wardroom::space_sync
