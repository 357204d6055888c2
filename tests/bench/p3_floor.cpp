#include "bench/p3_floor.hpp"

#include "bench/bench_xsp.hpp"
#include "bench/child.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace wardroom::bench {
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

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
    for (std::size_t begun; (begun = in.find("CallOriginatedEvent")) != std::string::npos;) {
      auto const at = in.find("<xsi:callId>bench-", begun);
      auto const end = at == std::string::npos ? at : in.find('<', at + 18);
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

void run_for(asio::io_context& io, std::chrono::milliseconds time) {
  io.restart();
  io.run_for(time);
}

Floor measure_floor(asio::io_context& io, std::string const& folder) {
  BenchXsp xsp(io, folder);
  auto reference = Child::fork_into([&] { minimal_loop(xsp.port()); });
  for (int i = 0; i < 300 && !xsp.subscribed(); ++i) run_for(io, 10ms);
  for (int i = 0; i < 3000; ++i) {
    xsp.send_event("x", true);
    run_for(io, 1ms);
  }
  reference.kill_now();
  auto& releases = xsp.seen().releases;
  if (releases.count() == 0) throw std::runtime_error("the reference loop answered nothing");
  return {releases.percentile_us(50), releases.percentile_us(99)};
}

}  // namespace wardroom::bench
