/// The lists `include` and `exclude` of a job in wardroom.yaml: entries of one rule each.
#pragma once
#include "config/yaml_section.hpp"
#include "features/space_sync/rule.hpp"

#include <string_view>
#include <vector>

namespace wardroom::space_sync {

inline constexpr std::size_t most_rules = 500;  // of one list

enum class RuleSide : std::uint8_t { include, exclude };

/// Reads `include` or `exclude`, and the files its rules name. Complaints go to the section.
std::vector<Rule> parse_rules(config::Section& job, RuleSide side);

}  // namespace wardroom::space_sync
