/// The verbs about the configuration that need the running daemon: show, diff and reload.
#pragma once
#include "config/complaint.hpp"
#include "config/record.hpp"
#include "control/verbs.hpp"
#include "process/reload.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

namespace wardroom::front {

/// What these verbs ask of the daemon; all of it lives as long as the handlers.
struct ConfigPorts {
  std::string file;
  std::function<config::Record const&()> in_force;
  /// What the file says now against what is in force; with complaints the answer means nothing.
  std::function<Task<std::vector<ChangedKey>>(config::Complaints&)> differences;
  std::function<bool(std::string_view key)> reload_takes;
  std::function<Task<ReloadReport>()> reload;
};

void add_config_verbs(control::Verbs& verbs, ConfigPorts ports);

/// A reload for the journal and for the audit: values of keys that name people only by number.
nlohmann::ordered_json reload_journal(ReloadReport const& report);
control::Change reload_change(ReloadReport const& report);

}  // namespace wardroom::front
