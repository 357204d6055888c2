/// Runs one invocation of the tool: asks, draws the answer, and says the exit code.
#pragma once
#include "terminal.hpp"

#include <functional>
#include <optional>
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
  exit_interrupted = 130,  ///< Ctrl-C, as a shell says it
};

/// What the tool runs in; tests give their own.
struct Surroundings {
  std::ostream& out;
  std::ostream& err;
  bool terminal = false;        ///< `out` is one
  bool wants_no_color = false;  ///< NO_COLOR
  bool dumb = false;            ///< a terminal that cannot draw over a line
  bool utf8 = false;            ///< it shows block characters
  bool asks = false;            ///< somebody is there to answer: standard input is a terminal
  std::function<std::size_t()> width = [] { return std::size_t{0}; };
  std::function<Instant()> now;
  /// Waits; false = stop (Ctrl-C).
  std::function<bool(Milliseconds)> pause;
  /// Asks on `err` (after the echo is off when hidden) and gives a line of standard input without
  /// its end; nullopt when there is none (any more).
  std::function<std::optional<std::string>(std::string_view question, bool hidden)> read_line =
      [](std::string_view, bool) { return std::optional<std::string>(); };
  /// Ctrl-C was pressed. Once this was asked, it no longer ends the tool by itself.
  std::function<bool()> stopped = [] { return false; };
  /// How often a login's time is drawn.
  Milliseconds tick{250};
};

int run(std::vector<std::string> const& args, Surroundings const& around);

}  // namespace wardroom::ctl
