/// A small HTTP/1.1 server with full power over its sockets, for misbehaving on purpose: RST, cut
/// answers, half-open streams, chunks of one byte. Independent of the daemon's own server, so that
/// neither hides the other's mistakes.
#pragma once
#include "base/result.hpp"
#include "runtime/clock.hpp"
#include "sim/exchange.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

namespace wardroom::sim {

class WireServer {
 public:
  using Reply = std::function<void(Answer)>;
  /// Answers now or later, once. The loop's thread only.
  using Handler = std::function<void(Request, Reply)>;

  WireServer(Executor loop, Clock& clock, Handler handler, Milliseconds idle_time);
  ~WireServer();

  /// "127.0.0.1:8481"; port 0 lets the system pick. Returns the bound port.
  Result<std::uint16_t> listen(std::string const& address);
  /// Refuses new connections and breaks the open ones; `listen_again` takes the same port.
  void go_down();
  /// Stops or goes on reading from its sockets, without closing any.
  void set_deaf(bool deaf);
  Result<void> come_back();
  bool up() const;
  std::uint16_t port() const;
  std::size_t connections() const;

 private:
  class Session;
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace wardroom::sim
