/// One request to the simulator and what goes back, as values: no sockets, so that state machines
/// can be tried without any.
#pragma once
#include "base/units.hpp"
#include "http/message.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace wardroom::sim {

struct Request {
  http::Method method = http::Method::get;
  std::string path{};   ///< still percent-encoded
  std::string query{};  ///< without '?'
  http::Headers headers{};
  std::string body{};
  std::string tracking{};  ///< the TrackingID of the answer; the door fills it in

  std::string_view header(std::string_view name) const { return headers.get(name); }
  /// "http://127.0.0.1:8481": where the client believes to be talking to.
  std::string origin() const {
    auto const scheme = header("X-Forwarded-Proto") == "https" ? "https://" : "http://";
    return scheme + std::string(header("Host"));
  }
};

/// How a body or a connection ends.
enum class Ending {
  clean,    ///< last chunk, then the connection goes on
  fin,      ///< the connection closes in the middle of the body
  reset,    ///< RST
  silence,  ///< nothing more comes, nothing closes: half-open
};

/// The open body of a stream; the far end may vanish at any moment.
class Pipe {
 public:
  virtual ~Pipe() = default;
  /// `chunk` bytes go into one HTTP chunk; 0 = all of them.
  virtual void write(std::string_view bytes, std::size_t chunk) = 0;
  virtual void end(Ending how) = 0;
  /// Called once when the far end has closed or the connection broke; never after `end`.
  virtual void on_gone(std::function<void()> then) = 0;
};

struct Answer {
  http::Response response{};
  Milliseconds delay{0};
  /// What happens to the bytes of the answer on the wire.
  enum class Wire {
    whole,
    cut,
    reset,
    hang,
    drip,
    chunked,
    cut_chunk,
    wrong_length
  } wire = Wire::whole;
  std::size_t cut_at = 0;
  /// Dropped once the answer is on its way, or its client has gone.
  std::shared_ptr<void> in_flight{};
  /// When set, the body is a chunked stream that begins after the head was sent.
  std::function<void(std::shared_ptr<Pipe>)> stream{};
};

}  // namespace wardroom::sim
