/// `setup`: from nothing, or from a configuration with gaps, to one that the daemon starts on.
#pragma once
#include "command_line.hpp"
#include "run.hpp"

namespace wardroom::ctl {

int setup(Command const& command, Surroundings const& around);

}  // namespace wardroom::ctl
