/// Runs the tool in this process and keeps what it printed.
#pragma once
#include "ctl/fake_daemon.hpp"
#include "run.hpp"
#include "words.hpp"

#include <sstream>

namespace wardroom::test {

struct Outcome {
  int code = 0;
  std::string out, err;
};

struct Tool {
  bool terminal = false, no_color = false, utf8 = true;
  std::size_t width = 100;
  int rounds = 1;                         ///< of --watch
  std::optional<std::string> typed = {};  ///< the one line of standard input
  bool keyboard = false;                  ///< which is a terminal
  int stop_after = -1;                    ///< questions after Ctrl-C until it was pressed

  Outcome operator()(std::vector<std::string> const& args) const {
    std::ostringstream out, err;
    int left = rounds, patience = stop_after;
    auto const code = ctl::run(
        args, {.out = out,
               .err = err,
               .terminal = terminal,
               .wants_no_color = no_color,
               .utf8 = utf8,
               .asks = keyboard,
               .width = [this] { return width; },
               .now = [] { return *ctl::parse_time("2026-11-22T00:12:05.000Z"); },
               .pause = [&left](Milliseconds) { return --left > 0; },
               .read_line =
                   [&](std::string_view question, bool) {
                     err << question;
                     return typed;
                   },
               .stopped = [&patience] { return patience > 0 ? --patience < 0 : patience == 0; },
               .tick = Milliseconds(1)});
    return {code, out.str(), err.str()};
  }
};

}  // namespace wardroom::test
