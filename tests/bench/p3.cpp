// P3: bytes of an XSI event arrive → the bytes of its DELETE are written, beside a minimal TLS loop
// that does nothing but read and write. Four loads on one daemon: 2,000 events a second; the same
// with 10,000 location posts a second beside it; against a peer that answers after 40 ms; bursts.
#include "bench/bench_site.hpp"
#include "bench/child.hpp"
#include "bench/load.hpp"
#include "bench/p3_floor.hpp"
#include "bench/posts.hpp"
#include "bench/runs.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <functional>
#include <stdexcept>
#include <thread>

namespace wardroom::bench {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr int people = 1'000'000;
constexpr int blocked_people = 1'000;
constexpr double event_rate = 2'000, post_rate = 10'000;
constexpr int bursts = 3, burst_events = 10'000;

/// CPU of the daemon's loop, and of all its other threads, since `before`.
struct Split {
  double loop = 0, others = 0;
};
Split split(Child const& daemon, std::map<std::string, double> const& before) {
  Split out;
  for (auto const& [thread, seconds] : daemon.cpu_by_thread()) {
    auto const known = before.find(thread);
    (thread == std::to_string(daemon.pid()) ? out.loop : out.others) +=
        seconds - (known == before.end() ? 0 : known->second);
  }
  return out;
}

/// The daemon under measurement, with the people it knows.
struct Subject {
  test::Site& site;
  asio::io_context& io;
  BenchXsp& xsp;
  Figures& figures;
  Floor floor;

  std::uint64_t overflows() const {
    auto const status = site.control("/v1/monitor/status");
    if (status.is_object() && status.contains("monitoring"))
      return status["monitoring"].value("overflows", std::uint64_t{0});
    return 0;
  }
  void add(std::string const& load, std::string const& what, double value, std::string unit) {
    figures.add({.id = "P3", .what = load + ": " + what, .value = value, .unit = std::move(unit)});
  }
  void add_none(std::string const& load, std::string const& what, double value) {
    figures.add({"P3", load + ": " + what, value, "", "", {}, "0", value == 0});
  }
  void add_counts(std::string const& load, std::uint64_t overflows_before) {
    auto& seen = xsp.seen();
    if (seen.releases.count() == 0)
      throw std::runtime_error(load + ": no call was released: " + site.daemon_log());
    add_none(load, "calls to be released and not released",
             static_cast<double>(seen.expected) - static_cast<double>(seen.released));
    add_none(load, "calls released by mistake", static_cast<double>(seen.strays));
    add_none(load, "events without an acknowledgement",
             static_cast<double>(seen.events) - static_cast<double>(seen.acknowledged));
    add_none(load, "events dropped (overflow)",
             static_cast<double>(overflows() - overflows_before));
    add(load, "events, the ends of released calls included", static_cast<double>(seen.events), "");
    auto const late = seen.acks.percentile_ms(99);
    figures.add({"P3",
                 load + ": event to its acknowledgement, p99",
                 late,
                 "ms",
                 "",
                 {},
                 "<= 500 ms",
                 late <= 500});
  }
  void add_cpu(std::string const& load, Split const& used, std::string const& note = "") {
    auto const events = static_cast<double>(xsp.seen().events);
    add(load, "CPU an event on the loop" + note, used.loop / events * 1e6, "us");
    add(load, "CPU an event on the other threads" + note, used.others / events * 1e6, "us");
  }

