// P4: call detail records of 24 bridges with 1,000 live conferences: taken, decided, shown; beside
// the same sender against a bare server.
#include "bench/bench_cms.hpp"
#include "bench/child.hpp"
#include "bench/epoll_server.hpp"
#include "bench/p3_floor.hpp"
#include "bench/runs.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace wardroom::bench {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr int bridges = 24, conferences = 1'000, people_each = 4;
constexpr double sustained = 2'000, burst = 4'000;

/// Makes `rate` records a second; true when all were acknowledged within 10 s after.
bool drive(asio::io_context& io, BenchCms& cms, double rate, double seconds) {
  auto const start = std::chrono::steady_clock::now();
  auto const from = cms.made();
  auto const total = rate * seconds;
  for (;;) {
    auto const gone = std::chrono::duration<double>(std::chrono::steady_clock::now() - start);
    auto const due = std::min(total, gone.count() * rate);
    while (static_cast<double>(cms.made() - from) < due) cms.act();
    if (due >= total) break;
    run_for(io, 1ms);
  }
  for (int i = 0; i < 1'000 && !cms.idle(); ++i) run_for(io, 10ms);
  return cms.idle();
}

void begin(test::Site& site, BenchCms const& cms) {
  std::string yaml =
      "security_notices:\n  mode: enforce\n  internal_domains: [acme.example]\n"
      "  texts: { 1: \"Level 1\", 2: \"Level 2\", 3: \"Level 3\" }\n  bridges:\n";
  auto const password = site.folder() + "/cms_password";
  std::ofstream(password) << "bench\n";
  ::chmod(password.c_str(), 0600);
  for (int i = 0; i < bridges; ++i) {
    auto const secret = fmt::format("{}/cdr_secret_{}", site.folder(), i);
    std::ofstream(secret) << fmt::format("bench-secret-of-a-bridge-{}\n", i);
    ::chmod(secret.c_str(), 0600);
    yaml += fmt::format(
        "    - {{ name: cms{0}, api: \"http://127.0.0.1:{1}/api/v1\", username: api, "
        "password_file: {2}, cdr_secret_file: {3} }}\n",
        i, cms.api_port(i), password, secret);
  }
  site.add_sections(yaml);
  site.write_config("  mode: off");
  site.log_at("info");
}

/// While the loop answers the daemon, until it has read every bridge and every call shows a level.
void start(test::Site& site, asio::io_context& io, BenchCms& cms) {
  site.start_daemon();  // ready before it has read a bridge: nobody answers yet
  for (int i = 0; i < 12'000 && cms.seen().notices < conferences; ++i) run_for(io, 10ms);
  if (cms.seen().notices < conferences)
    throw std::runtime_error(fmt::format("only {} of {} calls show a level: {}", cms.seen().notices,
                                         conferences, site.control("/v1/cms/status").dump()));
  run_for(io, 3'000ms);
}

struct Phase {
  BenchCms::Seen seen;
  bool drained = false;
  std::size_t below = 0;  ///< calls that show less than is true, at the end
  double cpu_us = 0;      ///< of the receiver, a record
};
Phase measure(asio::io_context& io, BenchCms& cms, Child const& receiver, double rate,
              double seconds) {
  cms.reset();
  auto const before = receiver.cpu_seconds();
  Phase out;
  out.drained = drive(io, cms, rate, seconds);
  run_for(io, 1'000ms);  // notices of the last posts
  out.cpu_us = (receiver.cpu_seconds() - before) / static_cast<double>(cms.seen().records) * 1e6;
  out.seen = cms.seen();
  out.below = cms.below();
  return out;
}

void tell(Figures& figures, std::string const& on, Phase phase, Phase const& bare, double rate,
          double seconds) {
  auto& seen = phase.seen;
  auto const per_second = static_cast<double>(seen.records) / seconds;
  figures.add({"P4", on + "records acknowledged a second", per_second, "/s", "asked for",
               per_second / rate, fmt::format(">= {:.0f}/s, none refused", rate),
               phase.drained && seen.refused == 0 && per_second >= rate * 0.99});
  auto const p99 = seen.after_commit.percentile_ms(99);
  figures.add({"P4",
               on + "notice after the 200 of its post, p99 (0 = before it)",
               p99,
               "ms",
               "",
               {},
               "<= 5 ms",
               p99 <= 5});
  figures.add({"P4", on + "notice after the first byte of its post, p50",
               seen.after_post.percentile_ms(50), "ms"});
  figures.add({"P4", on + "notice after the first byte of its post, p99",
               seen.after_post.percentile_ms(99), "ms"});
  figures.add({"P4",
               on + "raises not shown a second after the end",
               static_cast<double>(seen.raises - seen.shown),
               "",
               "",
               {},
               "0",
               seen.raises == seen.shown});
  figures.add({"P4",
               on + "calls that show less than is true, at the end",
               static_cast<double>(phase.below),
               "",
               "",
               {},
               "0",
               phase.below == 0});
  figures.add({"P4", on + "200 after commit, p99", seen.answers.percentile_ms(99), "ms"});
  figures.add({"P4", on + "CPU a record, notices and readings included", phase.cpu_us, "us",
               "bare server, same sender", phase.cpu_us / bare.cpu_us});
  figures.add({"P4", on + "raises / API requests",
               static_cast<double>(seen.raises) / static_cast<double>(seen.requests), ""});
}

}  // namespace

void run_p4(Figures& figures) {
  std::uint16_t bare_port = 0;
  int const listener = listen_on_loopback(bare_port);
  auto bare = Child::fork_into([&] { serve_fixed_answers(listener); });
  ::close(listener);
  Phase floor;
  {
    asio::io_context io(1);
    BenchCms cms(io, bridges, conferences, people_each);
    cms.post_to(bare_port, "/cdr/");
    floor = measure(io, cms, bare, sustained, 3);
  }
  bare.kill_now();
  test::Site site("  mode: off");
  asio::io_context io(1);
  BenchCms cms(io, bridges, conferences, people_each);
  begin(site, cms);
  start(site, io, cms);
  auto const daemon = Child::watch(site.daemon().pid());
  auto const before = daemon.rss_mib();
  cms.post_to(site.http_port(), "/cdr/bench-secret-of-a-bridge-");
  // The first post of a session nobody knows puts its bridge in doubt until it was read.
  drive(io, cms, 500, 1);
  run_for(io, 20'000ms);
  tell(figures, "2,000/s for 15 s: ", measure(io, cms, daemon, sustained, 15), floor, sustained,
       15);
  tell(figures, "20,000 in 5 s: ", measure(io, cms, daemon, burst, 5), floor, burst, 5);
  figures.add({"P4", "RSS with 1,000 conferences", before, "MiB"});
  figures.add({"P4", "RSS after 50,000 records", daemon.rss_mib(), "MiB"});
}

}  // namespace wardroom::bench
