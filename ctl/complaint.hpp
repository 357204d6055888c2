/// Errors as people and scripts get them: a sentence, what to do about it, an exit code.
#pragma once
#include "command_line.hpp"
#include "json_view.hpp"
#include "run.hpp"

#include <string_view>

namespace wardroom::ctl {

/// How this command's answer is drawn, as the terminal is now.
Look look_of(Command const& command, Surroundings const& around);

void complain(Surroundings const& around, Look const& look, std::string_view sentence,
              std::string_view remedy);

// Each prints its complaint and says the exit code.

/// The daemon was not reached.
int tell(control::Unreachable const& why, Surroundings const& around, Look const& look);
/// The daemon refused.
int refused(control::ControlAnswer const& answer, Command const& command,
            Surroundings const& around, Look const& look);
/// A stream ended with an error line; `error` is its "error" member.
int refused_by_line(Json const& error, Surroundings const& around, Look const& look);
int not_json(Command const& command, Surroundings const& around, Look const& look);

}  // namespace wardroom::ctl
