/// `fence simulate FILE`: sends the file's text to the daemon and shows what it found.
#pragma once
#include "command_line.hpp"
#include "run.hpp"

namespace wardroom::ctl {

int simulate_fences(Command& command, Surroundings const& around);

}  // namespace wardroom::ctl
