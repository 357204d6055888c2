/// What a handler gets: the request, who asks, and the one chance to answer.
#pragma once
#include "http/message.hpp"
#include "runtime/clock.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace wardroom::http {

/// Who may call a route. What each needs is decided by the guard the daemon installs.
enum class Audience {
  anyone,
  person,     ///< a location session: may post and read its own standing only
  admin,      ///< a web session of an administrator
  guest,      ///< a web session of a guest
  operators,  ///< the control socket; the verb's right decides
};

/// The other end of a Unix-domain connection, from SO_PEERCRED.
struct PeerCredentials {
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
  pid_t pid = 0;
  std::vector<gid_t> groups{};  ///< supplementary groups, from SO_PEERGROUPS
};

/// Who the guard found behind a request.
struct Caller {
  Audience role = Audience::anyone;
  std::uint32_t person = 0;  ///< PersonNo; 0 = nobody known
  std::string session{};     ///< handle of the web session, for logout and CSRF; never the cookie
  std::string name{};        ///< for the audit: "uid 0 (root)", "ada@acme.example"
  std::uint64_t session_key = 0;  ///< tells location sessions apart; nothing follows from it
};

/// Views into the connection's buffer: valid until the answer was given (for coroutine handlers:
/// until they return). Everything is already checked against the limits of reliability.md "HTTP".
struct ServerRequest {
  Method method = Method::get;
  std::string_view target;  ///< as sent, without a fragment
  std::string_view path;    ///< still percent-encoded
  std::string_view query;   ///< without '?'
  std::string_view body;    ///< at least 64 readable bytes follow it (simdjson wants them)
  Headers const* headers = nullptr;
  /// Client address as text; behind a trusted proxy the right-most untrusted hop.
  std::string_view remote;
  bool secure = false;  ///< came over TLS, or a trusted proxy said so
  PeerCredentials peer{};
  Caller caller{};
  /// Captures of `{name}` in the route's pattern, in order, percent-decoded.
  std::array<std::string, 4> params{};

  std::string_view header(std::string_view name) const { return headers->get(name); }
};

/// A body that goes on until one side ends it: server-sent events, NDJSON.
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;
  /// Queues bytes; the same buffer may be given to any number of streams. Dropped once closed.
  virtual void write(std::shared_ptr<std::string const> bytes) = 0;
  /// Bytes queued and not yet taken by the kernel: a slow reader shows here.
  virtual std::size_t backlog() const = 0;
  virtual void close() = 0;
  virtual bool open() const = 0;
  /// Called once on the loop when either side has closed.
  virtual void on_close(std::function<void()> then) = 0;
};

/// The right to answer one request once, now or later, on the loop. Dropping it unused answers 500.
class Responder {
 public:
  class Target {
   public:
    virtual ~Target() = default;
    virtual void respond(Response response) = 0;
    /// `wire` = a complete HTTP/1.1 response with Content-Length, sent as it is (fast answers).
    virtual void respond_wire(std::string_view wire) = 0;
    virtual std::shared_ptr<ResponseStream> start_stream(Response head) = 0;
  };

  Responder() = default;
  explicit Responder(std::shared_ptr<Target> target) : target_(std::move(target)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  void send(Response response);
  /// The text must live for ever (a constant).
  void send_wire(std::string_view wire);
  /// Sends status and headers (chunked) and hands over the open body.
  std::shared_ptr<ResponseStream> stream(Response head);
  explicit operator bool() const { return target_ != nullptr; }

 private:
  std::shared_ptr<Target> target_;
};

}  // namespace wardroom::http
