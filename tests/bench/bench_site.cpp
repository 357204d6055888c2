#include "bench/bench_site.hpp"

#include "bench/child.hpp"
#include "bench/p3_floor.hpp"
#include "bench/prefill.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <functional>
#include <stdexcept>
#include <thread>

namespace wardroom::bench {
using namespace std::chrono_literals;
namespace asio = boost::asio;

Started start_timed(test::Site& site) {
  auto const begun = now_ns();
  site.start_daemon();
  Started out{.seconds = static_cast<double>(now_ns() - begun) * 1e-9};
  auto const daemon = Child::watch(site.daemon().pid());
  std::this_thread::sleep_for(500ms);
  out.rss_mib = daemon.rss_mib();
  out.peak_rss_mib = daemon.peak_rss_mib();
  return out;
}

void start_with_events(test::Site& site, asio::io_context& io, BenchXsp& xsp, int people,
                       int blocked_people) {
  std::string emails;
  for (int i = 0; i < blocked_people; ++i)
    emails += fmt::format("{}{}", i ? ", " : "", prefilled_email(i));
  site.write_config(fmt::format(R"(  mode: enforce
  post_interval: 30s
  timeout: 24h
  fences:
    - {{ name: everybody, circle: {{ at: [48.2, 16.37], radius: 200km }}, people: {{ all: true }}, no_fix: open, stale: open }}
    - {{ name: blocked, deny: true, circle: {{ at: [48.2, 16.37], radius: 5km }}, people: {{ emails: [{}] }}, no_fix: closed, stale: closed }})",
                                emails),
                    {fmt::format("https://127.0.0.1:{}", xsp.port())},
                    site.folder() + "/server.pem");
  prefill("sqlite:" + site.folder() + "/state/wardroom.db", people, true);
  site.start_daemon();
  auto admin = site.browser("ada@acme.example");
  bool joined = false;
  std::thread login([&] {
    admin.sign_in("/admin/login");
    // The first reading of the directories, and the comparison of everybody with everybody.
    joined = test::eventually(60s, [&] {
      auto const status = site.control("/v1/status");
      if (!status.is_object()) return false;
      auto const directory = status.value("people", nlohmann::json::object())
                                 .value("directory", nlohmann::json::object());
      return directory.value("state", "") == "idle" && directory.contains("last");
    });
  });
  for (int i = 0; i < 2000 && !xsp.subscribed(); ++i) run_for(io, 10ms);
  for (int i = 0; i < 600 && !joined; ++i) run_for(io, 100ms);
  login.join();
  if (!xsp.subscribed())
    throw std::runtime_error("the daemon did not subscribe: " + site.daemon_log());
  if (!joined)
    throw std::runtime_error("the directories were not joined: " +
                             site.control("/v1/status").dump());
  run_for(io, 1000ms);
}

/// Between events it sleeps: the daemon's threads need the second core.
void drive(asio::io_context& io, BenchXsp& xsp, double rate, double seconds, int people,
           int blocked_people) {
  asio::steady_timer next(io);
  auto const start = std::chrono::steady_clock::now();
  auto const total = static_cast<std::uint64_t>(rate * seconds);
  auto const calm = static_cast<std::uint64_t>(people - blocked_people);
  std::uint64_t sent = 0;
  std::function<void()> tick = [&] {
    auto const due_at = [&](std::uint64_t n) {
      return start + std::chrono::nanoseconds(
                         static_cast<std::int64_t>(static_cast<double>(n) / rate * 1e9));
    };
    while (sent < total && due_at(sent) <= std::chrono::steady_clock::now()) {
      bool const blocked = sent % 10 == 0;
      auto const first = static_cast<std::uint64_t>(blocked_people);
      auto const index = blocked ? sent / 10 % first : first + sent * 7919 % calm;
      xsp.send_event(prefilled_xsi_id(static_cast<int>(index)), blocked);
      ++sent;
    }
    if (sent == total) return;
    next.expires_at(due_at(sent));
    next.async_wait([&](auto error) {
      if (!error) tick();
    });
  };
  tick();
  while (sent < total) run_for(io, 20ms);
  for (int i = 0; i < 500 && !xsp.all_answered(); ++i) run_for(io, 10ms);
}

}  // namespace wardroom::bench
