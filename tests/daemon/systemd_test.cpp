// The daemon under a service manager: notifications, sockets handed over, restarts that lose
// nothing.
#include "support/site.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <atomic>
#include <cstring>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace wardroom::test {
namespace {

using namespace std::chrono_literals;

/// The other end of $NOTIFY_SOCKET.
class NotifySocket {
 public:
  explicit NotifySocket(std::string path)
      : path_(std::move(path)), fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{.sun_family = AF_UNIX};
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  ~NotifySocket() { ::close(fd_); }
  /// Whether a message with `line` has come, now or within `limit`.
  bool heard(std::string const& line, std::chrono::milliseconds limit = 10s) {
    return eventually(limit, [&] {
      char buffer[4096];
      for (ssize_t got; (got = ::recv(fd_, buffer, sizeof buffer, 0)) > 0;)
        all_.append(buffer, static_cast<std::size_t>(got)).append("\n");
      return all_.find(line) != std::string::npos;
    });
  }
  void forget() { all_.clear(); }
  std::string const& all() const { return all_; }
  std::string const& path() const { return path_; }

 private:
  std::string path_, all_;
  int fd_;
};

int listen_on(std::uint16_t port) {
  int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int const on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(fd, 1024), 0);
  return fd;
}

TEST(Systemd, G2_tells_ready_reloading_and_stopping) {
  Site site("  mode: observe");
  NotifySocket notify(site.folder() + "/notify");
  site.start_daemon(
      {.environment = {{"NOTIFY_SOCKET", notify.path()}, {"WATCHDOG_USEC", "400000"}}});
  EXPECT_TRUE(notify.heard("READY=1"));
  EXPECT_TRUE(notify.heard("STATUS=starting: reading people"));
  EXPECT_TRUE(notify.heard("EXTEND_TIMEOUT_USEC=30000000")) << "a start may take its time";
  EXPECT_TRUE(notify.heard("STATUS=running"));
  EXPECT_TRUE(notify.heard("WATCHDOG=1"));
  notify.forget();
  site.daemon().signal(SIGHUP);
  EXPECT_TRUE(notify.heard("RELOADING=1"));
  EXPECT_TRUE(notify.heard("MONOTONIC_USEC="));
  EXPECT_TRUE(notify.heard("READY=1"));
  auto const before = std::chrono::steady_clock::now();
  EXPECT_EQ(site.stop_daemon(), 0) << site.daemon_log();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
  EXPECT_TRUE(notify.heard("STOPPING=1"));
}

// New connections wait in the backlog of the socket the service manager holds.
TEST(Systemd, G1_restarts_with_handed_over_sockets_lose_no_post) {
  auto const* count = std::getenv("WARDROOM_COUNT");
  int const restarts = count ? std::atoi(count) : 5;
  Site site("  mode: observe");
  int const listener = listen_on(site.http_port());
  Process::Extras const extras{.sockets = {{"http", listener}}};
  site.start_daemon(extras);
  site.go_live();  // before an administrator came, the organisation is not known
  auto browser = site.browser("ada@acme.example");
  ASSERT_TRUE(browser.sign_in()) << browser.last().body;
  std::atomic<bool> over{false};
  std::atomic<int> fine{0};
  std::atomic<int> failed{0};
  std::thread client([&] {
    while (!over) {
      auto const answer = browser.post_location(48.2, 16.37, 10);
      if (answer.status == 204)
        ++fine;
      else if (answer.status == 429)
        std::this_thread::sleep_for(20ms);  // our own limit, not a loss
      else
        ++failed;
    }
  });
  for (int i = 0; i < restarts; ++i) {
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(site.stop_daemon(), 0) << site.daemon_log();
    site.start_daemon(extras);
  }
  over = true;
  client.join();
  ::close(listener);
  EXPECT_EQ(failed, 0);
  EXPECT_GT(fine, 0);
}

TEST(Exit, a_bad_configuration_ends_with_78_and_names_every_mistake) {
  Site site(
      "  mode: enforc\n  timeout: 3s\n  fences: [{ name: x, circle: { at: [1], radius: far } }]");
  Process daemon(
      {WARDROOM_BUILD_DIR "/daemon/wardroomd", "--config", site.folder() + "/wardroom.yaml"},
      site.folder() + "/daemon.log");
  EXPECT_EQ(daemon.wait(10s), 78);
  auto const log = site.daemon_log();
  EXPECT_NE(log.find("did you mean 'enforce'"), std::string::npos) << log;
  EXPECT_NE(log.find("wardroom.yaml:"), std::string::npos) << log;
}

TEST(Exit, a_second_daemon_on_the_same_state_ends_with_75) {
  Site site("  mode: observe");
  site.start_daemon();
  Process second(
      {WARDROOM_BUILD_DIR "/daemon/wardroomd", "--config", site.folder() + "/wardroom.yaml"},
      site.folder() + "/second.log");
  EXPECT_EQ(second.wait(10s), 75);
}

TEST(Exit, T3_another_master_key_is_refused_and_changes_nothing) {
  Site site("  mode: observe");
  site.start_daemon();
  site.go_live();
  ASSERT_EQ(site.stop_daemon(), 0);
  auto const key = site.folder() + "/master.key";
  ASSERT_EQ(std::system(("sed -i s/a/b/g " + key).c_str()), 0);
  Process other(
      {WARDROOM_BUILD_DIR "/daemon/wardroomd", "--config", site.folder() + "/wardroom.yaml"},
      site.folder() + "/daemon.log");
  EXPECT_EQ(other.wait(10s), 78) << site.daemon_log();
  ASSERT_EQ(std::system(("sed -i s/b/a/g " + key).c_str()), 0);
  site.start_daemon();
  EXPECT_TRUE(eventually(10s, [&] { return site.channels_up(); })) << site.daemon_log();
}

}  // namespace
}  // namespace wardroom::test
