#include "program.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace wardroom::ctl {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::size_t most = 16u << 20;
constexpr int no_such_program = 127;

struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0) ends[0] = ends[1] = -1;
  }
  Pipe(Pipe const&) = delete;
  Pipe& operator=(Pipe const&) = delete;
  ~Pipe() {
    close(0);
    close(1);
  }
  void close(int which) {
    if (ends[which] >= 0) ::close(ends[which]);
    ends[which] = -1;
  }
  explicit operator bool() const { return ends[0] >= 0; }
};

[[noreturn]] void become(std::vector<std::string>& words, Pipe const& in, Pipe const& out) {
  ::dup2(in.ends[0], STDIN_FILENO);
  ::dup2(out.ends[1], STDOUT_FILENO);
  if (int const nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC); nowhere >= 0)
    ::dup2(nowhere, STDERR_FILENO);
  ::setenv("LC_ALL", "C", 1);
  ::signal(SIGPIPE, SIG_DFL);
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(no_such_program);
}

/// Feeds and reads until the program closes its output; false when the time is over.
bool talk(Pipe& in, Pipe& out, std::string_view input, std::string& said,
          Steady::time_point until) {
  std::array<char, 65536> buffer{};
  if (input.empty()) in.close(1);
  while (out.ends[0] >= 0) {
    auto const left = std::chrono::ceil<Milliseconds>(until - Steady::now()).count();
    if (left <= 0) return false;
    std::array<pollfd, 2> waits{pollfd{out.ends[0], POLLIN, 0}, pollfd{in.ends[1], POLLOUT, 0}};
    if (::poll(waits.data(), in.ends[1] >= 0 ? 2 : 1, static_cast<int>(left)) < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    if (in.ends[1] >= 0 && waits[1].revents != 0) {
      auto const n = ::write(in.ends[1], input.data(), input.size());
      if (n > 0) input.remove_prefix(static_cast<std::size_t>(n));
      if (input.empty() || (n < 0 && errno != EAGAIN && errno != EINTR)) in.close(1);
    }
    if (waits[0].revents == 0) continue;
    auto const n = ::read(out.ends[0], buffer.data(), buffer.size());
    if (n > 0 && said.size() < most)
      said.append(buffer.data(), static_cast<std::size_t>(n));
    else if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
      out.close(0);
  }
  return true;
}

}  // namespace

ProgramEnd run_program(std::vector<std::string> words, Milliseconds limit, std::string_view input) {
  Pipe in, out;
  if (!in || !out) return {};
  auto const child = ::fork();
  if (child < 0) return {};
  if (child == 0) become(words, in, out);
  in.close(0);
  out.close(1);
  ::fcntl(in.ends[1], F_SETFL, O_NONBLOCK);
  auto const before = ::signal(SIGPIPE, SIG_IGN);
  ProgramEnd end;
  bool const in_time = talk(in, out, input, end.out, Steady::now() + limit);
  ::signal(SIGPIPE, before);
  if (!in_time) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  end.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  end.ran = in_time && end.code != no_such_program;
  return end;
}

std::string value_of(std::string_view lines, std::string_view key) {
  while (!lines.empty()) {
    auto const end = std::min(lines.find('\n'), lines.size());
    auto const line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=')
      return std::string(line.substr(key.size() + 1));
  }
  return {};
}

}  // namespace wardroom::ctl
