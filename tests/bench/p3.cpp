// P3: bytes of an XSI event arrive → the bytes of its DELETE arrive, beside a minimal TLS loop that
// does nothing but read and write.
#include "bench/bench_xsp.hpp"
#include "bench/child.hpp"
#include "bench/load.hpp"
#include "bench/prefill.hpp"
#include "bench/runs.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <functional>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace wardroom::bench {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr int people = 1'000'000;
constexpr int blocked_people = 1'000;

/// Runs the loop for a while.
void run_for(asio::io_context& io, std::chrono::milliseconds time) {
  io.restart();
  io.run_for(time);
}

/// Sends `rate` events a second for `seconds`, every tenth of a blocked person. Between events it
/// sleeps: the daemon's threads need the second core.
void drive(asio::io_context& io, BenchXsp& xsp, double rate, double seconds) {
  asio::steady_timer next(io);
  auto const start = std::chrono::steady_clock::now();
  auto const total = static_cast<std::uint64_t>(rate * seconds);
  std::uint64_t sent = 0;
  std::function<void()> tick = [&] {
    auto const due_at = [&](std::uint64_t n) {
      return start + std::chrono::nanoseconds(
                         static_cast<std::int64_t>(static_cast<double>(n) / rate * 1e9));
    };
    while (sent < total && due_at(sent) <= std::chrono::steady_clock::now()) {
      bool const blocked = sent % 10 == 0;
      auto const index = blocked ? sent / 10 % blocked_people
                                 : blocked_people + sent * 7919 % (people - blocked_people);
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
  for (int i = 0; i < 300 && (xsp.deletes() < xsp.expected_deletes() || xsp.acks() < xsp.events());
       ++i)
    run_for(io, 10ms);
}

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

/// The reference: one TLS connection whose every read is answered by a DELETE on another one.
void minimal_loop(std::uint16_t port) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  auto const dial = [&] {
    int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) ::_exit(1);
    int const on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    SSL* tls = SSL_new(context);
    SSL_set_fd(tls, fd);
    if (SSL_connect(tls) != 1) ::_exit(1);
    return tls;
  };
  SSL* events = dial();
  SSL* calls = dial();
  std::string const open =
      "POST /com.broadsoft.async/com.broadsoft.xsi-events/v2.0/channel HTTP/1.1\r\nContent-Length: "
      "0\r\n\r\n";
  std::string const subscribe =
      "POST /com.broadsoft.xsi-events/v2.0/serviceprovider/x HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
  std::vector<char> buffer(65536);
  SSL_write(calls, subscribe.data(), static_cast<int>(subscribe.size()));
  SSL_read(calls, buffer.data(), static_cast<int>(buffer.size()));
  SSL_write(events, open.data(), static_cast<int>(open.size()));
  std::string in;
  for (;;) {
    int const got = SSL_read(events, buffer.data(), static_cast<int>(buffer.size()));
    if (got <= 0) ::_exit(0);
    in.append(buffer.data(), static_cast<std::size_t>(got));
    for (std::size_t at; (at = in.find("<xsi:callId>bench-")) != std::string::npos;) {
      auto const end = in.find('<', at + 18);
      if (end == std::string::npos) break;
      auto const request = fmt::format(
          "DELETE /com.broadsoft.xsi-actions/v2.0/user/x/calls/{} HTTP/1.1\r\nHost: x\r\n\r\n",
          in.substr(at + 12, end - at - 12));
      SSL_write(calls, request.data(), static_cast<int>(request.size()));
      SSL_read(calls, buffer.data(), static_cast<int>(buffer.size()));
      in.erase(0, end);
    }
  }
}

}  // namespace

