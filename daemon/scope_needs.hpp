/// Which scopes each identity must have been granted, and for whom: so that a missing one is named
/// at the login and not by a 403 later. Pure.
#pragma once
#include "settings.hpp"

#include <map>
#include <string>
#include <vector>

namespace wardroom {

struct ScopeNeeds {
  std::vector<std::string> scopes;           ///< to ask for, in a stable order
  std::map<std::string, std::string> users;  ///< scope → "call_blocking, alerts"
};

/// By the features that are switched on. Source: webex-rest.md 1.8, 11.
ScopeNeeds scope_needs(DaemonSettings const& settings, std::string const& identity);

}  // namespace wardroom
