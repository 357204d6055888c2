/// What a reload changes and what waits for a restart: one table for reload, diff and explain.
/// Pure.
#pragma once
#include "process/reload.hpp"
#include "settings.hpp"

#include <string_view>

namespace wardroom {

/// Whether a reload takes a change of this key; every other key waits for a restart.
bool reload_takes(std::string_view key);

/// What differs between what is in force and what the file says.
std::vector<ChangedKey> changed_keys(config::Record const& in_force, config::Record const& file);

/// Brings into `settings` what a reload takes of `fresh`, and nothing else.
void take_reload(DaemonSettings& settings, DaemonSettings const& fresh);

/// The report of a reload, whether it is done or was refused.
ReloadReport reload_report(DaemonSettings const& in_force, DaemonSettings const& fresh,
                           config::Complaints const& complaints);

}  // namespace wardroom
