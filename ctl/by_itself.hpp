/// What the tool does itself for some verbs, instead of the daemon or before it is asked.
#pragma once
#include "command_line.hpp"
#include "run.hpp"

#include <optional>

namespace wardroom::ctl {

/// The exit code when that was all; nullopt = now ask the daemon, with what `command` has become.
std::optional<int> by_itself(Command& command, Surroundings const& around);

}  // namespace wardroom::ctl
