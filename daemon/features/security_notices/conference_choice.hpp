/// Finds conferences by what an operator typed, and puts them into the order of lists. Pure.
#pragma once
#include "features/security_notices/security_notices.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wardroom::security_notices {

/// `typed`: a conference's id or its beginning (four characters at least), one of its calls' ids,
/// or its name in any case. Errors: not_found, with what to do; conflict when several fit, with
/// their ids.
Result<ConferenceId> choose_conference(SecurityNotices const& feature, std::string_view typed);

/// Those at `least_level` or above, with a call on `bridge` if one is given; the highest level
/// first, then in order of arrival.
std::vector<ConferenceId> listed_conferences(SecurityNotices const& feature, int least_level,
                                             std::optional<BridgeNo> bridge);

/// Error: not_found, with the names there are.
Result<BridgeNo> bridge_of(SecurityNotices const& feature, std::string_view name);

}  // namespace wardroom::security_notices
