/// The order of levels, and their names. Pure.
#pragma once
#include "domain/conference.hpp"

#include <string_view>

namespace wardroom::security_notices {

using conference::SecurityLevel;

/// The less trusted of two.
constexpr SecurityLevel least_trusted(SecurityLevel a, SecurityLevel b) { return a > b ? a : b; }

/// "none", "secure", "internal", "external"
std::string_view name(SecurityLevel level);
/// 0 … 3
constexpr int number(SecurityLevel level) { return static_cast<int>(level); }

}  // namespace wardroom::security_notices
