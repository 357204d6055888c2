/// Starts a program with a pipe on its output, kills it, and reads what it said.
#pragma once
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace wardroom::test {

class ChildProcess {
 public:
  explicit ChildProcess(std::vector<std::string> words) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    out_ = ends[0];
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    int const trouble = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    if (trouble != 0) throw std::runtime_error("cannot start " + words.front());
  }
  ~ChildProcess() {
    kill();
    ::close(out_);
  }
  ChildProcess(ChildProcess const&) = delete;
  ChildProcess& operator=(ChildProcess const&) = delete;

  /// Takes in what the child writes for this long, or until it closes its end.
  void read_for(std::chrono::microseconds span) {
    auto const end = std::chrono::steady_clock::now() + span;
    for (;;) {
      auto const left = end - std::chrono::steady_clock::now();
      if (left.count() <= 0) return;
      auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(left).count() + 1;
      pollfd wait{out_, POLLIN, 0};
      if (::poll(&wait, 1, static_cast<int>(ms)) > 0 && !read_some()) return;
    }
  }
  /// SIGKILL, then everything that still lies in the pipe. Returns the wait status.
  int kill() {
    if (pid_ <= 0) return status_;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, &status_, 0);
    pid_ = 0;
    while (read_some()) {
    }
    return status_;
  }
  std::string const& output() const { return output_; }

 private:
  bool read_some() {
    char buffer[65'536];
    auto const size = ::read(out_, buffer, sizeof buffer);
    if (size > 0) output_.append(buffer, static_cast<std::size_t>(size));
    return size > 0;
  }

  pid_t pid_ = 0;
  int out_ = -1;
  int status_ = 0;
  std::string output_;
};

}  // namespace wardroom::test
