/// The sockets around DnsZone: UDP and TCP on one port.
#pragma once
#include "base/result.hpp"
#include "runtime/clock.hpp"
#include "sim/dns_zone.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace wardroom::sim {

class DnsServer {
 public:
  DnsServer(Executor loop, Clock& clock, DnsZone& zone);
  ~DnsServer();

  /// "127.0.0.1:5353"; port 0 lets the system pick. Returns the bound port.
  Result<std::uint16_t> listen(std::string const& address);
  void close();
  std::uint16_t port() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace wardroom::sim
