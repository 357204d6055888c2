/// What `doctor` can see without the daemon: the service, its socket and port, the configuration,
/// the rights of files and folders, and the machine's clock.
#pragma once
#include "control/control_client.hpp"
#include "json_view.hpp"

#include <optional>
#include <string>
#include <vector>

namespace wardroom::ctl {

/// What is known before anything is looked at.
struct Here {
  std::string socket;
  std::string config_file;  ///< told by the daemon, else given, else the usual one
  std::optional<control::Unreachable> unreachable{};  ///< why the daemon was not reached
  bool refused = false;                               ///< it answered, and did not let us
  std::string unit{};  ///< systemd's name of the service; empty: none belongs to that socket

  bool daemon_answers() const { return !unreachable; }
};

/// Lines like those of the daemon: {"step":"check","name","area","result","sentence","remedy"?}.
using CheckLines = std::vector<Json>;
Json check_line(std::string area, std::string name, std::string_view result, std::string sentence,
                std::string remedy = "");

/// "command   (why)" as "command   # why", which a shell takes.
std::string pasteable(std::string remedy);

/// All, or those of one area; areas nobody has give nothing.
CheckLines look_here(Here const& here, std::string_view area);
std::vector<std::string> areas_here();

// The parts, one a topic.
CheckLines look_at_service(Here const& here);
CheckLines look_at_config(Here const& here);
CheckLines look_at_files(Here const& here);
CheckLines look_at_machine(Here const& here);

}  // namespace wardroom::ctl
