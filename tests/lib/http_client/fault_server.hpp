/// A tiny HTTP server that answers as told, faults included, on the test's own loop.
#pragma once
#include "base/units.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::test {

/// What goes over the wire for one request, and what becomes of the connection.
struct Answer {
  enum class Then { keep, close, reset, hang };
  std::string bytes;
  Then then = Then::keep;
  Milliseconds before{0};   ///< pause before the first byte
  Milliseconds between{0};  ///< pause after each byte; 0 = all at once
};

/// "HTTP/1.1 200 OK" with a length and this body.
std::string ok(std::string_view body);

class FaultServer {
 public:
  explicit FaultServer(boost::asio::io_context& io, boost::asio::ssl::context* tls = nullptr);
  ~FaultServer();

  /// The next request's answer; in order, one each. Without any, `otherwise` is used.
  void next(Answer answer);
  void otherwise(Answer answer);
  /// Ends every connection now; new ones are welcome.
  void drop_all(bool reset);
  /// Neither listens nor answers any more.
  void stop();

  std::uint16_t port() const;
  std::string address() const;                         ///< "127.0.0.1:port"
  std::string url(std::string_view path = "/") const;  ///< by plain http
  std::vector<std::string> const& requests() const;    ///< head and body as they came
  std::size_t accepted() const;
  std::size_t open() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace wardroom::test
