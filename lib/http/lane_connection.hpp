/// One connection of a lane: opened ahead, kept open, one exchange at a time, read from all the
/// while so that its end is noticed at once.
#pragma once
#include "http/client.hpp"
#include "http/response_parser.hpp"
#include "runtime/wake.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::http {

/// A request on its way over one connection. Lives in the coroutine that waits for the answer.
struct LaneExchange {
  explicit LaneExchange(Executor loop) : finished(loop) {}
  ResponseParser parser;
  Wake finished;
  bool any_byte = false;
  Result<void> outcome;
};

class LaneConnection {
 public:
  LaneConnection(Executor loop, Origin origin, std::string connect_to,
                 boost::asio::ssl::context* tls);

  /// Resolves, connects, and shakes hands when `tls` was given.
  Task<Result<void>> open();
  /// Reads until the connection has ended; `idle` is called each time an answer was complete and
  /// another request may follow.
  Task<void> read(std::function<void()> idle);
  /// Puts `bytes` on the way for `exchange`, whose answer read() then gathers.
  Task<Result<void>> write(std::string_view bytes, LaneExchange& exchange);
  /// The exchange's owner goes away; an answer that is still to come makes the connection useless.
  void forget(LaneExchange& exchange);
  void close();

  bool is_open() const { return open_; }
  std::uint64_t served() const { return served_; }
  std::string const& peer() const { return peer_; }

  Uptime idle_since{};  ///< set by who keeps the books

 private:
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
  Task<Result<void>> connect();
  Task<Result<void>> shake_hands();
  void take(std::string_view bytes, std::function<void()> const& idle);
  void ended(boost::system::error_code error);
  void finish(Result<void> outcome);

  Executor loop_;
  Origin origin_;
  std::string connect_to_, peer_;
  Socket socket_;
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
  std::vector<char> buffer_;
  LaneExchange* current_ = nullptr;
  bool open_ = false;
  std::uint64_t served_ = 0;
};

}  // namespace wardroom::http
