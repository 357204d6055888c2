/// Outbound HTTP(S) through libcurl on the loop: for everything that is not an XSI ack or release.
#pragma once
#include "http/client.hpp"

#include <memory>
#include <string>

namespace wardroom::http {

/// HTTP/1.1, certificates always verified, TLS 1.2 or newer. Requests beyond the limits wait in a
/// queue of ours, urgent ones first; their time-outs begin when their turn has come.
/// Over TLS libcurl does not tell a cut from an end when a body has neither length nor chunks: who
/// reads such a body must find its end in the body itself, as JSON and XML have it. Tasks that wait
/// here must have ended before the client dies.
class CurlClient final : public Client {
 public:
  struct Options {
    std::string ca_file{};  ///< PEM, trusted instead of the system's; empty = the system's
    /// "sha256//BASE64=" of the server's public key, several with ';' between; empty = none. With a
    /// `ca_file` both must hold. Without one the key alone is what is trusted: then, and only then,
    /// neither who signed the certificate matters, nor its name, nor its dates.
    std::string pinned_key{};
    /// "http://proxy.acme.example:3128", also with a login inside; empty = none. https goes through
    /// it by CONNECT; loopback never does. The environment's proxies are ignored.
    std::string proxy{};
    Secret proxy_login{};  ///< "user:password" when it comes from a file of its own
    std::string user_agent = "wardroom/0.1";
    std::size_t max_in_flight = 128;  ///< without streams
    std::size_t max_per_origin = 32;  ///< so that one slow server does not delay the others
    std::size_t max_streams = 128;    ///< sizes the cache of connections
    /// Once its head is there, an answer that brings less than `slowest` bytes a second over so
    /// long is given up, whatever its own time-out.
    Milliseconds stall_timeout{20000};
    std::size_t slowest = 100;
  };
  /// Throws std::runtime_error with a sentence when `ca_file` (see check_ca_file), `pinned_key`
  /// (see check_pin) or `proxy` (see parse_proxy) is not usable.
  CurlClient(Executor loop, Clock& clock, Options options);
  ~CurlClient() override;

  Task<Result<ClientResponse>> send(ClientRequest request) override;
  Task<Result<void>> stream(ClientRequest request, StreamSink& sink) override;

  std::size_t in_flight() const;
  std::size_t queued() const;
  std::size_t watched_sockets() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace wardroom::http
