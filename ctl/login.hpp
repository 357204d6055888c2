/// The login verbs that talk with a person: `login` shows a stream, `auth` asks for the address,
/// `logout` asks whether it is meant.
#pragma once
#include "command_line.hpp"
#include "run.hpp"

#include <optional>

namespace wardroom::ctl {

/// `login`, until the person has signed in, the time is over or Ctrl-C. The exit code.
int login(Command const& command, Surroundings const& around);

/// Fills in what `auth` was not given. An exit code when there is nothing to go on with.
std::optional<int> ask_for_code(Command& command, Surroundings const& around);
/// Asks before `logout` on a terminal. An exit code when the answer was no.
std::optional<int> confirm_logout(Command const& command, Surroundings const& around);

}  // namespace wardroom::ctl
