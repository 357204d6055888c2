/// Listens on TCP or a Unix socket and feeds requests to a router, within fixed limits.
#pragma once
#include "http/door.hpp"

namespace wardroom::http {

/// Runs on the loop. One Server may listen on several sockets of one kind.
class Server final : public Door {
 public:
  using Options = DoorOptions;
  Server(Executor loop, Clock& clock, Router& router, Options options);
  ~Server() override;

  Result<std::uint16_t> listen_tcp(std::string const& address) override;
  Result<void> listen_unix(std::string const& path, unsigned mode) override;
  Result<void> listen_fd(int fd) override;
  void stop_accepting() override;
  void close_all() override;
  ServerCounters const& counters() const override;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace wardroom::http
