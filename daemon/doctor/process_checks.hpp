/// Checks of the daemon as a process: its limits, the watchdog, memory of secrets, parts that died,
/// the journal, and who is signed in.
#pragma once
#include "process/doctor.hpp"
#include "process/health.hpp"
#include "store/journal.hpp"

#include <functional>
#include <string>
#include <vector>

namespace wardroom::doctor {

struct ProcessPorts {
  Clock& clock;
  store::Journal& journal;
  std::function<std::vector<HealthSign>()> signs;  ///< of everything
  std::function<Milliseconds()> journal_keep;      ///< how long the journal is kept
  std::function<std::size_t()> admin_sessions;
  std::function<std::vector<std::string>()> admins;
};
void add_process_checks(Doctor& doctor, ProcessPorts ports);

/// How the process was limited.
struct Limits {
  std::uint64_t open_files = 0;     ///< soft
  std::uint64_t locked_memory = 0;  ///< bytes
};
Limits limits_of_this_process();
/// Pure.
Findings judge_limits(Limits const& limits, std::string const& secrets_trouble);

/// Signs that no other check covers, as findings.
Findings from_signs(std::vector<HealthSign> const& signs, std::string_view part);

}  // namespace wardroom::doctor
