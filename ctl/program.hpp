/// Runs another program and takes what it says, within a time limit.
#pragma once
#include "base/units.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wardroom::ctl {

struct ProgramEnd {
  bool ran = false;  ///< false: there is no such program, or it did not end in time
  int code = 0;      ///< 128 + signal when it was killed
  std::string out;   ///< standard output
};

/// Found by $PATH; in the C locale, without standard error. `input` goes to its standard input.
ProgramEnd run_program(std::vector<std::string> words, Milliseconds limit,
                       std::string_view input = {});

/// "key=value" lines, such as `systemctl show` gives; empty when absent.
std::string value_of(std::string_view lines, std::string_view key);

}  // namespace wardroom::ctl
