/// `bugreport`: what developers need to understand a site, in one file without people and secrets.
#pragma once
#include "command_line.hpp"
#include "run.hpp"

namespace wardroom::ctl {

/// Never overwrites; works without the daemon, with less in it.
int bugreport(Command& command, Surroundings const& around);

}  // namespace wardroom::ctl
