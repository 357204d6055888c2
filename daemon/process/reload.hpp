/// Reload: read everything, check everything, then swap the policy in one handler or change
/// nothing.
#pragma once
#include <string>
#include <vector>

namespace wardroom {

struct ReloadReport {
  bool ok = false;
  std::vector<std::string> complaints;     ///< with file:line:column; empty when ok
  std::vector<std::string> changed;        ///< policy keys that are now different
  std::vector<std::string> needs_restart;  ///< keys that differ but cannot change while running
};

}  // namespace wardroom
