/// What operators are told of the groups that the configuration names, and of the rules that are
/// for somebody: health, doctor, status, `people show`. Pure.
#pragma once
#include "features/call_blocking/call_blocking_settings.hpp"
#include "features/call_blocking/people_groups.hpp"
#include "process/doctor.hpp"
#include "process/health.hpp"

#include <nlohmann/json.hpp>

namespace wardroom::call_blocking {

using GroupsByName = std::map<std::string, std::shared_ptr<NamedGroup>>;

/// The worst of them, when one is not as it should be: red for one that was never read, as nobody
/// is bound by it. Nothing while call blocking is off.
std::optional<HealthSign> sign_of_groups(GroupsByName const& groups, PolicySettings const& policy);
Findings findings_about_groups(GroupsByName const& groups, PolicySettings const& policy);
/// `people.groups` of `status`.
nlohmann::ordered_json groups_json(GroupsByName const& groups);

/// The fences of `mask`, each with why it is for this person: "everybody", "mail ADDRESS",
/// "group NAME".
nlohmann::ordered_json fences_of_person_json(PolicySettings const& policy, FenceMask mask,
                                             std::vector<std::string> const& emails,
                                             std::vector<std::string> const& groups);

}  // namespace wardroom::call_blocking
