// The service as systemd sees it, the control socket, and who may use it.
#include "doctor_here.hpp"
#include "program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace wardroom::ctl {
namespace {

constexpr auto area = "service";
constexpr Milliseconds patience{5'000};

struct Meaning {
  std::string_view code, words, remedy;
};
/// The exit codes of the daemon. Source: docs/doctor.md.
constexpr std::array meanings{
    Meaning{"69", "an address it listens on is taken",
            "ss -ltnp   # who has the port? or change http.listen"},
    Meaning{"70", "a mistake in Wardroom itself", "wardroomctl bugreport   # and send it"},
    Meaning{"74", "the store could not be read or written",
            "df -h /var/lib/wardroom; journalctl -u wardroomd -n 20"},
    Meaning{"75", "another daemon uses the store", "pgrep -a wardroomd   # stop the other one"},
    Meaning{"77", "something was not permitted", "journalctl -u wardroomd -n 20"},
    Meaning{"78", "configuration, master key, or a store of a newer version",
            "wardroomctl config check; journalctl -u wardroomd -n 20"},
};

/// The remedies name the usual service.
void rename_service(CheckLines& lines, std::string const& unit) {
  std::string_view constexpr usual = "wardroomd";
  for (auto& line : lines) {
    auto remedy = text(line, "remedy");
    if (remedy.empty() || unit == usual) continue;
    for (auto const* before : {"-u ", "restart ", "enable ", "enable --now ", "status "}) {
      auto const words = before + std::string(usual);
      for (auto at = remedy.find(words); at != remedy.npos; at = remedy.find(words, at + 1))
        remedy.replace(at, words.size(), before + unit);
    }
    line["remedy"] = remedy;
  }
}

/// The last thing it complained about.
std::string last_words(std::string const& unit) {
  auto const said = run_program(
      {"journalctl", "-u", unit, "-p", "err", "-n", "3", "-o", "cat", "--no-pager", "-q"},
      patience);
  if (!said.ran || said.code != 0) return {};
  std::string_view text = said.out;
  while (text.ends_with('\n')) text.remove_suffix(1);
  auto const line = text.rfind('\n');
  return clean(shorten(text.substr(line == text.npos ? 0 : line + 1), 300));
}

Json ended(std::string const& unit, std::string const& show) {
  auto const status = value_of(show, "ExecMainStatus");
  std::string sentence, remedy = "journalctl -u wardroomd -n 50";
  // ExecMainCode is CLD_EXITED, CLD_KILLED, CLD_DUMPED.
  if (auto const code = value_of(show, "ExecMainCode"); code == "2" || code == "3") {
    sentence = fmt::format("The service failed: it was killed by signal {}", status);
    if (status == "9")
      remedy = "journalctl -k | grep -i 'out of memory'; journalctl -u wardroomd -n 50";
  } else {
    sentence = fmt::format("The service failed with exit code {}", status);
    auto const meaning = std::ranges::find(meanings, status, &Meaning::code);
    if (meaning != meanings.end()) {
      sentence += fmt::format(" ({})", meaning->words);
      remedy = meaning->remedy;
    }
  }
  sentence += ".";
  if (auto const said = last_words(unit); !said.empty()) sentence += " It last said: " + said;
  return check_line(area, "service.unit", "failed", sentence,
                    remedy + (remedy.contains("   # ") ? "; then: " : "   # then: ") +
                        "systemctl restart wardroomd");
}

void look_at_unit(std::string const& unit, CheckLines& out) {
  auto const show = run_program({"systemctl", "show", unit, "--no-pager",
                                 "--property=LoadState,ActiveState,SubState,ExecMainCode,"
                                 "ExecMainStatus,NRestarts,UnitFileState"},
                                patience);
  auto const loaded = value_of(show.out, "LoadState");
  if (!show.ran || show.code != 0 || loaded.empty()) {
    out.push_back(check_line(area, "service.unit", "skipped", "systemd does not run here."));
    return;
  }
  if (loaded != "loaded") {
    out.push_back(check_line(area, "service.unit", "skipped",
                             fmt::format("systemd knows no service {} on this machine.", unit)));
    return;
  }
  auto const active = value_of(show.out, "ActiveState");
  auto const restarts = value_of(show.out, "NRestarts");
  if (active == "failed") {
    out.push_back(ended(unit, show.out));
  } else if (active == "activating" && (restarts.empty() || restarts == "0") &&
             value_of(show.out, "ExecMainStatus") == "0") {
    out.push_back(check_line(area, "service.unit", "warning", "The service is starting just now.",
                             "wardroomctl wait --for ready   # then look again"));
  } else if (active == "activating") {
    auto line = ended(unit, show.out);
    line["sentence"] = fmt::format("The service starts, again and again ({} times so far). {}",
                                   restarts, text(line, "sentence"));
    out.push_back(std::move(line));
  } else if (active != "active" && active != "reloading") {
    out.push_back(check_line(area, "service.unit", "failed",
                             fmt::format("The service is not running ({}).", active),
                             "systemctl enable --now wardroomd"));
  } else if (!restarts.empty() && restarts != "0") {
    out.push_back(check_line(area, "service.unit", "warning",
                             fmt::format("The service runs, but systemd had to start it again {} "
                                         "time(s).",
                                         restarts),
                             "journalctl -u wardroomd -p warning -n 100"));
  } else {
    out.push_back(check_line(area, "service.unit", "ok", "systemd says that the service runs."));
  }
  if (value_of(show.out, "UnitFileState") == "disabled")
    out.push_back(check_line(area, "service.boot", "warning",
                             "The service does not start with the machine.",
                             "systemctl enable wardroomd"));
}

std::string own_login() {
  auto const* found = ::getpwuid(::geteuid());
  return found ? found->pw_name : fmt::format("uid {}", ::geteuid());
}

bool member_of(char const* name) {
  auto const* found = ::getgrnam(name);
  if (!found) return false;
  std::array<gid_t, 256> groups{};
  auto const count = ::getgroups(groups.size(), groups.data());
  return ::getegid() == found->gr_gid ||
         std::find(groups.begin(), groups.begin() + std::max(count, 0), found->gr_gid) !=
             groups.begin() + std::max(count, 0);
}

void look_at_rights(Here const& here, CheckLines& out) {
  if (::geteuid() == 0) {
    out.push_back(check_line(area, "service.rights", "ok", "root may use every command."));
    return;
  }
  for (auto const* group : {"wardroom-admin", "wardroom-operator", "wardroom"})
    if (member_of(group)) {
      out.push_back(check_line(area, "service.rights", "ok",
                               fmt::format("{} is in the group {}.", own_login(), group)));
      return;
    }
  if (here.daemon_answers() && !here.refused) {
    out.push_back(check_line(area, "service.rights", "ok",
                             own_login() + " runs the daemon and may use every command."));
    return;
  }
  out.push_back(
      check_line(area, "service.rights", "failed",
                 fmt::format("{} is in none of the groups that may use Wardroom.", own_login()),
                 fmt::format("sudo usermod -aG wardroom {}   # then log in again; "
                             "wardroom-admin may do everything",
                             own_login())));
}

}  // namespace

CheckLines look_at_service(Here const& here) {
  CheckLines out;
  if (here.unreachable) {
    auto sentence = here.unreachable->sentence;
    if (!sentence.empty())
      sentence[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence[0])));
    out.push_back(check_line(area, "service.daemon", "failed", sentence + ".",
                             pasteable(here.unreachable->remedy)));
  } else {
    out.push_back(check_line(area, "service.daemon", "ok",
                             fmt::format("The daemon answers at {}.", here.socket)));
  }
  if (!here.unit.empty()) {
    look_at_unit(here.unit, out);
    rename_service(out, here.unit);
  }
  look_at_rights(here, out);
  return out;
}

}  // namespace wardroom::ctl
