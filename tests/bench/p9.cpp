// P9: a control round trip over the Unix socket, beside a socketpair echo in the same run.
#include "bench/runs.hpp"

#include <cstring>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace wardroom::bench {
namespace {

constexpr int rounds = 20'000;

/// Writes `request`, reads until `complete` says so; `rounds` times.
template <class Complete>
Latencies round_trips(int fd, std::string const& request, Complete complete) {
  Latencies out;
  std::string in;
  std::vector<char> buffer(65536);
  for (int i = 0; i < rounds + 500; ++i) {
    auto const start = now_ns();
    if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0)
      throw std::runtime_error("the other end closed");
    in.clear();
    while (!complete(in)) {
      auto const got = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) throw std::runtime_error("the other end closed");
      in.append(buffer.data(), static_cast<std::size_t>(got));
    }
    if (i >= 500) out.add(now_ns() - start);  // the first ones warm caches
  }
  return out;
}

Latencies echo_reference() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    throw std::runtime_error("socketpair failed");
  std::thread echo([&] {
    char buffer[4096];
    for (ssize_t got; (got = ::recv(pair[1], buffer, sizeof buffer, 0)) > 0;)
      ::send(pair[1], buffer, static_cast<std::size_t>(got), MSG_NOSIGNAL);
  });
  std::string const request(120, 'x');
  auto out = round_trips(pair[0], request,
                         [&](std::string const& in) { return in.size() >= request.size(); });
  ::shutdown(pair[0], SHUT_RDWR);
  echo.join();
  ::close(pair[0]);
  ::close(pair[1]);
  return out;
}

}  // namespace

void run_p9(Figures& figures) {
  test::Site site("  mode: observe");
  site.log_at("info");
  site.start_daemon();
  int const fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{.sun_family = AF_UNIX};
  std::strncpy(address.sun_path, (site.folder() + "/control.sock").c_str(),
               sizeof address.sun_path - 1);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("the control socket does not answer");
  auto ours = round_trips(
      fd, "GET /v1/health HTTP/1.1\r\nHost: wardroom\r\n\r\n", [](std::string const& in) {
        auto const end = in.find("\r\n\r\n");
        auto const length = in.find("ontent-Length: ");
        return end != std::string::npos && length < end &&
               in.size() >= end + 4 + std::strtoul(in.c_str() + length + 15, nullptr, 10);
      });
  ::close(fd);
  auto reference = echo_reference();
  auto const p99 = ours.percentile_us(99);
  figures.add({"P9", "control round trip (health), p50", ours.percentile_us(50), "us",
               "socketpair echo p50", ours.percentile_us(50) / reference.percentile_us(50)});
  figures.add({"P9", "control round trip (health), p99", p99, "us", "socketpair echo p99",
               p99 / reference.percentile_us(99), "<= 500 us", p99 <= 500});
  figures.add({"P9", "socketpair echo, p99", reference.percentile_us(99), "us"});
}

}  // namespace wardroom::bench
