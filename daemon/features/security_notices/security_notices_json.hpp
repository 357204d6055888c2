/// Conferences, people, levels and bridges as the control socket, the web and pages read them
/// (docs/api.md). On the loop; pure but for what the feature is asked.
#pragma once
#include "features/security_notices/security_notices.hpp"

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <string_view>

namespace wardroom::security_notices {

using Json = nlohmann::ordered_json;

/// "off", "observe", "enforce"
std::string_view name(FeatureMode mode);

/// As people and rows know a conference: the bridge's name in place of its number.
std::string shown_id(SecurityNotices const& feature, ConferenceId const& conference);

Json conference_json(SecurityNotices const& feature, ConferenceId const& conference);
/// Names and addresses: only where people may be named.
Json person_json(SecurityNotices const& feature, Leg const& leg);
Json level_json(LevelRow const& row);
Json bridge_json(BridgeView const& view);

/// {"mode","bridges","conferences","participants","levels"}
Json status_json(SecurityNotices const& feature);

/// {"conference","people","levels"} of a running one, by its id as it is shown. Error: not_found.
Task<Result<Json>> conference_detail(SecurityNotices& feature, std::string id);

/// A conference of a report: {"conference","stays","levels"}. Pure; any thread.
Json report_json(ConferenceRow const& conference, std::span<StayRow const> stays,
                 std::span<LevelRow const> levels);

}  // namespace wardroom::security_notices
