/// `cms report`: conferences for people, NDJSON or CSV for programs, as they come.
#pragma once
#include "command_line.hpp"
#include "run.hpp"

namespace wardroom::ctl {

int cms_report(Command& command, Surroundings const& around);

}  // namespace wardroom::ctl
