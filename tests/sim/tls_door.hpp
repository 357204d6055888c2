/// TLS in front of any plain HTTP server on this machine, with a certificate of any kind.
#pragma once
#include "runtime/clock.hpp"
#include "sim/certificate_kinds.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace wardroom::sim {

/// Listens on loopback and hands what it decrypts to 127.0.0.1:`plain_port`, connected to only
/// once a first byte came through. Each request gets `X-Forwarded-Proto: https`, so that the server
/// behind can write links to itself. A server that ends or resets its connection ends or resets the
/// client's. Weak keys, old signatures and old protocols are fine on this side: refusing is the
/// client's part. On the loop only.
class TlsDoor {
 public:
  /// Port 0 = the system picks. Throws boost::system::system_error when it is taken.
  TlsDoor(Executor loop, Shown const& shown, std::uint16_t plain_port, std::uint16_t port = 0);
  ~TlsDoor();

  std::uint16_t port() const;
  std::size_t accepted() const;    ///< TCP connections
  std::size_t handshakes() const;  ///< that the client completed
  std::size_t received() const;    ///< bytes decrypted, of all connections

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Puts a header line behind the first line of each request that streams by. Requests whose body
/// has no plain Content-Length pass unchanged from then on.
class RequestTagger {
 public:
  explicit RequestTagger(std::string line) : line_(std::move(line)) {}
  /// What may be passed on of the bytes so far.
  std::string feed(std::string_view bytes);

 private:
  std::string line_, head_;
  std::size_t body_left_ = 0;
  bool as_it_is_ = false;
};

}  // namespace wardroom::sim
