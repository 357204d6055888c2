/// What of bridges and notices people must hear about. Pure; the alerts follow by themselves, and
/// end by themselves.
#pragma once
#include "features/security_notices/security_notices.hpp"

#include <vector>

namespace wardroom::security_notices {

/// A bridge that does not answer for so long is red; before, yellow.
inline constexpr auto silence_is_red_after = std::chrono::minutes(1);
/// A call that shows too little for longer than this is told of.
inline constexpr auto notice_is_late_after = std::chrono::seconds(5);

/// Yellow or red; nothing when all is well with the bridge.
std::vector<HealthSign> signs_of_bridge(BridgeView const& view, Instant now);

/// Green: how many there are; red while calls show less than they should.
HealthSign sign_of_notices(std::size_t bridges, std::size_t conferences, std::size_t late,
                           FeatureMode mode);

}  // namespace wardroom::security_notices
