// P1: location posts over keep-alive HTTP, answered after the commit, beside a bare epoll server
// and nginx.
#include "bench/child.hpp"
#include "bench/epoll_server.hpp"
#include "bench/load.hpp"
#include "bench/prefill.hpp"
#include "bench/runs.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace wardroom::bench {
namespace {

constexpr int sessions = 200'000;
constexpr double seconds = 6;

std::vector<std::string> make_posts(test::Site const& site, std::string const& cookie) {
  std::vector<std::string> out;
  out.reserve(sessions);
  auto const host = site.daemon_url().substr(7);
  for (int i = 0; i < sessions; ++i) {
    auto const body = fmt::format(R"({{"latitude":{:.5f},"longitude":{:.5f},"accuracy":{}}})",
                                  48.15 + i % 1000 * 1e-4, 16.30 + i / 1000 * 1e-4, 5 + i % 50);
    out.push_back(
        fmt::format("POST /api/v1/location HTTP/1.1\r\nHost: {}\r\nCookie: {}={}\r\nContent-Type: "
                    "application/json\r\n"
                    "Origin: http://{}\r\nContent-Length: {}\r\n\r\n{}",
                    host, cookie, prefilled_token(i), host, body.size(), body));
  }
  return out;
}

struct Measured {
  LoadResult load;
  double cpu_us = 0;  ///< of the server, a request
};

Measured measure(Child const& server, LoadOptions options) {
  auto const before = server.cpu_seconds();
  Measured out{run_load(options)};
  auto const all = static_cast<double>(out.load.answered) *
                   (options.seconds + options.warm_up_seconds) / options.seconds;
  out.cpu_us = all > 0 ? (server.cpu_seconds() - before) / all * 1e6 : 0;
  return out;
}

/// nginx with one worker, `return 204`; its worker does the work, so its CPU is not compared.
Child start_nginx(std::string const& folder, std::uint16_t port) {
  std::ofstream(folder + "/nginx.conf") << fmt::format(
      "daemon off; worker_processes 1; pid {0}/nginx.pid; error_log /dev/null;\n"
      "events {{ worker_connections 1024; }}\n"
      "http {{ access_log off; keepalive_requests 100000000; client_body_temp_path {0}; "
      "proxy_temp_path {0}; fastcgi_temp_path {0};\n"
      "  uwsgi_temp_path {0}; scgi_temp_path {0}; server {{ listen 127.0.0.1:{1}; location / {{ "
      "return 204; }} }} }}\n",
      folder, port);
  return Child::run({"/usr/sbin/nginx", "-c", folder + "/nginx.conf", "-e", "/dev/null"});
}

}  // namespace

void run_p1(Figures& figures) {
  test::Site site(R"(  mode: observe
  post_interval: 2s
  fences:
    - { name: vienna, circle: { at: [48.2082, 16.3738], radius: 20km }, people: { all: true } })");
  site.log_at("info");
  prefill(site.folder() + "/state/wardroom.db", sessions, false);
  site.start_daemon();
  auto const posts = make_posts(site, "wardroom_person");
  auto const port = static_cast<std::uint16_t>(
      std::stoi(site.daemon_url().substr(site.daemon_url().rfind(':') + 1)));
  auto const daemon = Child::watch(site.daemon().pid());

  std::uint16_t bare_port = 0;
  int const listener = listen_on_loopback(bare_port);
  auto bare = Child::fork_into([&] { serve_fixed_answers(listener); });
  ::close(listener);

  LoadOptions closed{.port = bare_port, .connections = 256, .seconds = seconds, .requests = posts};
  auto floor = measure(bare, closed);
  test::ReservedPort const reserved;
  auto const nginx_port = reserved.number();
  double nginx_rate = 0;
  if (std::filesystem::exists("/usr/sbin/nginx")) {
    auto nginx = start_nginx(site.folder(), nginx_port);
    test::eventually(std::chrono::seconds(3), [&] {
      return test::http({.url = fmt::format("http://127.0.0.1:{}/", nginx_port)}).status == 204;
    });
    closed.port = nginx_port;
    nginx_rate = run_load(closed).per_second();
  }
  closed.port = port;
  auto ours = measure(daemon, closed);
  if (ours.load.answered == 0)
    throw std::runtime_error("no post was accepted: " + site.daemon_log());
  auto const rate = ours.load.per_second();
  auto p99 = ours.load.latencies.percentile_ms(99);
  figures.add({"P1", "accepted posts a second, 256 connections", rate, "/s", "bare epoll server",
               rate / floor.load.per_second(), ">= 50,000/s", rate >= 50'000});
  figures.add({"P1", "answer after commit, 256 connections, p50",
               ours.load.latencies.percentile_ms(50), "ms"});
  figures.add({"P1", "answer after commit, 256 connections, p99", p99, "ms",
               "bare epoll server p99", p99 / floor.load.latencies.percentile_ms(99), "<= 15 ms",
               p99 <= 15});
  figures.add({"P1",
               "other answers and errors in that run",
               static_cast<double>(ours.load.errors),
               "",
               "",
               {},
               "0",
               ours.load.errors == 0});
  figures.add({"P1", "bare epoll server, 256 connections", floor.load.per_second(), "/s"});
  if (nginx_rate > 0)
    figures.add(
        {"P1", "nginx return 204, 256 connections", nginx_rate, "/s", "", rate / nginx_rate});

  LoadOptions open{
      .port = bare_port, .connections = 256, .seconds = seconds, .rate = 20'000, .requests = posts};
  auto floor_open = measure(bare, open);
  open.port = port;
  auto ours_open = measure(daemon, open);
  figures.add({"P1", "CPU a post, open loop 20,000/s", ours_open.cpu_us, "us",
               "bare epoll server, same rate", ours_open.cpu_us / floor_open.cpu_us, "ratio <= 1.9",
               ours_open.cpu_us / floor_open.cpu_us <= 1.9});
  figures.add(
      {"P1", "open loop 20,000/s, p99", ours_open.load.latencies.percentile_ms(99), "ms",
       "bare epoll server p99",
       ours_open.load.latencies.percentile_ms(99) / floor_open.load.latencies.percentile_ms(99)});
}

}  // namespace wardroom::bench
