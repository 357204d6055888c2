/// `doctor`: what the daemon finds out about itself, and what can be seen from outside, in one
/// report. Works without the daemon, too.
#pragma once
#include "command_line.hpp"
#include "doctor_here.hpp"
#include "run.hpp"

namespace wardroom::ctl {

/// 0 = all is well, 10 = warnings only, 1 = something failed; 2 = there is no such area.
int doctor(Command& command, Surroundings const& around);

/// Everything that was found.
struct Examination {
  CheckLines lines;
  std::vector<std::string> areas;  ///< in the order to show
  double took_ms = 0;
  std::optional<Json> usage{};  ///< the daemon knows no such area: its complaint
  bool interrupted = false;
};
/// `hear` gets each line as it comes; it may be empty.
Examination examine(Command const& command, Surroundings const& around,
                    std::function<void(Json const& line)> const& hear);

int exit_of_examination(CheckLines const& lines);

}  // namespace wardroom::ctl
