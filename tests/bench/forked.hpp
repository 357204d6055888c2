/// Runs a piece of work in a forked child, so that its memory begins anew and is all given back.
#pragma once
#include <cstring>
#include <fstream>
#include <malloc.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <time.h>
#include <type_traits>
#include <unistd.h>

namespace wardroom::bench {

/// Of this thread: what other programs do meanwhile is not ours.
inline double thread_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

/// "VmRSS:" or "VmHWM:" of this process, in bytes.
inline double memory_now(std::string const& which) {
  std::ifstream in("/proc/self/status");
  std::string word;
  while (in >> word)
    if (double kilobytes = 0; word == which && in >> kilobytes) return kilobytes * 1024;
  throw std::runtime_error("/proc/self/status has no " + which);
}

/// The most memory this process has used, counted anew from here.
class PeakMemory {
 public:
  PeakMemory() {
    ::malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << "5" << std::flush;
    before_ = memory_now("VmRSS:");
  }
  double above_bytes() const { return memory_now("VmHWM:") - before_; }

 private:
  double before_ = 0;
};

/// What `work` returns, a plain value; throws when it did not end well.
template <class Work>
auto in_fork(Work work) {
  using Value = std::invoke_result_t<Work>;
  static_assert(std::is_trivially_copyable_v<Value>);
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  auto const child = ::fork();
  if (child < 0) throw std::runtime_error("no child");
  if (child == 0) {
    int code = 1;
    try {
      Value const value = work();
      code = ::write(ends[1], &value, sizeof value) == ssize_t(sizeof value) ? 0 : 1;
    } catch (std::exception const& e) {
      (void)!::write(STDERR_FILENO, e.what(), std::strlen(e.what()));
    }
    ::_exit(code);
  }
  ::close(ends[1]);
  Value value{};
  auto const got = ::read(ends[0], &value, sizeof value);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (got != ssize_t(sizeof value) || status != 0)
    throw std::runtime_error("the measured child failed");
  return value;
}

}  // namespace wardroom::bench
