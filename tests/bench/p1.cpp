// P1: location posts over keep-alive HTTP, answered after the commit, on SQLite and on PostgreSQL,
// beside a bare epoll server and nginx.
#include "bench/bench_store.hpp"
#include "bench/epoll_server.hpp"
#include "bench/measured.hpp"
#include "bench/posts.hpp"
#include "bench/runs.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace wardroom::bench {
namespace {

constexpr int sessions = 200'000;
constexpr double seconds = 5, open_rate = 20'000;

constexpr auto policy = R"(  mode: observe
  post_interval: 2s
  fences:
    - { name: vienna, circle: { at: [48.2082, 16.3738], radius: 20km }, people: { all: true } })";

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

/// The goals of P1 on one engine.
void measure_on(store::Engine engine, Figures& figures, Measured& floor, Measured& floor_open) {
  test::Site site(policy);
  BenchStore store(engine, site);
  store.fill(sessions, false);
  auto const on = std::string(store.name()) + ": ";
  site.set_store(store.url());
  site.write_config(policy);
  site.log_at("info");
  site.start_daemon();
  auto const posts = scattered_posts(site, sessions, sessions);
  auto const daemon = Child::watch(site.daemon().pid());
  LoadOptions load{
      .port = port_of(site), .connections = 256, .seconds = seconds, .requests = posts};
  auto ours = measure(daemon, load);
  if (ours.load.answered == 0)
    throw std::runtime_error("no post was accepted: " + site.daemon_log());
  auto const rate = ours.load.per_second();
  auto const p99 = ours.load.latencies.percentile_ms(99);
  auto const errors = static_cast<double>(ours.load.errors);
  figures.add({"P1", on + "accepted posts a second, 256 connections", rate, "/s",
               "bare epoll server", rate / floor.load.per_second(), ">= 50,000/s", rate >= 50'000});
  figures.add({"P1", on + "answer after commit, 256 connections, p50",
               ours.load.latencies.percentile_ms(50), "ms"});
  figures.add({"P1", on + "answer after commit, 256 connections, p99", p99, "ms",
               "bare epoll server p99", p99 / floor.load.latencies.percentile_ms(99), "<= 15 ms",
               p99 <= 15});
  figures.add(
      {"P1", on + "other answers and errors in that run", errors, "", "", {}, "0", errors == 0});
  load.rate = open_rate;
  auto ours_open = measure(daemon, load);
  auto const ratio = ours_open.cpu_us / floor_open.cpu_us;
  figures.add({"P1", on + "CPU a post, open loop 20,000/s", ours_open.cpu_us, "us",
               "bare epoll server, same rate", ratio, "ratio <= 1.9", ratio <= 1.9});
  auto const open_p99 = ours_open.load.latencies.percentile_ms(99);
  figures.add({"P1", on + "open loop 20,000/s, p99", open_p99, "ms", "bare epoll server p99",
               open_p99 / floor_open.load.latencies.percentile_ms(99)});
  site.stop_daemon();
}

}  // namespace

void run_p1(Figures& figures) {
  test::Site site(policy);  // for its folder, and posts of the same size
  auto const posts = scattered_posts(site, sessions, sessions);
  std::uint16_t bare_port = 0;
  int const listener = listen_on_loopback(bare_port);
  auto bare = Child::fork_into([&] { serve_fixed_answers(listener); });
  ::close(listener);
  LoadOptions load{.port = bare_port, .connections = 256, .seconds = seconds, .requests = posts};
  auto floor = measure(bare, load);
  figures.add({"P1", "bare epoll server, 256 connections", floor.load.per_second(), "/s"});
  load.rate = open_rate;
  auto floor_open = measure(bare, load);
  bare.kill_now();
  if (std::filesystem::exists("/usr/sbin/nginx")) {
    test::ReservedPort const reserved;
    auto nginx = start_nginx(site.folder(), reserved.number());
    test::eventually(std::chrono::seconds(3), [&] {
      return test::http({.url = fmt::format("http://127.0.0.1:{}/", reserved.number())}).status ==
             204;
    });
    load.port = reserved.number();
    load.rate = 0;
    figures.add({"P1", "nginx return 204, 256 connections", run_load(load).per_second(), "/s"});
  }
  measure_on(store::Engine::sqlite, figures, floor, floor_open);
  measure_on(store::Engine::postgres, figures, floor, floor_open);
}

}  // namespace wardroom::bench
