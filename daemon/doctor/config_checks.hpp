/// Checks of the configuration file as it lies there now: right, and the same as what is in force?
#pragma once
#include "process/doctor.hpp"

#include <functional>
#include <string>
#include <vector>

namespace wardroom::doctor {

/// What the file says, against what the daemon runs on.
struct ConfigState {
  std::vector<std::string> complaints;     ///< with file:line:column
  std::vector<std::string> would_change;   ///< keys a reload would swap
  std::vector<std::string> needs_restart;  ///< keys only a restart takes
};
struct ConfigPorts {
  std::string file;
  std::function<Task<ConfigState>()> look;
};
void add_config_checks(Doctor& doctor, ConfigPorts ports);

/// Pure.
Findings judge_config(std::string const& file, ConfigState const& state);

}  // namespace wardroom::doctor
