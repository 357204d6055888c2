// P8: what the idle daemon costs, what each tracked person costs, and how fast it starts with many.
#include "bench/child.hpp"
#include "bench/prefill.hpp"
#include "bench/runs.hpp"

#include <thread>

namespace wardroom::bench {
namespace {

using namespace std::chrono_literals;

double rss_mib(pid_t pid) { return Child::watch(pid).rss_mib(); }

}  // namespace

void run_p8(Figures& figures) {
  constexpr int people = 100'000;
  test::Site idle("  mode: observe");
  idle.log_at("info");
  idle.start_daemon();
  idle.go_live();
  // Connections kept warm are closed by the simulator after 4 s and opened ever more rarely, up to
  // every 30 s: this is how long until that has settled.
  std::this_thread::sleep_for(45s);
  auto const daemon = Child::watch(idle.daemon().pid());
  auto const before = daemon.cpu_seconds();
  auto const asleep = daemon.wake_ups();
  std::this_thread::sleep_for(30s);
  auto const share = (daemon.cpu_seconds() - before) / 30 * 100;
  auto const wake_ups = static_cast<double>(daemon.wake_ups() - asleep) / 30;
  auto const small = rss_mib(idle.daemon().pid());
  figures.add({"P8", "RSS idle, XSI channels up", small, "MiB", "", {}, "<= 24 MiB", small <= 24});
  figures.add({"P8", "CPU idle, over 30 s", share, "% core", "", {}, "<= 0.05 %", share <= 0.05});
  figures.add({"P8", "wake-ups a second, idle, all threads", wake_ups, "/s"});

  test::Site empty("  mode: observe");
  empty.log_at("info");
  empty.start_daemon();
  std::this_thread::sleep_for(1s);
  auto const base = rss_mib(empty.daemon().pid());
  empty.stop_daemon();

  test::Site full("  mode: observe");
  full.log_at("info");
  prefill("sqlite:" + full.folder() + "/state/wardroom.db", people, true);
  auto const start = now_ns();
  full.start_daemon();
  auto const ready_ms = static_cast<double>(now_ns() - start) / 1e6;
  std::this_thread::sleep_for(1s);
  auto const bytes = (rss_mib(full.daemon().pid()) - base) * 1048576 / people;
  figures.add({"P8",
               "start to ready, 100,000 people with fixes in the store",
               ready_ms,
               "ms",
               "",
               {},
               "<= 1000 ms",
               ready_ms <= 1000});
  figures.add({"P8",
               "memory a tracked person (RSS over an empty store)",
               bytes,
               "bytes",
               "",
               {},
               "<= 120 bytes",
               bytes <= 120});
}

}  // namespace wardroom::bench
