#include "setup_start.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace wardroom::ctl {
namespace {

namespace fs = std::filesystem;
constexpr Milliseconds time_to_start{60'000}, between_looks{150};

bool is_there(fs::path const& path) {
  std::error_code trouble;
  return fs::exists(path, trouble);
}

/// Beside this tool as it is installed, or as it is built.
std::string find_binary() {
  std::error_code trouble;
  auto const here = fs::read_symlink("/proc/self/exe", trouble).parent_path();
  for (auto const& folder : {here / "../sbin", here, here / "../daemon", fs::path("/usr/sbin"),
                             fs::path("/usr/local/sbin")})
    if (auto const binary = folder / "wardroomd"; ::access(binary.c_str(), X_OK) == 0)
      return fs::canonical(binary, trouble).string();
  return "";
}

bool has_unit() {
  for (auto const* folder :
       {"/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"})
    if (is_there(fs::path(folder) / "wardroomd.service")) return true;
  return false;
}

/// The last lines of what it said.
std::string tail_of(std::string const& file) {
  std::ifstream in(file);
  std::string all((std::istreambuf_iterator<char>(in)), {});
  while (all.ends_with('\n')) all.pop_back();
  auto from = all.size();
  for (int lines = 0; lines < 3 && from != all.npos && from > 0; ++lines)
    from = all.rfind('\n', from - 1);
  return from == all.npos || from == 0 ? all : all.substr(from + 1);
}

/// Becomes a process of its own that outlives us; -1 with errno when that fails.
pid_t launch(std::vector<std::string> words, std::string const& log,
             std::optional<DaemonUser> const& user) {
  auto const child = ::fork();
  if (child != 0) return child;
  ::setsid();
  ::signal(SIGINT, SIG_DFL);
  int const out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
  int const in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (out < 0 || in < 0) ::_exit(126);
  if (user && (::fchown(out, user->uid, user->gid) != 0 ||
               ::initgroups(user->name.c_str(), user->gid) != 0 || ::setgid(user->gid) != 0 ||
               ::setuid(user->uid) != 0))
    ::_exit(126);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(out, 2);
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

Result<int> run_and_wait(std::vector<std::string> words) {
  auto const child = ::fork();
  if (child == 0) {
    ::dup2(2, 1);  // our own output may be JSON
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (child < 0) return failure(ErrorKind::internal, "cannot start " + words[0]);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Starter find_starter(Places const& places) {
  Starter out;
  out.binary = find_binary();
  out.user = daemon_user();
  out.by_systemd = places.system && is_there("/run/systemd/system") && has_unit();
  return out;
}

std::string Starter::command(Places const& places) const {
  if (by_systemd) return "systemctl enable --now wardroomd";
  auto const plain = (binary.empty() ? "wardroomd" : binary) + " --config " + places.config;
  return user ? "runuser -u " + user->name + " -- " + plain : plain;
}

bool daemon_answers(std::string const& socket) {
  auto const answer =
      control::ControlClient(socket).ask(*control::find_verb("health"), {}, Milliseconds(2'000));
  return answer && answer->status != 0;
}

std::string tool_command(std::string const& socket, std::string_view words) {
  auto const where = socket == default_socket ? "" : " --socket " + socket;
  return "wardroomctl" + where + " " + std::string(words);
}

std::vector<std::string> next_steps(Places const& places, DaemonSettings const& settings,
                                    Starter const& starter, bool running) {
  std::vector<std::string> out;
  if (!running) out.push_back(starter.command(places));
  if (running) out.push_back(tool_command(settings.control_socket, "reload"));
  out.push_back(tool_command(settings.control_socket, "login"));
  out.push_back(tool_command(settings.control_socket, "doctor"));
  return out;
}

Result<void> start_daemon(Places const& places, std::string const& socket, Starter const& starter,
                          Surroundings const& around) {
  auto const log = places.folder + "/wardroomd.log";
  pid_t child = -1;
  if (starter.by_systemd) {
    auto const code = run_and_wait({"systemctl", "enable", "--now", "wardroomd"});
    if (!code) return std::unexpected(code.error());
    if (*code != 0)
      return failure(ErrorKind::unavailable,
                     "systemd could not start it; journalctl -u wardroomd -n 30 says why");
  } else {
    if (starter.binary.empty())
      return failure(ErrorKind::not_found,
                     "there is no wardroomd beside this tool or in /usr/sbin; start it yourself: " +
                         starter.command(places));
    child = launch({starter.binary, "--config", places.config}, log, starter.user);
    if (child < 0) return failure(ErrorKind::internal, std::strerror(errno));
  }
  for (Milliseconds waited{0}; waited < time_to_start; waited += between_looks) {
    auto const answer = control::ControlClient(socket).ask(
        *control::find_verb("wait"), {{"for", "ready"}, {"timeout", "1s"}}, Milliseconds(3'000));
    if (answer && answer->status == 200 &&
        flag(Json::parse(answer->body, nullptr, false), "reached"))
      return {};
    int status = 0;
    if (child > 0 && ::waitpid(child, &status, WNOHANG) == child)
      return failure(ErrorKind::unavailable,
                     fmt::format("it ended at once (exit code {}): {}",
                                 WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                                 tail_of(log)));
    if (!around.pause(between_looks))
      return failure(ErrorKind::cancelled, "given up waiting for it");
  }
  return failure(ErrorKind::timed_out,
                 starter.by_systemd
                     ? "it is not ready after a minute; journalctl -u wardroomd -n 30"
                     : "it is not ready after a minute; see " + log);
}

}  // namespace wardroom::ctl
