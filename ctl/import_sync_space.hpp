/// The sync-space prototype's `.env` and its two lists of exclusions, as a job of `space_sync`.
/// Source: prior-art.md a4. Its tokens.json is never opened.
#pragma once
#include "import_plan.hpp"

#include <string>
#include <string_view>

namespace wardroom::ctl {

inline constexpr std::string_view sync_jobs_key = "space_sync.jobs";

/// Has a space to sync, or one of its lists.
bool sync_space_fits(std::string const& folder);
ImportPlan sync_space_plan(std::string const& folder, Places const& places);

}  // namespace wardroom::ctl
