/// Outbound HTTP as a port: one request with its answer, or a stream that never ends.
#pragma once
#include "base/result.hpp"
#include "base/secret.hpp"
#include "http/message.hpp"
#include "runtime/task.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::http {

struct ClientRequest {
  Method method = Method::get;
  std::string url{};  ///< https, or http on loopback only; anything else is refused
  Headers headers{};  ///< without Authorization
  std::string body{};
  std::optional<Secret> bearer{};  ///< sent as Authorization: Bearer
  std::optional<std::pair<std::string, Secret>> basic{};
  Milliseconds timeout{30000};             ///< whole exchange, from the moment its turn has come
  Milliseconds connect_timeout{5000};      ///< until a new connection stands, TLS included
  std::size_t response_limit = 16u << 20;  ///< a longer body is `malformed`
  /// Connect to this address instead of resolving the host (Host, SNI and certificate check keep
  /// the host of the URL): XSI affinity. "192.0.2.7:443" or empty.
  std::string connect_to{};
  bool urgent = false;  ///< goes before others where requests queue (releases)
  /// Must not reach the other side twice (a rotating refresh token): goes over a new connection, so
  /// that it cannot fail because a kept connection turned out to be dead.
  bool once = false;
  /// A PUT or DELETE that does no harm when it is carried out twice. Says nothing about a POST.
  bool idempotent = false;
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
/// A Result error means that no complete answer came (unavailable, timed_out, malformed); its
/// `not_done` says whether the request certainly never left. Any status is a value, for the adapter
/// to judge. Cancelling the awaiting task ends the exchange.
/// A kept connection that dies before any byte of the answer came is nobody's fault: the request is
/// sent once more over another one, but only where `may_repeat` says so.
class Client {
 public:
  virtual ~Client() = default;
  virtual Task<Result<ClientResponse>> send(ClientRequest request) = 0;
  /// Returns when the body has ended: a value for a clean end, an error otherwise. `timeout` bounds
  /// the wait for the response head only; silence afterwards is the caller's to judge.
  virtual Task<Result<void>> stream(ClientRequest request, StreamSink& sink) = 0;
};

/// GET and HEAD; PUT and DELETE whose caller calls them idempotent; never a POST or one with
/// `once`. Decides about requests that may have reached the other side. Source: webex-rest.md 10.
bool may_repeat(ClientRequest const& request);

/// Seconds, an HTTP date relative to `now`, or anything else; malformed or missing = 15 s.
/// Clamped to 0 s … 5 min. Source: decisions.md "Refresh", webex-rest.md 2.5 (seen in the wild:
/// "rand(30),add(30)").
Milliseconds parse_retry_after(std::string_view value, Instant now);

struct Origin {
  std::string scheme, host;
  std::uint16_t port = 0;
  bool operator==(Origin const&) const = default;
};
/// Scheme, lower-case host and effective port; nullopt when it is not an absolute http(s) URL.
std::optional<Origin> origin_of(std::string_view url);
bool is_loopback_host(std::string_view host);

/// "192.0.2.7:443" or "[2001:db8::7]:443" as address and port; nullopt for anything else.
std::optional<std::pair<std::string, std::uint16_t>> split_address(std::string_view address);
/// What both clients refuse to send, with the reason; otherwise the origin.
Result<Origin> check(ClientRequest const& request);
/// "GET https://host/path" for error sentences: no query, since codes and tokens travel there.
std::string describe(ClientRequest const& request);
/// The value of the Authorization header; empty when the request carries no credential.
Secret authorization(ClientRequest const& request);
/// What no client takes although it is HTTP: an answer in a content coding nobody asked for.
Result<void> check(ClientRequest const& request, int status, Headers const& headers);
/// "; it points to other.example, and redirects are never followed" for a redirect; else nothing.
std::string redirect_words(int status, Headers const& headers);

}  // namespace wardroom::http
