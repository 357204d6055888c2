// From nothing to a daemon that somebody is logged in to: setup in a real terminal, its answers
// typed, its files looked at, the daemon started on them.
#include "support/site.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <pty.h>
#include <set>
#include <sstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::string text_of(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// A program in a terminal of its own, 100 columns wide.
class Terminal {
 public:
  explicit Terminal(std::vector<std::string> words) {
    winsize size{.ws_row = 50, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
    pid_ = ::forkpty(&fd_, nullptr, nullptr, &size);
    if (pid_ < 0) throw std::runtime_error("no terminal");
    if (pid_ == 0) {
      ::setenv("TERM", "xterm", 1);
      ::setenv("LC_ALL", "C.UTF-8", 1);
      ::setenv("NO_COLOR", "1", 1);
      std::vector<char*> argv;
      for (auto& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
  }
  ~Terminal() {
    if (!code_) ::kill(pid_, SIGKILL);
    if (!code_) ::waitpid(pid_, nullptr, 0);
    ::close(fd_);
  }
  Terminal(Terminal const&) = delete;
  Terminal& operator=(Terminal const&) = delete;

  /// Until `text` stands on the screen behind what was expected before.
  bool shows(std::string const& text, std::chrono::milliseconds limit = 30s) {
    auto const deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
      if (auto const at = screen_.find(text, seen_); at != screen_.npos) {
        seen_ = at + text.size();
        return true;
      }
      if (std::chrono::steady_clock::now() > deadline || !read_some()) return false;
    }
  }
  void type(std::string const& keys) {
    ASSERT_EQ(::write(fd_, keys.data(), keys.size()), ssize_t(keys.size()));
  }
  /// Waits for the question and answers it.
  void answer(std::string const& question, std::string const& words) {
    ASSERT_TRUE(shows(question)) << "no question '" << question << "' on\n" << screen_;
    ASSERT_TRUE(shows("> ")) << screen_;
    type(words + "\n");
  }
  int end(std::chrono::milliseconds limit = 60s) {
    auto const deadline = std::chrono::steady_clock::now() + limit;
    while (std::chrono::steady_clock::now() < deadline && read_some()) {
    }
    int status = 0;
    if (::waitpid(pid_, &status, 0) == pid_)
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return code_.value_or(-1);
  }
  std::string const& screen() const { return screen_; }

 private:
  /// False once the other end is closed.
  bool read_some() {
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, 200) == 0) return true;
    char buffer[4096];
    auto const n = ::read(fd_, buffer, sizeof buffer);
    if (n <= 0) return false;
    screen_.append(buffer, static_cast<std::size_t>(n));
    return true;
  }

  pid_t pid_ = -1;
  int fd_ = -1;
  std::string screen_;
  std::size_t seen_ = 0;
  std::optional<int> code_;
};

constexpr auto tool = WARDROOM_BUILD_DIR "/ctl/wardroomctl";
constexpr auto secret = "demo-secret-not-for-production";

struct SetupFlow : testing::Test {
  SetupFlow() { ::chmod(simulator.folder().c_str(), 0711); }
  ~SetupFlow() override {
    // The daemon that setup started outlives it; its number is in the lock of its state.
    auto const pid = std::atoi(text_of(dir() + "/state/lock").c_str());
    if (pid > 1 && ::kill(pid, SIGTERM) == 0)
      EXPECT_TRUE(eventually(10s, [&] { return ::kill(pid, 0) != 0; }));
  }
  std::string dir() const { return simulator.folder() + "/new"; }
  std::string file(std::string const& name) const { return dir() + "/" + name; }
  unsigned mode_of(std::string const& name) const {
    struct stat about{};
    return ::stat(file(name).c_str(), &about) == 0 ? about.st_mode & 07777 : 0;
  }
  std::string listen() const { return "127.0.0.1:" + std::to_string(simulator.http_port()); }
  std::string endpoints() const {
    auto const ports = nlohmann::json::parse(text_of(simulator.folder() + "/ports.json"));
    std::string out;
    for (auto const& port : ports.at("xsp"))
      out += (out.empty() ? "" : ", ") + std::string("http://127.0.0.1:") +
             std::to_string(port.get<int>());
    return out;
  }
  std::string write(std::string const& name, std::string const& text) const {
    auto const path = simulator.folder() + "/" + name;
    std::ofstream(path, std::ios::trunc) << text;
    ::chmod(path.c_str(), 0600);
    return path;
  }
  std::set<std::string> codes() const {
    std::set<std::string> out;
    for (auto const& attempt : simulator.sim("/sim/state")["device_attempts"])
      out.insert(attempt.value("user_code", ""));
    return out;
  }
  void type_answers(Terminal& terminal) {
    terminal.answer("Where the daemon listens", listen());
    terminal.answer("What browsers call it", "");
    terminal.answer("Webex API", simulator.sim_url() + "/v1");
    terminal.answer("Client id of the integration", "C-wardroom-demo");
    terminal.answer("Client secret of the integration", secret);
    terminal.answer("Administrators' e-mail addresses", "ada@acme.example");
    terminal.answer("Organisation", "");
    terminal.answer("Where the store is", "");
    terminal.answer("What to do with calls", "");
    terminal.answer("The area", "circle 48.2082 16.3738 20km");
    terminal.answer("How often a browser posts", "");
    terminal.answer("How old a position may be", "");
    terminal.answer("The simulator's XSPs", endpoints());
  }

  Site simulator{"  mode: observe"};
};

