/// Outbound HTTP as a port: one request with its answer, or a stream that never ends.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "http/message.hpp"
#include "runtime/task.hpp"

namespace wardroom::http {

struct ClientRequest {
  Method method = Method::get;
  std::string url{};  ///< https, or http on loopback only; anything else is refused
  Headers headers{};  ///< without Authorization
  std::string body{};
  std::optional<Secret> bearer{};  ///< sent as Authorization: Bearer
  std::optional<std::pair<std::string, Secret>> basic{};
  Milliseconds timeout{30000};          ///< whole exchange
  Milliseconds connect_timeout{5000};   ///< TCP and TLS each
  std::size_t response_limit = 16u << 20;  ///< a longer body is `malformed`
  /// Connect to this address instead of resolving the host (Host, SNI and certificate check keep
  /// the host of the URL): XSI affinity. "192.0.2.7:443" or empty.
  std::string connect_to{};
  bool urgent = false;  ///< goes before others where requests queue (releases)
};

struct ClientResponse {
  int status = 0;
  Headers headers{};
  std::string body{};
  std::string peer{};  ///< "address:port" of the other end
};

/// Receives a stream on the loop.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  virtual void on_head(int status, Headers const& headers, std::string_view peer) = 0;
  /// Any cut of the body; not kept after the call.
  virtual void on_bytes(std::string_view bytes) = 0;
};

/// Used on the loop. Redirects are not followed, cookies not kept, environment proxies ignored.
/// A Result error means that no complete answer came (unavailable, timed_out, malformed); any status
/// is a value, for the adapter to judge. Cancelling the awaiting task ends the exchange.
class Client {
 public:
  virtual ~Client() = default;
  virtual Task<Result<ClientResponse>> send(ClientRequest request) = 0;
  /// Returns when the body has ended: a value for a clean end, an error otherwise. `timeout` bounds the
  /// wait for the response head only; silence afterwards is the caller's to judge.
  virtual Task<Result<void>> stream(ClientRequest request, StreamSink& sink) = 0;
};

/// Seconds, an HTTP date relative to `now`, or anything else; malformed or missing = 15 s.
/// Clamped to 0 s … 5 min. Source: decisions.md "Refresh", webex-rest.md 2.5.
Milliseconds parse_retry_after(std::string_view value, Instant now);

struct Origin {
  std::string scheme, host;
  std::uint16_t port = 0;
  bool operator==(Origin const&) const = default;
};
/// Scheme, lower-case host and effective port; nullopt when it is not an absolute http(s) URL.
std::optional<Origin> origin_of(std::string_view url);
bool is_loopback_host(std::string_view host);

}  // namespace wardroom::http