void run_p3(Figures& figures) {
  test::Site site("  mode: enforce");
  site.log_at("info");
  make_certificate(site.folder());
  asio::io_context io{1};

  // The reference first: every event is a blocked one there.
  BenchXsp plain(io, site.folder(), 0ms);
  auto reference = Child::fork_into([&] { minimal_loop(plain.port()); });
  for (int i = 0; i < 300 && !plain.subscribed(); ++i) run_for(io, 10ms);
  for (int i = 0; i < 4000; ++i) {
    plain.send_event("x", true);
    run_for(io, 1ms);
  }
  if (plain.latencies().count() == 0)
    throw std::runtime_error("the reference loop answered nothing");
  auto const floor_p50 = plain.latencies().percentile_us(50);
  auto const floor_p99 = plain.latencies().percentile_us(99);
  reference.kill_now();

  BenchXsp xsp(io, site.folder(), 0ms);
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
  prefill(site.folder() + "/state/wardroom.db", people, true);
  site.start_daemon();
  auto admin = site.browser("ada@acme.example");
  std::thread login([&] { admin.sign_in("/admin/login"); });
  for (int i = 0; i < 2000 && !xsp.subscribed(); ++i) run_for(io, 10ms);
  login.join();
  if (!xsp.subscribed())
    throw std::runtime_error("the daemon did not subscribe: " + site.daemon_log());
  run_for(io, 3000ms);
  drive(io, xsp, 500, 2);  // connections and caches warm
  xsp.reset_counters();

  auto const daemon = Child::watch(site.daemon().pid());
  auto before = daemon.cpu_by_thread();
  drive(io, xsp, 2000, 10);
  auto used = split(daemon, before);
  if (xsp.latencies().count() == 0)
    throw std::runtime_error("no call was released: " + site.daemon_log());
  auto p99 = xsp.latencies().percentile_us(99);
  figures.add({"P3", "event to DELETE, 2,000 events/s, p50", xsp.latencies().percentile_us(50),
               "us", "minimal SSL loop p50", xsp.latencies().percentile_us(50) / floor_p50});
  figures.add({"P3", "event to DELETE, 2,000 events/s, p99", p99, "us", "minimal SSL loop p99",
               p99 / floor_p99, "<= 500 us", p99 <= 500});
  figures.add({"P3", "minimal SSL loop, p99", floor_p99, "us"});
  auto const missing = static_cast<double>(xsp.expected_deletes() - xsp.deletes());
  figures.add(
      {"P3", "calls to be released and not released", missing, "", "", {}, "0", missing == 0});
  figures.add({"P3",
               "calls released by mistake",
               static_cast<double>(xsp.strays()),
               "",
               "",
               {},
               "0",
               xsp.strays() == 0});
  auto const unacknowledged = static_cast<double>(xsp.events()) - static_cast<double>(xsp.acks());
  figures.add({"P3",
               "events without an acknowledgement",
               unacknowledged,
               "",
               "",
               {},
               "0",
               unacknowledged == 0});

  xsp.reset_counters();
  figures.add({.id = "P3",
               .what = "CPU an event on the loop, 2,000 events/s",
               .value = used.loop / 20'000 * 1e6,
               .unit = "us"});
  figures.add({.id = "P3",
               .what = "CPU an event on writer and reader, 2,000 events/s",
               .value = used.others / 20'000 * 1e6,
               .unit = "us"});
  before = daemon.cpu_by_thread();
  drive(io, xsp, 10'000, 1);
  used = split(daemon, before);
  figures.add({.id = "P3",
               .what = "CPU an event on the loop, burst",
               .value = used.loop / 10'000 * 1e6,
               .unit = "us"});
  figures.add({.id = "P3",
               .what = "CPU an event on writer and reader, burst",
               .value = used.others / 10'000 * 1e6,
               .unit = "us"});
  p99 = xsp.latencies().percentile_ms(99);
  figures.add(
      {"P3", "burst of 10,000 events in 1 s: release p99", p99, "ms", "", {}, "<= 5 ms", p99 <= 5});
  auto const lost = static_cast<double>(xsp.expected_deletes() - xsp.deletes());
  figures.add({"P3", "burst: calls not released", lost, "", "", {}, "0", lost == 0});
}

}  // namespace wardroom::bench
