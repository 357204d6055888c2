/// The SMTP port of the simulator: sockets around SmtpSession.
#pragma once
#include "base/result.hpp"
#include "runtime/clock.hpp"
#include "sim/smtp_session.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace wardroom::sim {

class SmtpServer {
 public:
  SmtpServer(Executor loop, Clock& clock, Faults const& faults,
             std::function<void(SmtpMail)> deliver);
  ~SmtpServer();

  /// "127.0.0.1:2525"; port 0 lets the system pick. Returns the bound port.
  Result<std::uint16_t> listen(std::string const& address);
  void close();
  std::uint16_t port() const;

 private:
  class Connection;
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace wardroom::sim
