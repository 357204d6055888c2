/// The entries of call_blocking.fences, checked: shape, people, policies.
#pragma once
#include "config/yaml_section.hpp"
#include "features/call_blocking/fence.hpp"

#include <string_view>
#include <vector>

namespace wardroom::call_blocking {

/// The key `fences` of call_blocking; sealed. Complaints go to the section.
std::vector<Fence> parse_fences(config::Section& section);

/// A key such as `people` or `enforce_for`: { all: true }, or emails, or groups.
PeopleChoice parse_people(config::Section& owner, std::string_view key);

}  // namespace wardroom::call_blocking
