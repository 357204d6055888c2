#include "bench/child.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace wardroom::bench {

Child Child::fork_into(std::function<void()> const& body) {
  pid_t const pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // never outlives a benchmark that crashed
    body();
    ::_exit(0);
  }
  return Child(pid);
}

Child Child::run(std::vector<std::string> const& command, std::string const& log) {
  return fork_into([&] {
    int const out =
        ::open(log.empty() ? "/dev/null" : log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    std::vector<char*> arguments;
    for (auto const& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  });
}

Child::~Child() { stop(); }

bool Child::alive() const { return pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0; }

void Child::stop() {
  if (pid_ <= 0 || !ours_) return;
  ::kill(pid_, SIGTERM);
  for (int i = 0; i < 600; ++i) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0) {
      pid_ = -1;
      return;
    }
    ::usleep(10'000);
  }
  kill_now();
}

void Child::kill_now() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

namespace {

std::string read_line(std::string const& path) {
  std::ifstream in(path);
  std::string text;
  std::getline(in, text);
  return text;
}

/// `each(folder)` for every thread of a process, such as /proc/7/task/9.
void for_each_thread(pid_t pid, std::function<void(std::string const&)> const& each) {
  std::error_code gone;
  for (auto const& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", gone))
    each(entry.path().string());
}

}  // namespace

double Child::cpu_seconds() const {
  double total = 0;
  for_each_thread(pid_, [&](std::string const& thread) {
    double ns = 0;
    std::istringstream(read_line(thread + "/schedstat")) >> ns;
    total += ns * 1e-9;
  });
  return total;
}

std::map<std::string, double> Child::cpu_by_thread() const {
  std::map<std::string, double> out;
  for_each_thread(pid_, [&](std::string const& thread) {
    double ns = 0;
    std::istringstream(read_line(thread + "/schedstat")) >> ns;
    out[thread.substr(thread.rfind('/') + 1)] = ns * 1e-9;
  });
  return out;
}

std::uint64_t Child::wake_ups() const {
  std::uint64_t total = 0;
  for_each_thread(pid_, [&](std::string const& thread) {
    std::ifstream in(thread + "/status");
    constexpr std::string_view key = "voluntary_ctxt_switches:";
    for (std::string line; std::getline(in, line);)
      if (line.starts_with(key)) total += std::stoull(line.substr(key.size()));
  });
  return total;
}

double Child::rss_mib() const {
  std::ifstream in("/proc/" + std::to_string(pid_) + "/statm");
  double pages = 0;
  double resident = 0;
  in >> pages >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1048576.0;
}

double Child::peak_rss_mib() const {
  std::ifstream in("/proc/" + std::to_string(pid_) + "/status");
  constexpr std::string_view key = "VmHWM:";
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key)) return std::stod(line.substr(key.size())) / 1024;
  return 0;
}

}  // namespace wardroom::bench
