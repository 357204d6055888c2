/// `audit verify`: reads the published heads here, asks the daemon as often as they take, and says
/// the exit code.
#pragma once
#include "command_line.hpp"
#include "json_view.hpp"
#include "run.hpp"

#include <istream>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::ctl {

int verify_audit(Command const& command, Surroundings const& around);

/// The published heads in a log, each once; what else its lines hold is left out.
std::vector<std::string> heads_in(std::istream& log);
/// One verification out of several that each looked at other heads.
Json merged(std::vector<Json> const& answers);

}  // namespace wardroom::ctl