  /// `goal_us` = p99 of event to DELETE. `beside` runs on a thread of its own meanwhile.
  void steady(std::string const& load, double seconds, double goal_us,
              std::function<void()> const& beside = {}) {
    fmt::print(stderr, "    {}\n", load);
    auto const daemon = Child::watch(site.daemon().pid());
    xsp.reset();
    auto const dropped = overflows();
    std::thread other;
    if (beside) other = std::thread(beside);
    if (beside) run_for(io, 1500ms);  // its connections stand
    auto const before = daemon.cpu_by_thread();
    drive(io, xsp, event_rate, seconds, people, blocked_people);
    auto const used = split(daemon, before);
    if (beside) other.join();
    auto& releases = xsp.seen().releases;
    auto const p50 = releases.percentile_us(50), p99 = releases.percentile_us(99);
    figures.add({"P3", load + ": event to DELETE, p50", p50, "us", "minimal SSL loop p50",
                 p50 / floor.p50});
    figures.add({"P3", load + ": event to DELETE, p99", p99, "us", "minimal SSL loop p99",
                 p99 / floor.p99, fmt::format("<= {} us", goal_us), p99 <= goal_us});
    add(load, "event to DELETE, p99.9", releases.percentile_us(99.9), "us");
    add_counts(load, dropped);
    add_cpu(load, used, beside ? ", posts included" : "");
    add(load, "connections opened meanwhile", static_cast<double>(xsp.seen().connections), "");
  }

  /// The worst of some bursts.
  void burst() {
    std::string const load = "burst of 10,000 in 1 s";
    fmt::print(stderr, "    {}\n", load);
    auto const daemon = Child::watch(site.daemon().pid());
    xsp.reset();
    auto const dropped = overflows();
    Split used;
    double worst = 0, best = 0;
    BenchXsp::Seen all;
    for (int i = 0; i < bursts; ++i) {
      auto const before = daemon.cpu_by_thread();
      drive(io, xsp, burst_events, 1, people, blocked_people);
      auto const now = split(daemon, before);
      used.loop += now.loop;
      used.others += now.others;
      auto const p99 = xsp.seen().since(all).percentile_ms(99);
      all = xsp.seen();
      worst = std::max(worst, p99);
      best = i == 0 ? p99 : std::min(best, p99);
      run_for(io, 2000ms);
    }
    figures.add({"P3",
                 load + ": event to DELETE, p99 of the worst of three",
                 worst,
                 "ms",
                 "",
                 {},
                 "<= 5 ms",
                 worst <= 5});
    add(load, "event to DELETE, p99 of the best of three", best, "ms");
    add_counts(load, dropped);
    add_cpu(load, used);
  }
};

}  // namespace

void run_p3(Figures& figures) {
  test::Site site("  mode: enforce");
  site.log_at("info");
  make_certificate(site.folder());
  asio::io_context io{1};
  auto const floor = measure_floor(io, site.folder());
  BenchXsp xsp(io, site.folder());
  start_with_events(site, io, xsp, people, blocked_people);
  Subject subject{site, io, xsp, figures, floor};
  figures.add({.id = "P3", .what = "minimal SSL loop, p50", .value = floor.p50, .unit = "us"});
  figures.add({.id = "P3", .what = "minimal SSL loop, p99", .value = floor.p99, .unit = "us"});

  drive(io, xsp, 500, 2, people, blocked_people);  // connections and caches warm
  subject.steady("2,000 events/s", 10, 500);
  subject.burst();

  auto const posts = scattered_posts(site, people, 120'000);
  LoadResult posted;
  subject.steady("2,000 events/s + 10,000 posts/s", 8, 1'000, [&] {
    posted = run_load({.port = port_of(site),
                       .connections = 256,
                       .seconds = 9.5,
                       .rate = post_rate,
                       .requests = posts});
  });
  figures.add({.id = "P3",
               .what = "posts beside it: accepted",
               .value = posted.per_second(),
               .unit = "/s"});
  figures.add({.id = "P3",
               .what = "posts beside it: p99",
               .value = posted.latencies.percentile_ms(99),
               .unit = "ms"});
  subject.add_none("posts beside it", "other answers and errors",
                   static_cast<double>(posted.errors));

  xsp.set_answer_delay(40ms);
  drive(io, xsp, event_rate, 4, people,
        blocked_people);  // connections grow to what such a peer needs
  subject.steady("2,000 events/s, answers after 40 ms", 8, 500);
}

}  // namespace wardroom::bench
