/// The server's side of TLS on one socket that never blocks: each call does what can be done now,
/// and says what to wait for.
#pragma once
#include <cstddef>
#include <memory>

struct ssl_st;
struct ssl_ctx_st;

namespace wardroom::http {

/// What one try to move bytes came to.
enum class Flow {
  moved,
  wait_read,   ///< nothing now; try again when the socket has bytes
  wait_write,  ///< nothing now; try again when the socket takes bytes
  ended,       ///< never again
};
struct Moved {
  Flow flow = Flow::ended;
  std::size_t count = 0;
};

class TlsChannel {
 public:
  /// The socket stays its owner's and outlives this.
  TlsChannel(ssl_ctx_st* context, int socket);
  ~TlsChannel();

  /// `moved` = both sides agree. The alert of a handshake that failed is sent.
  Flow shake_hands();
  bool ready() const { return state_ == State::ready; }
  /// The other side did not try TLS: it sent an HTTP request.
  bool heard_plain_http() const { return plain_http_; }

  Moved read(char* to, std::size_t room);
  /// After `wait_…` the next call must begin with the same bytes, and have no fewer of them.
  Moved write(char const* from, std::size_t size);
  /// Bytes are at hand that the socket does not tell of.
  bool holds_input() const;
  /// Tells the other side that nothing follows, if that can be said now. Nothing moves after it.
  void say_end();
  /// The socket is closed: its number may be another's by now.
  void abandon() { state_ = State::broken; }

 private:
  enum class State { greeting, ready, broken };
  Flow judge(int result);

  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  std::unique_ptr<ssl_st, Free> ssl_;
  State state_ = State::greeting;
  bool plain_http_ = false;
  bool half_written_ = false;  ///< a record waits to be sent on
};

}  // namespace wardroom::http
