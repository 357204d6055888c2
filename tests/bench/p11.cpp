// P11: what a post and an event cost with 10^4, 10^5 and 10^6 known people. All three daemons run
// at once and are measured in turns, so that a busy moment of the machine meets all of them; of
// each the best turn counts.
#include "bench/bench_site.hpp"
#include "bench/measured.hpp"
#include "bench/p3_floor.hpp"
#include "bench/posts.hpp"
#include "bench/runs.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <thread>

namespace wardroom::bench {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr std::array<int, 3> sizes{10'000, 100'000, 1'000'000};
constexpr int turns = 3, blocked_people = 1'000;
constexpr double post_rate = 10'000, post_seconds = 3, event_rate = 1'000, event_seconds = 3;

/// One daemon that knows so many.
struct Subject {
  explicit Subject(asio::io_context& io, int known) : people(known), site("  mode: enforce") {
    site.log_at("info");
    make_certificate(site.folder());
    xsp = std::make_unique<BenchXsp>(io, site.folder());
    start_with_events(site, io, *xsp, people, blocked_people);
    posts = scattered_posts(site, people, std::min(people, 300'000));
    drive(io, *xsp, 500, 1, people, blocked_people);
  }

  void turn(asio::io_context& io) {
    auto const daemon = Child::watch(site.daemon().pid());
    xsp->reset();
    auto const before = daemon.cpu_seconds();
    drive(io, *xsp, event_rate, event_seconds, people, blocked_people);
    run_for(io, 300ms);  // the records of the last calls
    event_us = std::min(
        event_us, (daemon.cpu_seconds() - before) / static_cast<double>(xsp->seen().events) * 1e6);
    Measured posted;
    std::thread load([&] {
      posted = measure(daemon, {.port = port_of(site),
                                .connections = 64,
                                .seconds = post_seconds,
                                .rate = post_rate,
                                .requests = posts,
                                .warm_up_seconds = 0.5});
    });
    run_for(io, std::chrono::milliseconds(static_cast<int>(post_seconds * 1000) + 800));
    load.join();
    post_us = std::min(post_us, posted.cpu_us);
    errors += static_cast<double>(posted.load.errors);
  }

  int people;
  test::Site site;
  std::unique_ptr<BenchXsp> xsp;
  std::vector<std::string> posts;
  double post_us = std::numeric_limits<double>::max();
  double event_us = std::numeric_limits<double>::max();
  double errors = 0;
};

void add_growth(Figures& figures, std::string const& what, double least, double most) {
  auto const doublings = std::log2(static_cast<double>(sizes.back()) / sizes.front());
  auto const growth = (std::pow(most / least, 1 / doublings) - 1) * 100;
  figures.add({"P11",
               what + ": growth a doubling, 10^4 to 10^6 people",
               growth,
               "%",
               "",
               {},
               "<= 10 %",
               growth <= 10});
}

}  // namespace

void run_p11(Figures& figures) {
  asio::io_context io{1};
  std::vector<std::unique_ptr<Subject>> all;
  for (auto const people : sizes) all.push_back(std::make_unique<Subject>(io, people));
  for (int i = 0; i < turns; ++i)
    for (auto const& subject : all) subject->turn(io);
  auto const& least = *all.front();
  double errors = 0;
  for (auto const& s : all) {
    figures.add({"P11", fmt::format("CPU a post at 10,000/s, {} people", s->people), s->post_us,
                 "us", "10,000 people", s->post_us / least.post_us});
    errors += s->errors;
  }
  for (auto const& s : all)
    figures.add({"P11", fmt::format("CPU an event at 1,000/s, {} people", s->people), s->event_us,
                 "us", "10,000 people", s->event_us / least.event_us});
  add_growth(figures, "CPU a post", least.post_us, all.back()->post_us);
  add_growth(figures, "CPU an event", least.event_us, all.back()->event_us);
  figures.add({"P11", "other answers and errors", errors, "", "", {}, "0", errors == 0});
}

}  // namespace wardroom::bench
