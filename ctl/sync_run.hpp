/// `sync plan`, `run`, `approve`, `undo` and `watch`: a run's progress while it goes on, and how it
/// ended. Ctrl-C ends watching, never the run.
#pragma once
#include "command_line.hpp"
#include "run.hpp"

namespace wardroom::ctl {

int sync(Command& command, Surroundings const& around);

}  // namespace wardroom::ctl
