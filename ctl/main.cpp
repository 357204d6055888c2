// wardroomctl: the operators' tool. All it knows comes from the verb table and the daemon's
// answers.
#include "run.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace {

sig_atomic_t volatile interrupted = 0;
void on_interrupt(int) { interrupted = 1; }

std::size_t terminal_width() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

/// From the first call on Ctrl-C is noted, and ends what waits instead of the tool: the cursor
/// and the terminal's echo come back, and what was begun is given up properly.
bool stopped() {
  static bool const caught = [] {
    struct sigaction action{};
    action.sa_handler = on_interrupt;  // no SA_RESTART: it must end a wait
    return sigaction(SIGINT, &action, nullptr) == 0;
  }();
  return caught && interrupted;
}

bool pause_for(wardroom::Milliseconds time) {
  if (!stopped()) ::poll(nullptr, 0, static_cast<int>(time.count()));
  return !stopped();
}

/// Whether what is written as UTF-8 is shown as such, by LC_ALL, LC_CTYPE or LANG.
bool shows_utf8() {
  locale_t const own = newlocale(LC_CTYPE_MASK, "", nullptr);
  if (!own) return false;
  bool const utf8 = std::string_view(nl_langinfo_l(CODESET, own)) == "UTF-8";
  freelocale(own);
  return utf8;
}

/// Without echo while it lives.
class Unseen {
 public:
  explicit Unseen(bool wanted) : active_(wanted && tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!active_) return;
    struct sigaction action{};
    for (std::size_t i = 0; i < ends.size(); ++i) {
      action.sa_handler = ends[i] == SIGTSTP ? SIG_IGN : on_interrupt;
      sigaction(ends[i], &action, &handlers_[i]);
    }
    auto silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  Unseen(Unseen const&) = delete;
  Unseen& operator=(Unseen const&) = delete;
  ~Unseen() {
    if (!active_) return;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    for (std::size_t i = 0; i < ends.size(); ++i) sigaction(ends[i], &handlers_[i], nullptr);
    std::cerr << "\n" << std::flush;  // the one that was typed did not show
  }

 private:
  /// What would leave the terminal without echo.
  static constexpr std::array ends{SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
  termios before_{};
  std::array<struct sigaction, ends.size()> handlers_{};
  bool active_;
};

std::optional<std::string> read_line(std::string_view question, bool hidden) {
  std::size_t constexpr longest = 64 * 1024;
  if (stopped()) return std::nullopt;
  Unseen const unseen(hidden);
  std::cerr << question << std::flush;
  std::string out;
  for (char c = 0; out.size() < longest;) {
    // In turns: a signal that comes just before the wait would not end it.
    pollfd entry{STDIN_FILENO, POLLIN, 0};
    auto const ready = ::poll(&entry, 1, 200);
    if (stopped()) return std::nullopt;
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    auto const count = ::read(STDIN_FILENO, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 || (count == 0 && out.empty())) return std::nullopt;
    if (count == 0 || c == '\n') break;
    out += c;
  }
  return out;
}

/// A login's code given as an argument could be read in the process list while the daemon works on
/// it: nothing of it stays there.
void hide_code(std::vector<std::string> const& args, char** argv) {
  auto const auth = std::ranges::find(args, "auth");
  for (auto arg = auth; arg != args.end(); ++arg)
    if (arg != auth && arg->size() > 8 && !arg->starts_with('-'))
      std::ranges::fill_n(argv[1 + (arg - args.begin())], std::ssize(*arg), '*');
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  signal(SIGPIPE, SIG_DFL);  // `wardroomctl events | head` ends quietly
  auto const* no_color = std::getenv("NO_COLOR");
  auto const* term = std::getenv("TERM");
  bool const dumb = term && std::string_view(term) == "dumb";
  std::vector<std::string> const args(argv + 1, argv + argc);
  hide_code(args, argv);
  try {
    return wardroom::ctl::run(
        args,
        {.out = std::cout,
         .err = std::cerr,
         .terminal = isatty(STDOUT_FILENO) == 1,
         .wants_no_color = dumb || (no_color && *no_color),
         .dumb = dumb,
         .utf8 = shows_utf8(),
         .asks = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1,
         .width = terminal_width,
         .now =
             [] {
               return std::chrono::floor<wardroom::Milliseconds>(std::chrono::system_clock::now());
             },
         .pause = pause_for,
         .read_line = read_line,
         .stopped = stopped});
  } catch (std::exception const& error) {
    std::cerr << "wardroomctl: a mistake in the tool itself: " << error.what()
              << "\n  → wardroomctl bugreport   (and send it to the developers)\n";
    return wardroom::ctl::exit_failed;
  }
}
