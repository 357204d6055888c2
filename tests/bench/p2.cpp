// P2: one million people who post every 30 s, all durable before the answer, on SQLite and on
// PostgreSQL; beside a bare epoll server under the same load and a file that takes the same
// batches.
#include "bench/bench_site.hpp"
#include "bench/bench_store.hpp"
#include "bench/epoll_server.hpp"
#include "bench/measured.hpp"
#include "bench/posts.hpp"
#include "bench/runs.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <future>
#include <stdexcept>
#include <unistd.h>

namespace wardroom::bench {
namespace {

using namespace std::chrono_literals;

constexpr int people = 1'000'000;
constexpr double rate = people / 30.0, seconds = 15, warm_up = 1;
constexpr int connections = 256;
constexpr double ready_goal_s = 10;

constexpr auto policy = R"(  mode: observe
  post_interval: 30s
  fences:
    - { name: vienna, circle: { at: [48.2082, 16.3738], radius: 20km }, people: { all: true } })";

LoadOptions load(std::uint16_t port, std::vector<std::string> const& posts) {
  return {.port = port,
          .connections = connections,
          .seconds = seconds,
          .rate = rate,
          .requests = posts,
          .warm_up_seconds = warm_up};
}

/// One engine's share of the figures.
class Run {
 public:
  Run(Figures& figures, test::Site& site, store::Engine engine, double p99_goal_ms)
      : figures_(figures),
        site_(site),
        p99_goal_ms_(p99_goal_ms),
        store_(engine, site),
        name_(store_.name()) {}

  void fill() { store_.fill(people, true); }

  void start_full() {
    filled_mib_ = store_.mib();
    site_.set_store(store_.url());
    site_.write_config(policy);
    site_.log_at("info");
    add_start("start to ready, 1,000,000 people with sessions and fixes", start_timed(site_), true);
  }

  void post(std::vector<std::string> const& posts, Measured const& floor) {
    auto const daemon = Child::watch(site_.daemon().pid());
    auto const server = store_.server_seconds();
    auto ours = measure(daemon, load(port_of(site_), posts));
    auto const served = store_.server_seconds() - server;
    site_.kill_daemon();
    if (ours.load.answered == 0)
      throw std::runtime_error(name_ + ": no post was accepted: " + site_.daemon_log());
    auto floor_latencies = floor.load.latencies;
    auto const p99 = ours.load.latencies.percentile_ms(99);
    add({"", "posts a second, answered after the commit", ours.load.per_second(), "/s"});
    add_none("other answers and errors", static_cast<double>(ours.load.errors));
    add({"", "p50", ours.load.latencies.percentile_ms(50), "ms"});
    add({"", "p99", p99, "ms", "bare epoll server p99", p99 / floor_latencies.percentile_ms(99),
         fmt::format("<= {} ms", p99_goal_ms_), p99 <= p99_goal_ms_});
    add({"", "CPU a post", ours.cpu_us, "us", "bare epoll server, same load",
         ours.cpu_us / floor.cpu_us, "ratio <= 1.9", ours.cpu_us / floor.cpu_us <= 1.9});
    if (server > 0)
      add({"", "CPU of the database server beside it", served / (seconds + warm_up), "cores"});
    compare(ours.load, posts.size());
    batches(ours.load, p99);
  }

  /// After the kill: everything is read back …
  void start_again() {
    site_.set_store(store_.url());
    site_.write_config(policy);
    posted_mib_ = store_.mib();
    add_start("start to ready after the kill, batches included", start_timed(site_), false);
    started_ = now_ns();
  }

  /// … folded and dropped.
  void wait_for_fold() {
    bool const folded =
        test::eventually(75s, [&] { return store_.number("SELECT COUNT(*) FROM fix_batch") == 0; });
    add({"",
         "until all of it was folded",
         static_cast<double>(now_ns() - started_) * 1e-9,
         "s",
         "",
         {},
         "<= 75 s",
         folded});
    site_.stop_daemon();
    add({"", "store: with people, before posts", filled_mib_, "MiB"});
    add({"", "store: growth by the posts, not folded", posted_mib_ - filled_mib_, "MiB"});
    add({"", "store: growth after the fold", store_.mib() - filled_mib_, "MiB"});
  }

