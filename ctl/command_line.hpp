/// From words on the command line to a verb with its parameters, or to help; all made from the verb
/// table.
#pragma once
#include "control/control_client.hpp"

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace wardroom::ctl {

inline constexpr std::string_view default_socket = "/run/wardroom/control.sock";

/// One verb to be asked of the daemon.
struct Command {
  control::VerbRow const* row = nullptr;
  control::VerbParams params;
  std::string socket{default_socket};
  bool json = false, no_color = false;
  // The tool's own flags, which the daemon never sees.
  bool watch = false;    ///< `status --watch`
  bool no_qr = false;    ///< `login --no-qr`
  bool yes = false;      ///< `logout --yes`
  bool verbose = false;  ///< `doctor -v`
  bool quiet = false;    ///< `sync run --quiet`
};

/// A flag that only the tool knows.
struct OwnFlag {
  std::string_view words;  ///< the verb's
  std::string_view name, help;
  bool Command::* member;
};
std::span<OwnFlag const> own_flags();

/// Something to print and be done: help, version, completion.
struct Text {
  std::string text;
};

struct UsageError {
  std::string sentence;  ///< what is wrong, with "did you mean"
  std::string hint;      ///< where to read on
};

std::expected<std::variant<Command, Text>, UsageError> parse(std::vector<std::string> const& args);

std::string top_help();
std::string verb_help(control::VerbRow const& row);
/// "calls why CALL [--x X]"
std::string usage_line(control::VerbRow const& row);
std::string bash_completion();

}  // namespace wardroom::ctl
