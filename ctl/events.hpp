/// `events`: lines for people, NDJSON or CSV for programs, until the end or Ctrl-C.
#pragma once
#include "command_line.hpp"
#include "run.hpp"

namespace wardroom::ctl {

int events(Command& command, Surroundings const& around);

}  // namespace wardroom::ctl
