/// A process the benchmark started: its CPU, its memory, and its end.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace wardroom::bench {

class Child {
 public:
  /// Runs a program; its output goes to `log` (empty = dropped).
  static Child run(std::vector<std::string> const& command, std::string const& log = "");
  /// Runs a function in a forked process.
  static Child fork_into(std::function<void()> const& body);
  /// A process of somebody else, only to be looked at.
  static Child watch(pid_t pid) {
    Child child(pid);
    child.ours_ = false;
    return child;
  }
  Child(Child&& other) noexcept : pid_(other.pid_), ours_(other.ours_) { other.pid_ = -1; }
  Child& operator=(Child&&) = delete;
  ~Child();  ///< TERM, then KILL after 6 s

  /// User + system so far of all living threads, by the scheduler's own count in nanoseconds.
  double cpu_seconds() const;
  std::map<std::string, double> cpu_by_thread() const;  ///< thread id → seconds
  std::uint64_t wake_ups() const;  ///< how often its threads went to sleep so far
  double rss_mib() const;
  double peak_rss_mib() const;
  bool alive() const;
  void stop();
  void kill_now();
  pid_t pid() const { return pid_; }

 private:
  explicit Child(pid_t pid) : pid_(pid) {}
  pid_t pid_;
  bool ours_ = true;
};

}  // namespace wardroom::bench
