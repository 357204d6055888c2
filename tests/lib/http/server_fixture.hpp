/// A server on a real socket and clients that send raw bytes, all on the test's own thread.
#pragma once
#include "http/router.hpp"
#include "http/server.hpp"
#include "runtime/task_group.hpp"
#include "support/fake_clock.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace wardroom::http {

/// A socket that never blocks. `pump` runs the loop for a moment while waiting.
class RawClient {
 public:
  RawClient(std::function<void()> pump, std::uint16_t port) : pump_(std::move(pump)) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    finish_connect(reinterpret_cast<sockaddr*>(&to), sizeof to);
  }
  RawClient(std::function<void()> pump, std::string const& path) : pump_(std::move(pump)) {
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, path.data(), path.size());
    finish_connect(reinterpret_cast<sockaddr*>(&to), sizeof to);
  }
  RawClient(RawClient&& other) noexcept
      : received(std::move(other.received)),
        pump_(std::move(other.pump_)),
        fd_(std::exchange(other.fd_, -1)),
        ended_(other.ended_) {}
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient() { leave(); }

  void leave() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }

  /// Gives up quietly when the server has closed: what it answered counts then.
  void send(std::string_view bytes) {
    auto const end = deadline();
    while (!bytes.empty() && std::chrono::steady_clock::now() < end) {
      auto const sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      if (sent < 0 && errno != EAGAIN) return;
      if (sent < 0) pump_();
    }
  }

  /// Takes what is there; false once the server has closed.
  bool take() {
    char buffer[16 * 1024];
    for (;;) {
      auto const got = ::recv(fd_, buffer, sizeof buffer, 0);
      if (got < 0 && errno == EAGAIN) return true;
      if (got <= 0) ended_ = true;
      if (got <= 0) return false;
      received.append(buffer, static_cast<std::size_t>(got));
    }
  }
  bool wait_until(std::function<bool()> const& enough) {
    auto const end = deadline();
    while (!enough() && std::chrono::steady_clock::now() < end) {
      pump_();
      take();
    }
    return enough();
  }
  bool wait_for(std::string_view text) {
    return wait_until([&] { return received.find(text) != std::string::npos; });
  }
  bool wait_for_close() {
    return wait_until([&] { return ended_; });
  }
  /// The next complete answer (with Content-Length) is cut off `received`.
  std::string answer() {
    std::size_t end = 0;
    wait_until([&] { return ended_ || (end = complete()) > 0; });
    if (end == 0) end = complete();
    auto const out = received.substr(0, end);
    received.erase(0, end);
    return out;
  }
  std::string ask(std::string_view request) {
    send(request);
    return answer();
  }
  bool ended() const { return ended_; }
  void step() { pump_(); }

  std::string received;

 private:
  static std::chrono::steady_clock::time_point deadline() {
    return std::chrono::steady_clock::now() + std::chrono::seconds(10);
  }
  void finish_connect(sockaddr const* to, socklen_t size) {
    if (::connect(fd_, to, size) != 0) ADD_FAILURE() << "connect: " << std::strerror(errno);
    ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
  }
  /// haproxy writes header names in lower case.
  std::size_t find_length() const {
    auto const field = received.find("Content-Length: ");
    return std::min(field, received.find("content-length: "));
  }
  std::size_t complete() const {
    auto const head = received.find("\r\n\r\n");
    if (head == std::string::npos) return 0;
    auto const field = find_length();
    if (field == std::string::npos || field > head) return head + 4;
    auto const size = head + 4 + std::stoul(received.substr(field + 16));
    return received.size() >= size ? size : 0;
  }

  std::function<void()> pump_;
  int fd_ = -1;
  bool ended_ = false;
};

struct ServerFixture : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  std::vector<std::string> failures;
  TaskGroup tasks{io.get_executor(), [this](std::string_view name, std::exception_ptr) {
                    failures.emplace_back(name);
                  }};
  Router router{tasks};
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;

  void listen(Server::Options options = {}) {
    server = std::make_unique<Server>(io.get_executor(), clock, router, std::move(options));
    auto bound = server->listen_tcp("127.0.0.1:0");
    ASSERT_TRUE(bound) << bound.error().what;
    port = *bound;
  }
  std::function<void()> pump() {
    return [this] {
      io.restart();
      io.run_one_for(std::chrono::milliseconds(1));
    };
  }
  RawClient connect() { return {pump(), port}; }
  void run_until(std::function<bool()> const& enough) {
    auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!enough() && std::chrono::steady_clock::now() < end) pump()();
    ASSERT_TRUE(enough());
  }
  /// Echoes the body.
  void add_echo(std::size_t limit = 4096) {
    router.add({.method = Method::post, .pattern = "/echo", .body_limit = limit},
               [](ServerRequest& request, Responder responder) {
                 responder.send(text(200, std::string(request.body)));
               });
  }
  void add_hello() {
    router.add({.pattern = "/hello"},
               [](ServerRequest&, Responder responder) { responder.send(text(200, "hello")); });
  }
  void TearDown() override {
    server.reset();
    clock.drain();
    EXPECT_EQ(tasks.running(), 0u);
  }
};

inline std::string get(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: w\r\n\r\n";
}
inline std::string post(std::string_view path, std::string_view body,
                        std::string_view type = "text/plain") {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: w\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}
inline int status_of(std::string_view answer) {
  return answer.size() > 12 ? std::stoi(std::string(answer.substr(9, 3))) : 0;
}
inline std::string body_of(std::string_view answer) {
  auto const end = answer.find("\r\n\r\n");
  return end == std::string_view::npos ? "" : std::string(answer.substr(end + 4));
}

}  // namespace wardroom::http
