// What the machine under the daemon should do: know the time, and keep its journal.
#include "doctor_here.hpp"

#include <sys/timex.h>
#include <unistd.h>

namespace wardroom::ctl {

Json check_line(std::string area, std::string name, std::string_view result, std::string sentence,
                std::string remedy) {
  Json line{{"step", "check"},
            {"name", std::move(name)},
            {"area", std::move(area)},
            {"result", result},
            {"sentence", std::move(sentence)}};
  if (!remedy.empty()) line["remedy"] = std::move(remedy);
  return line;
}

std::string pasteable(std::string remedy) {
  auto const comment = remedy.find("   (");
  if (comment == remedy.npos || !remedy.ends_with(')')) return remedy;
  remedy.pop_back();
  return remedy.replace(comment, 4, "   # ");
}

CheckLines look_at_machine(Here const&) {
  CheckLines out;
  timex about{};
  auto const state = ::adjtimex(&about);
  if (state < 0)
    out.push_back(check_line("machine", "machine.clock", "skipped",
                             "The kernel does not say whether the clock is kept right."));
  else if (state == TIME_ERROR || (about.status & STA_UNSYNC))
    out.push_back(check_line("machine", "machine.clock", "warning",
                             "Nothing keeps the clock of this machine right.",
                             "timedatectl set-ntp true && timedatectl timesync-status"));
  else
    out.push_back(
        check_line("machine", "machine.clock", "ok", "The clock of this machine is kept right."));
  if (::access("/run/systemd/journal/socket", F_OK) == 0) {
    if (::access("/var/log/journal", F_OK) != 0)
      out.push_back(check_line("machine", "machine.journal", "warning",
                               "The journal of the system is forgotten at every restart of the "
                               "machine, and with it the signed heads of the audit.",
                               "mkdir -p /var/log/journal && systemctl restart systemd-journald"));
    else
      out.push_back(check_line("machine", "machine.journal", "ok",
                               "The journal of the system survives a restart of the machine."));
  }
  return out;
}

CheckLines look_here(Here const& here, std::string_view area) {
  CheckLines out;
  for (auto* look : {look_at_service, look_at_config, look_at_files, look_at_machine})
    for (auto& line : look(here))
      if (area.empty() || text(line, "area") == area) out.push_back(std::move(line));
  return out;
}

std::vector<std::string> areas_here() { return {"service", "config", "files", "machine"}; }

}  // namespace wardroom::ctl
