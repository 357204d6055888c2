// wardroomctl: the operators' tool. All it knows comes from the verb table and the daemon's
// answers.
#include "run.hpp"

#include <cstdlib>
#include <iostream>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace {

sig_atomic_t volatile interrupted = 0;
void on_interrupt(int) { interrupted = 1; }

std::size_t terminal_width() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

/// For --watch only: Ctrl-C ends the drawing, not the tool, so that the cursor comes back.
bool pause_for(wardroom::Milliseconds time) {
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  if (!interrupted) ::poll(nullptr, 0, static_cast<int>(time.count()));
  return !interrupted;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  signal(SIGPIPE, SIG_DFL);  // `wardroomctl events | head` ends quietly
  auto const* no_color = std::getenv("NO_COLOR");
  auto const* term = std::getenv("TERM");
  bool const dumb = term && std::string_view(term) == "dumb";
  return wardroom::ctl::run(
      std::vector<std::string>(argv + 1, argv + argc),
      {.out = std::cout,
       .err = std::cerr,
       .terminal = isatty(STDOUT_FILENO) == 1,
       .wants_no_color = dumb || (no_color && *no_color),
       .width = terminal_width,
       .now =
           [] {
             return std::chrono::floor<wardroom::Milliseconds>(std::chrono::system_clock::now());
           },
       .pause = pause_for});
}
