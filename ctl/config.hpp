/// The verbs about the configuration that the tool does by itself, with the same reader as the
/// daemon: check, explain and set.
#pragma once
#include "command_line.hpp"
#include "json_view.hpp"
#include "run.hpp"

#include <optional>
#include <string>

namespace wardroom::ctl {

int check_config(Command const& command, Surroundings const& around);
int explain_config(Command const& command, Surroundings const& around);
int set_config(Command const& command, Surroundings const& around);

/// The answer of the running daemon to a reading verb; nullopt when it does not answer or refuses.
std::optional<Json> asked(Command const& command, std::string_view words);
/// What `--file` or FILE says, else the running daemon's file, else /etc/wardroom/wardroom.yaml.
std::string configuration_file(Command const& command);
/// A verb done by the tool itself, printed like an answer of the daemon.
void print(Json const& answer, Command const& command, Surroundings const& around);

}  // namespace wardroom::ctl