TEST_F(SetupFlow, R103_from_nothing_to_a_daemon_that_somebody_is_logged_in_to) {
  Terminal setup({tool, "setup", "--dir", dir(), "--start"});
  type_answers(setup);
  if (HasFatalFailure()) return;
  ASSERT_TRUE(setup.shows("Write " + file("wardroom.yaml") + "? [Y/n]")) << setup.screen();
  EXPECT_FALSE(setup.screen().contains("failed")) << setup.screen();
  for (auto const* name : {"Webex", "client id", "client secret", "store", "port"})
    EXPECT_TRUE(setup.screen().contains("ok     " + std::string(name))) << setup.screen();
  setup.type("y\n");
  ASSERT_TRUE(setup.shows("ready")) << setup.screen();
  EXPECT_EQ(setup.end(), 0) << setup.screen();
  EXPECT_FALSE(setup.screen().contains(secret)) << "the secret is shown";
  EXPECT_FALSE(text_of(file("wardroom.yaml")).contains(secret));
  EXPECT_EQ(mode_of("client_secret"), 0600u);
  EXPECT_EQ(mode_of("master.key"), 0600u);
  EXPECT_EQ(mode_of("wardroom.yaml") & 0037, 0u);
  EXPECT_EQ(mode_of("state"), 0700u);

  auto const socket = file("run/control.sock");
  Terminal wait({tool, "--socket", socket, "wait", "--for", "ready"});
  EXPECT_EQ(wait.end(), 0) << wait.screen();
  EXPECT_EQ(simulator.sim_post("/sim/faults", {{"device_interval_s", 1}}).status / 100, 2);
  auto const tried_out = codes();  // of setup's own question about the client
  Terminal login({tool, "--socket", socket, "login", "--no-qr"});
  ASSERT_TRUE(login.shows("Waiting for the sign-in")) << login.screen();
  ASSERT_TRUE(eventually(10s, [&] { return codes().size() > tried_out.size(); }));
  for (auto const& code : codes())
    if (!tried_out.contains(code))
      EXPECT_EQ(
          simulator.sim_post("/sim/device", {{"user_code", code}, {"email", "ada@acme.example"}})
              .status,
          200);
  EXPECT_TRUE(login.shows("Logged in as Ada")) << login.screen();
  EXPECT_EQ(login.end(), 0) << login.screen();

  Terminal again({tool, "setup", "--dir", dir()});
  EXPECT_TRUE(again.shows("Nothing is missing")) << again.screen();
  EXPECT_EQ(again.end(), 0) << again.screen();
  EXPECT_TRUE(again.screen().contains("held by this site's wardroomd")) << again.screen();
}

TEST_F(SetupFlow, ctrl_c_in_the_middle_leaves_nothing_behind) {
  Terminal setup({tool, "setup", "--dir", dir()});
  setup.answer("Where the daemon listens", listen());
  setup.answer("What browsers call it", "");
  setup.answer("Webex API", simulator.sim_url() + "/v1");
  setup.answer("Client id of the integration", "C-wardroom-demo");
  ASSERT_TRUE(setup.shows("(not shown) > ")) << setup.screen();
  setup.type("\x03");
  EXPECT_EQ(setup.end(), 130) << setup.screen();
  EXPECT_TRUE(setup.screen().contains("given up; nothing was changed")) << setup.screen();
  EXPECT_FALSE(fs::exists(dir()));
}

TEST_F(SetupFlow, ctrl_c_while_webex_keeps_silent_ends_the_trial_at_once) {
  int const silent = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ASSERT_EQ(::bind(silent, reinterpret_cast<sockaddr*>(&at), size), 0);
  ASSERT_EQ(::listen(silent, 8), 0);
  ::getsockname(silent, reinterpret_cast<sockaddr*>(&at), &size);
  auto const answers =
      write("answers", "http.listen=" + listen() +
                           "\nwebex.api=http://127.0.0.1:" + std::to_string(ntohs(at.sin_port)) +
                           "/v1\nidentities.admin.client_id=C-wardroom-demo\n"
                           "identities.admin.client_secret_file=" +
                           write("secret", "x") + "\ncall_blocking.fences=none\n");
  Terminal setup({tool, "setup", "--dir", dir(), "--answers", answers});
  ASSERT_TRUE(setup.shows("store ")) << setup.screen();
  auto const begun = std::chrono::steady_clock::now();
  setup.type("\x03");
  EXPECT_EQ(setup.end(), 130) << setup.screen();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 3s);
  EXPECT_FALSE(fs::exists(dir()));
  ::close(silent);
}

TEST_F(SetupFlow, a_wrong_client_id_and_a_wrong_secret_are_told_before_anything_is_written) {
  auto const wrong_secret = write("wrong_secret", "not-the-secret\n");
  auto const tried = [&](std::string const& client) {
    auto const answers =
        write("answers", "http.listen=" + listen() + "\nwebex.api=" + simulator.sim_url() +
                             "/v1\nidentities.admin.client_id=" + client +
                             "\nidentities.admin.client_secret_file=" + wrong_secret +
                             "\ncall_blocking.fences=none\ncall_blocking.xsi.endpoints='" +
                             endpoints() + "'\n");
    Terminal setup({tool, "setup", "--dir", dir(), "--answers", answers});
    EXPECT_EQ(setup.end(), 1) << setup.screen();
    EXPECT_FALSE(fs::exists(dir()));
    return setup.screen();
  };
  EXPECT_TRUE(tried("C-nobody").contains("failed client id")) << tried("C-nobody");
  auto const secret_told = tried("C-wardroom-demo");
  EXPECT_TRUE(secret_told.contains("ok     client id")) << secret_told;
  EXPECT_TRUE(secret_told.contains("failed client secret")) << secret_told;
}

}  // namespace
}  // namespace wardroom::test
