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
  bool terminal = false, no_color = false;
  std::size_t width = 100;
  int rounds = 1;  ///< of --watch

  Outcome operator()(std::vector<std::string> const& args) const {
    std::ostringstream out, err;
    int left = rounds;
    auto const code =
        ctl::run(args, {.out = out,
                        .err = err,
                        .terminal = terminal,
                        .wants_no_color = no_color,
                        .width = [this] { return width; },
                        .now = [] { return *ctl::parse_time("2026-11-22T00:12:05.000Z"); },
                        .pause = [&left](Milliseconds) { return --left > 0; }});
    return {code, out.str(), err.str()};
  }
};

}  // namespace wardroom::test
