/// `backup` and `store migrate`: long jobs of the daemon, with their progress on a terminal.
#pragma once
#include "command_line.hpp"
#include "run.hpp"

namespace wardroom::ctl {

/// Takes the backup's octets from the daemon and writes them with the caller's own rights.
int backup(Command const& command, Surroundings const& around);
/// Moves the store, then the configuration after it.
int migrate_store(Command const& command, Surroundings const& around);

}  // namespace wardroom::ctl
