/// Runs one invocation of the tool: asks, draws the answer, and says the exit code.
#pragma once
#include "terminal.hpp"

#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace wardroom::ctl {

/// Exit codes as decided; scripts depend on them.
enum Exit {
  exit_ok = 0,
  exit_failed = 1,
  exit_usage = 2,
  exit_unreachable = 3,
  exit_not_permitted = 4,
  exit_not_found = 5,
  exit_pending = 6,
  exit_held = 7,
  exit_conflict = 8,
  exit_degraded = 10,
};

/// What the tool runs in; tests give their own.
struct Surroundings {
  std::ostream& out;
  std::ostream& err;
  bool terminal = false;        ///< `out` is one
  bool wants_no_color = false;  ///< NO_COLOR
  std::function<std::size_t()> width = [] { return std::size_t{0}; };
  std::function<Instant()> now;
  /// Waits; false = stop (Ctrl-C).
  std::function<bool(Milliseconds)> pause;
};

int run(std::vector<std::string> const& args, Surroundings const& around);

}  // namespace wardroom::ctl