 private:
  void add(Figure figure) {
    figure.id = "P2";
    figure.what = name_ + ": " + figure.what;
    figures_.add(std::move(figure));
  }
  void add_none(std::string what, double value) {
    add({"", std::move(what), value, "", "", {}, "0", value == 0});
  }
  void add_start(std::string const& what, Started const& started, bool goal) {
    if (goal)
      add({"",
           what,
           started.seconds,
           "s",
           "",
           {},
           fmt::format("<= {} s", ready_goal_s),
           started.seconds <= ready_goal_s});
    else
      add({"", what, started.seconds, "s"});
    add({"", what + ": RSS", started.rss_mib, "MiB"});
    add({"", what + ": RSS at most", started.peak_rss_mib, "MiB"});
  }

  /// What was answered must be there: the last fix of every person.
  void compare(LoadResult const& result, std::size_t posts) {
    auto const stored = store_.fixes(people);
    double lost = 0, answered = 0;
    for (std::size_t n = 0; n < posts; ++n) {
      if (!result.accepted[n]) continue;
      ++answered;
      auto const person = scattered_person(people, static_cast<int>(n));
      if (!is_of_post(stored.latest[static_cast<std::size_t>(person) + 1], person)) ++lost;
    }
    add({"", "posts answered, warm-up included", answered, ""});
    add_none("of these not in the store after kill -9", lost);
  }

  /// The same bytes appended to a file, each batch made durable before the next.
  void batches(LoadResult const& result, double p99) {
    auto const count = static_cast<double>(store_.number("SELECT MAX(seq) FROM fix_batch"));
    auto const bytes = static_cast<std::size_t>(
        store_.number("SELECT SUM(LENGTH(blob)) / COUNT(*) FROM fix_batch"));
    add({"", "posts a commit", result.per_second() * (seconds + warm_up) / std::max(count, 1.0),
         ""});
    int const file =
        ::open((site_.folder() + "/append").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    std::string const batch(bytes, 'x');
    Latencies times;
    for (int i = 0; i < 500; ++i) {
      auto const begun = now_ns();
      if (::write(file, batch.data(), batch.size()) != static_cast<ssize_t>(batch.size()) ||
          ::fdatasync(file) != 0)
        throw std::runtime_error("cannot append to a file of " + site_.folder());
      times.add(now_ns() - begun);
    }
    ::close(file);
    auto const floor = times.percentile_ms(99);
    add({"", fmt::format("fdatasync append of such a batch ({} bytes), p50", bytes),
         times.percentile_ms(50), "ms"});
    add({"", "fdatasync append of such a batch, p99", floor, "ms", "p99 of a post", p99 / floor});
  }

  Figures& figures_;
  test::Site& site_;
  double p99_goal_ms_, filled_mib_ = 0, posted_mib_ = 0;
  std::int64_t started_ = 0;
  BenchStore store_;
  std::string name_;
};

}  // namespace

void run_p2(Figures& figures) {
  test::Site site(policy), other(policy);
  auto const count = static_cast<int>(rate * (seconds + warm_up)) + connections;
  Run sqlite(figures, site, store::Engine::sqlite, 15);
  Run postgres(figures, other, store::Engine::postgres, 25);
  std::vector<std::string> posts, same_posts;
  // Nothing is measured yet: both cores prepare.
  auto beside = std::async(std::launch::async, [&] {
    postgres.fill();
    posts = scattered_posts(site, people, count);
    same_posts = scattered_posts(other, people, count);
  });
  sqlite.fill();
  beside.get();

  std::uint16_t bare_port = 0;
  int const listener = listen_on_loopback(bare_port);
  auto bare = Child::fork_into([&] { serve_fixed_answers(listener); });
  ::close(listener);
  auto options = load(bare_port, posts);
  options.seconds = 5;
  auto floor = measure(bare, options);
  bare.kill_now();
  figures.add(
      {"P2", "bare epoll server, same load: p99", floor.load.latencies.percentile_ms(99), "ms"});
  figures.add({"P2", "bare epoll server, same load: CPU",
               floor.cpu_us * floor.load.per_second() * 1e-6, "cores"});

  sqlite.start_full();
  sqlite.post(posts, floor);
  postgres.start_full();
  postgres.post(same_posts, floor);
  // Both fold at once, when nothing else is measured any more.
  sqlite.start_again();
  postgres.start_again();
  sqlite.wait_for_fold();
  postgres.wait_for_fold();
}

}  // namespace wardroom::bench
