// The configuration and the files and folders it names, when the daemon cannot say it itself.
#include "doctor_here.hpp"
#include "program.hpp"
#include "settings.hpp"
#include "store/open_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace wardroom::ctl {
namespace {

constexpr std::uint64_t MiB = 1024 * 1024;
constexpr Milliseconds patience{5'000};
constexpr std::size_t most_mistakes = 10;

std::string folder_of(std::string const& file) {
  auto const slash = file.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : file.substr(0, slash);
}

unsigned mode_of(struct stat const& about) { return about.st_mode & 07777; }

/// `forbidden` = the bits that nobody may have.
void look_at_rights_of(CheckLines& out, std::string const& name, std::string const& what,
                       std::string const& path, unsigned forbidden, std::string const& mend) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0) {
    if (errno == EACCES)
      out.push_back(
          check_line("files", name, "skipped",
                     fmt::format("{} {} may not be looked at by you; try sudo.", what, path)));
    else
      out.push_back(
          check_line("files", name, "failed",
                     fmt::format("{} {} is not there: {}.", what, path, std::strerror(errno)),
                     "ls -ld " + folder_of(path)));
    return;
  }
  if (mode_of(about) & forbidden)
    out.push_back(check_line("files", name, "failed",
                             fmt::format("{} {} has rights it should not have (mode {:04o}).", what,
                                         path, mode_of(about)),
                             fmt::format("{} {}", mend, path)));
  else
    out.push_back(
        check_line("files", name, "ok",
                   fmt::format("{} {} has the right mode ({:04o}).", what, path, mode_of(about))));
}

void look_at_space(CheckLines& out, std::string const& folder) {
  struct statvfs about{};
  if (::statvfs(folder.c_str(), &about) != 0) return;
  auto const free = std::uint64_t(about.f_bavail) * about.f_frsize;
  auto const remedy = fmt::format("df -h {0}; du -xsh {0}/* | sort -h", folder);
  if (about.f_flag & ST_RDONLY)
    out.push_back(check_line("files", "files.space", "failed",
                             fmt::format("The file system of {} is mounted read-only.", folder),
                             "dmesg | tail -50   # why did the kernel do it?"));
  else if (free < 64 * MiB)
    out.push_back(check_line(
        "files", "files.space", "failed",
        fmt::format("The disk of {} is nearly full: {} MiB are free.", folder, free / MiB),
        remedy));
  else
    out.push_back(
        check_line("files", "files.space", "ok",
                   fmt::format("{} MiB are free on the disk of {}.", free / MiB, folder)));
}

void look_at_secrets(CheckLines& out, DaemonSettings const& settings) {
  for (auto const& entry : settings.record.entries()) {
    if (entry.kind != config::Kind::secret_file || !entry.value.starts_with('/')) continue;
    // While a new master key takes over the old one may be gone already.
    if (entry.key == "secrets.old_master_key_file") continue;
    look_at_rights_of(out, "files." + entry.key, "The secret file", entry.value, 0077,
                      "chmod 0600");
  }
}

/// Who listens where the daemon wants to.
void look_at_port(CheckLines& out, std::string const& listen) {
  auto const colon = listen.rfind(':');
  if (colon == std::string::npos) return;
  auto const port = listen.substr(colon + 1);
  auto const found = run_program({"ss", "-Hltnp", "sport", "=", ":" + port}, patience);
  if (!found.ran || found.code != 0) return;
  if (found.out.empty()) {
    out.push_back(check_line("service", "service.port", "ok",
                             fmt::format("Port {} is free for the daemon.", port)));
    return;
  }
  std::string who = "another program";
  if (auto const at = found.out.find("((\""); at != std::string::npos) {
    auto const end = found.out.find('"', at + 3);
    who = clean(found.out.substr(at + 3, end - at - 3));
    if (auto const pid = found.out.find("pid=", end); pid != std::string::npos)
      who += fmt::format(" (process {})",
                         found.out.substr(pid + 4, found.out.find(',', pid) - pid - 4));
  }
  // systemd holds the sockets while the daemon is down.
  if (who.starts_with("systemd"))
    out.push_back(check_line("service", "service.port", "ok",
                             fmt::format("systemd holds port {} for the daemon.", port)));
  else
    out.push_back(check_line(
        "service", "service.port", "failed",
        fmt::format("Port {} is taken by {}: the daemon cannot listen there.", port, who),
        fmt::format("ss -ltnp 'sport = :{}'   # stop it, or change http.listen", port)));
}

}  // namespace

CheckLines look_at_config(Here const& here) {
  CheckLines out;
  if (here.daemon_answers() && !here.refused) return out;  // the daemon has looked itself
  if (::access(here.config_file.c_str(), R_OK) != 0 && errno == EACCES) {
    out.push_back(check_line("config", "config.file", "skipped",
                             here.config_file + " may not be read by you; try sudo."));
    return out;
  }
  config::Complaints complaints;
  load_settings(here.config_file, complaints);
  for (std::size_t i = 0; i < std::min(complaints.size(), most_mistakes); ++i)
    out.push_back(check_line("config", fmt::format("config.mistake{}", i + 1), "failed",
                             "A mistake in the configuration: " + clean(complaints[i].text()),
                             "wardroomctl config check " + here.config_file));
  if (complaints.empty())
    out.push_back(
        check_line("config", "config.file", "ok", here.config_file + " has no mistakes."));
  return out;
}

CheckLines look_at_files(Here const& here) {
  CheckLines out;
  look_at_rights_of(out, "files.config", "The configuration", here.config_file, 0022, "chmod go-w");
  look_at_rights_of(out, "files.config_folder", "The folder", folder_of(here.config_file), 0002,
                    "chmod o-w");
  look_at_rights_of(out, "files.runtime_folder", "The folder of the control socket",
                    folder_of(here.socket), 0022, "chmod go-w");
  if (here.daemon_answers() && !here.refused) return out;
  config::Complaints complaints;
  auto const settings = load_settings(here.config_file, complaints);
  if (settings.store_url.starts_with("sqlite:")) {
    auto const folder = folder_of(store::sqlite_path(settings.store_url));
    look_at_rights_of(out, "files.state_folder", "The folder of the store", folder, 0077,
                      "chmod 0700");
    look_at_space(out, folder);
  }
  look_at_secrets(out, settings);
  if (here.unreachable && !settings.listen.empty()) look_at_port(out, settings.listen);
  return out;
}

}  // namespace wardroom::ctl
