/// What comes after the configuration: starting the daemon by systemd or by itself, and the
/// commands an operator types next.
#pragma once
#include "complaint.hpp"
#include "setup_files.hpp"
#include "setup_questions.hpp"

#include <optional>
#include <string>
#include <vector>

namespace wardroom::ctl {

/// How this machine starts it.
struct Starter {
  bool by_systemd = false;
  std::string binary;  ///< of the daemon; empty = not found
  std::optional<DaemonUser> user{};
  /// "systemctl enable --now wardroomd", or the daemon's command line.
  std::string command(Places const& places) const;
};
Starter find_starter(Places const& places);

/// Whether a daemon answers at the site's control socket.
bool daemon_answers(std::string const& socket);

/// "wardroomctl --socket S login"; without the socket where it is the usual one.
std::string tool_command(std::string const& socket, std::string_view words);
std::vector<std::string> next_steps(Places const& places, DaemonSettings const& settings,
                                    Starter const& starter, bool running);

/// Starts it and waits until it is ready. Error: what it said, and where to look.
Result<void> start_daemon(Places const& places, std::string const& socket, Starter const& starter,
                          Surroundings const& around);

}  // namespace wardroom::ctl
