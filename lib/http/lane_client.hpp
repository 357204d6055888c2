/// Outbound HTTP(S) over connections opened ahead and kept warm: for XSI acks and releases, where a
/// handshake would come too late. Half of libcurl's CPU, and urgent requests never wait for others.
#pragma once
#include "http/client.hpp"
#include "runtime/task_group.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace wardroom::http {

/// A client that can be told where it will be asked to send.
class WarmClient : public Client {
 public:
  /// Opens `connections` to the origin of `url` and keeps them open from now on. `connect_to` as in
  /// ClientRequest.
  virtual Result<void> warm(std::string_view url, std::size_t connections,
                            std::string connect_to = {}) = 0;
  /// Ends them, and whatever is on its way over them.
  virtual void cool(std::string_view url, std::string_view connect_to = {}) = 0;
};

/// Certificates always verified. Connections needed = requests a second × answer time, and half as
/// many again (reference/toolchain.md, P3).
class LaneClient final : public WarmClient {
 public:
  struct Options {
    std::string ca_file{};  ///< PEM, trusted instead of the system's; empty = the system's
    std::string user_agent = "wardroom/0.1";
    std::size_t connections = 8;  ///< of an origin nobody warmed
    /// Where requests wait because answers take over 5 ms, more are opened, one by one, up to this;
    /// those unused for a minute are closed again.
    std::size_t most_connections = 128;
    std::size_t kept_for_urgent = 8;     ///< of each origin; never more than half of what is open
    Milliseconds connect_timeout{5000};  ///< TCP and TLS together
    /// Sends whatever does not stay on this machine instead of the lane, which knows no proxies:
    /// the libcurl client of a site with a proxy. Outlives this one.
    Client* beyond = nullptr;
  };
  /// Connections are kept by tasks in `tasks`, which must be stopped before the loop ends.
  /// Throws std::runtime_error with a sentence when `ca_file` is not usable (see check_ca_file).
  LaneClient(Executor loop, Clock& clock, TaskGroup& tasks, Options options);
  ~LaneClient() override;

  Result<void> warm(std::string_view url, std::size_t connections,
                    std::string connect_to = {}) override;
  void cool(std::string_view url, std::string_view connect_to = {}) override;

  /// A request that got no byte of an answer because its connection had just died is sent once
  /// more where `may_repeat` says so.
  Task<Result<ClientResponse>> send(ClientRequest request) override;
  /// Not for this client: always an error.
  Task<Result<void>> stream(ClientRequest request, StreamSink& sink) override;

  struct Counters {
    std::size_t open = 0, idle = 0, waiting = 0;
    std::uint64_t opened = 0, failed_to_open = 0, repeated = 0;
  };
  Counters counters() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace wardroom::http
