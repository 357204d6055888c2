// The tool as a program in a terminal of its own: what is typed, shown, and left in the process
// list.
#include "ctl/fake_daemon.hpp"

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <poll.h>
#include <pty.h>
#include <sstream>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

namespace wardroom::test {
namespace {

/// wardroomctl behind a pseudo-terminal of 80 columns.
class Session {
 public:
  explicit Session(std::vector<std::string> args) {
    args.insert(args.begin(), WARDROOMCTL);
    winsize size{};
    size.ws_row = 50;
    size.ws_col = 80;
    child_ = ::forkpty(&master_, nullptr, nullptr, &size);
    if (child_ == 0) {
      std::vector<char*> argv;
      for (auto& arg : args) argv.push_back(arg.data());
      argv.push_back(nullptr);
      ::setenv("LC_ALL", "C.UTF-8", 1);
      ::setenv("TERM", "xterm", 1);
      ::unsetenv("NO_COLOR");
      ::execv(argv[0], argv.data());
      ::_exit(99);
    }
  }
  ~Session() {
    if (child_ > 0 && code_ < 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
    ::close(master_);
  }
  Session(Session const&) = delete;
  Session& operator=(Session const&) = delete;

  /// Until the text was shown; false at the end of the output, or after 20 s.
  bool shows(std::string_view text) {
    while (!shown_.contains(text))
      if (!more()) return false;
    return true;
  }
  void types(std::string_view text) {
    ASSERT_EQ(::write(master_, text.data(), text.size()), std::ssize(text));
  }
  /// The exit code, once all is shown.
  int ends() {
    while (more()) {
    }
    int status = 0;
    ::waitpid(child_, &status, 0);
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    return code_;
  }
  bool echoes() const {
    termios now{};
    return ::tcgetattr(master_, &now) == 0 && (now.c_lflag & ECHO);
  }
  std::string command_line() const {
    std::ifstream file("/proc/" + std::to_string(child_) + "/cmdline");
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
  }
  std::string const& shown() const { return shown_; }

 private:
  bool more() {
    pollfd entry{master_, POLLIN, 0};
    if (::poll(&entry, 1, 20'000) <= 0) return false;
    std::array<char, 4096> buffer{};
    auto const count = ::read(master_, buffer.data(), buffer.size());
    if (count <= 0) return false;
    shown_.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
  }

  pid_t child_ = -1;
  int master_ = -1, code_ = -1;
  std::string shown_;
};

std::string const address = "http://127.0.0.1:8480/oauth/callback?code=canary-code&state=x";

TEST(Terminal, T3_a_pasted_address_is_neither_shown_nor_in_the_process_list) {
  FakeDaemon const daemon([](std::string const&) { return answer(200, recorded("auth.json")); });
  Session session({"auth", "--socket", daemon.socket()});
  ASSERT_TRUE(session.shows("(it is not shown): ")) << session.shown();
  EXPECT_FALSE(session.echoes());
  EXPECT_FALSE(session.command_line().contains("canary"));
  session.types(address + "\n");
  EXPECT_EQ(session.ends(), 0) << session.shown();
  EXPECT_TRUE(session.shown().contains("Logged in")) << session.shown();
  EXPECT_FALSE(session.shown().contains("canary")) << session.shown();
  EXPECT_TRUE(daemon.requests().at(0).contains("canary-code"));
}

TEST(Terminal, T3_a_code_given_as_an_argument_leaves_the_process_list) {
  FakeDaemon const daemon([](std::string const&) { return std::string(); });
  Session session({"auth", "canary-code-0123456789", "--socket", daemon.socket()});
  for (int i = 0; i < 2000 && daemon.requests().empty(); ++i) ::poll(nullptr, 0, 5);
  ASSERT_EQ(daemon.requests().size(), 1u);
  EXPECT_TRUE(session.command_line().contains("****")) << session.command_line();
  EXPECT_FALSE(session.command_line().contains("canary")) << session.command_line();
  session.types("\x03");
  EXPECT_EQ(session.ends(), 130) << session.shown();
}

TEST(Terminal, ctrl_c_at_the_question_gives_the_echo_back) {
  FakeDaemon const daemon([](std::string const&) { return answer(200, "{}"); });
  Session session({"auth", "--socket", daemon.socket()});
  ASSERT_TRUE(session.shows("(it is not shown): ")) << session.shown();
  session.types("half of it\x03");
  EXPECT_EQ(session.ends(), 130) << session.shown();
  EXPECT_TRUE(session.echoes());
  EXPECT_TRUE(daemon.requests().empty());
}

TEST(Terminal, ctrl_c_gives_a_login_up) {
  auto const all = recorded("login.ndjson");
  FakeDaemon const daemon(
      [&](std::string const&) { return chunked(all.substr(0, all.find('\n') + 1), false); },
      FakeDaemon::After::hold);
  Session session({"login", "--socket", daemon.socket()});
  ASSERT_TRUE(session.shows("Ctrl-C gives up")) << session.shown();
  EXPECT_TRUE(session.shown().contains("\033[38;5;16;48;5;231m")) << "no QR code in colour";
  session.types("\x03");
  EXPECT_EQ(session.ends(), 130) << session.shown();
  EXPECT_TRUE(session.shown().contains("given up; nothing was stored")) << session.shown();
}

TEST(Terminal, logout_asks_and_takes_no_for_an_answer) {
  FakeDaemon const daemon([](std::string const&) { return answer(200, recorded("logout.json")); });
  Session session({"logout", "--socket", daemon.socket()});
  ASSERT_TRUE(session.shows("[y/N] ")) << session.shown();
  session.types("\n");
  EXPECT_EQ(session.ends(), 1);
  EXPECT_TRUE(daemon.requests().empty());
}

}  // namespace
}  // namespace wardroom::test
