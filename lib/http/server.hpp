/// Listens on TCP or a Unix socket and feeds requests to a router, within fixed limits.
#pragma once
#include "base/result.hpp"
#include "http/router.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace wardroom::http {

/// Limits and times of reliability.md "HTTP"; bodies are limited per route.
struct ServerLimits {
  std::size_t head_bytes = 8 * 1024;  ///< start line + headers; more = 431
  std::size_t fields = 64;
  Milliseconds head_time{5000};  ///< from first byte to end of headers
  Milliseconds body_time{10000};
  Milliseconds idle_time{75000};      ///< between requests on one connection
  std::size_t connections = 100'000;  ///< the idlest are shed first
  /// Unix sockets: of `connections`, this many are kept for root and our own uid.
  std::size_t kept_for_admins = 0;
};

struct ServerCounters {
  std::uint64_t accepted = 0, shed = 0, requests = 0, refused = 0, open = 0;
};

/// Runs on the loop. One Server may listen on several sockets of one kind.
class Server {
 public:
  struct Options {
    ServerLimits limits{};
    std::vector<std::string> trusted_proxies{};  ///< addresses whose X-Forwarded-* count
    std::vector<std::string> public_hosts{};  ///< accepted Host values (host[:port]); empty = any
    bool unix_socket = false;                 ///< fills in ServerRequest::peer; Host not checked
  };
  Server(Executor loop, Clock& clock, Router& router, Options options);
  ~Server();

  /// "127.0.0.1:8480", "[::1]:0"; port 0 lets the system pick. Returns the bound port.
  Result<std::uint16_t> listen_tcp(std::string const& address);
  /// Replaces a stale socket file, sets `mode`; refuses when another process still answers there.
  Result<void> listen_unix(std::string const& path, unsigned mode);
  /// A listening socket that systemd handed over.
  Result<void> listen_fd(int fd);

  /// Closes the listeners; connections end after their current answer, those that just came after
  /// their first; streams are closed.
  void stop_accepting();
  /// Ends every connection now.
  void close_all();
  ServerCounters const& counters() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace wardroom::http
