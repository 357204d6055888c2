/// The meeting server prototype's credentials.yml, as the section `security_notices`. Source:
/// prior-art.md a5.
#pragma once
#include "import_plan.hpp"

#include <string>
#include <string_view>

namespace wardroom::ctl {

inline constexpr std::string_view notice_bridges_key = "security_notices.bridges";

/// Has a credentials.yml that speaks of meeting servers.
bool cms_fits(std::string const& folder);
ImportPlan cms_plan(std::string const& folder, Places const& places);

}  // namespace wardroom::ctl
