/// Reads a Python file of settings as data: assignments of literals at the beginning of a line.
/// Nothing is executed; whatever is no literal is named as not understood. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::ctl {

struct PythonValue {
  enum class Kind { text, number, flag, none, list } kind = Kind::none;
  std::string text{};  ///< a number as it is written, without underscores; True = "true"
  std::vector<PythonValue> items{};  ///< of a list, tuple or set
};

struct PythonSetting {
  int line = 0;
  std::string name;
  PythonValue value{};
  std::string trouble{};  ///< why it was not understood; empty when it was
};

/// In order; a name may stand there twice, then the last counts. Imports, docstrings and what is
/// indented are passed over; other statements are settings without a name, with their trouble.
std::vector<PythonSetting> parse_python_settings(std::string_view text);

}  // namespace wardroom::ctl
