/// Where requests come in, as a port: a listener that feeds a router within fixed limits. `Server`
/// listens on sockets.
#pragma once
#include "base/result.hpp"
#include "http/router.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace wardroom::http {

class ServerTls;

/// Limits and times of reliability.md "HTTP"; bodies are limited per route.
struct ServerLimits {
  std::size_t head_bytes = 8 * 1024;  ///< start line + headers; more = 431
  std::size_t fields = 64;
  Milliseconds head_time{5000};         ///< from first byte to end of headers
  Milliseconds body_time{10000};        ///< for each MiB of a body
  Milliseconds idle_time{75000};        ///< between requests on one connection
  Milliseconds long_idle_time{600000};  ///< behind one of a route with `keeps_connection`
  std::size_t connections = 100'000;    ///< the idlest are shed first
  /// Unix sockets: of `connections`, this many are kept for root and our own uid.
  std::size_t kept_for_admins = 0;
};

struct ServerCounters {
  std::uint64_t accepted = 0, shed = 0, requests = 0, refused = 0, open = 0;
  std::uint64_t handshakes_failed = 0;
};

struct DoorOptions {
  ServerLimits limits{};
  std::vector<std::string> trusted_proxies{};  ///< addresses whose X-Forwarded-* count
  std::vector<std::string> public_hosts{};     ///< accepted Host values (host[:port]); empty = any
  /// Speaks TLS, with the certificate as it is when a connection comes: its files are looked at
  /// once a minute. Empty = plain.
  std::shared_ptr<ServerTls> tls{};
  bool unix_socket = false;  ///< fills in ServerRequest::peer; Host not checked
};

/// Used on the loop. One door may listen at several places of one kind.
class Door {
 public:
  virtual ~Door() = default;

  /// "127.0.0.1:8480", "[::1]:0"; port 0 lets the system pick. Returns the bound port.
  virtual Result<std::uint16_t> listen_tcp(std::string const& address) = 0;
  /// Replaces a stale socket file, sets `mode`; refuses when another process still answers there.
  virtual Result<void> listen_unix(std::string const& path, unsigned mode) = 0;
  /// A listening socket that systemd handed over.
  virtual Result<void> listen_fd(int fd) = 0;

  /// Closes the listeners; connections end after their current answer, those that just came after
  /// their first; streams are closed.
  virtual void stop_accepting() = 0;
  /// Ends every connection now.
  virtual void close_all() = 0;
  virtual ServerCounters const& counters() const = 0;
};

}  // namespace wardroom::http
