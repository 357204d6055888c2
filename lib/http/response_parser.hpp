/// Cuts one HTTP/1.1 response out of bytes that arrive in any pieces; strict, bounded, no I/O.
///
///   response := status-line header* CRLF body
///   body     := nothing (HEAD, 204, 304) | chunked | Content-Length bytes | everything until the
///   end
///
/// Refused: bare LF, folded headers, two different lengths, a length beside chunked, any other
/// transfer coding, 101. Interim answers (1xx) are skipped.
#pragma once
#include "base/result.hpp"
#include "http/message.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace wardroom::http {

/// Whether this may stand before the colon of a header line (RFC 9110 "token").
bool is_header_name(std::string_view name);

class ResponseParser {
 public:
  using Sink = std::function<void(std::string_view)>;

  /// Ready for the next response. With a `sink` the body goes there, in pieces, and is not limited.
  void start(bool answers_head, std::size_t body_limit, Sink sink = nullptr);
  /// Takes bytes up to the response's end and says how many; the rest belongs to whatever follows.
  Result<std::size_t> feed(std::string_view bytes);
  /// The other side has closed: fine when that is what ends the body, an error otherwise.
  Result<void> end();

  /// Status and headers are there; the body may still be on its way.
  bool head_done() const { return head_seen_; }
  bool done() const { return state_ == State::done; }
  /// Whether another request may follow on this connection; asked once done.
  bool keep_alive() const { return keep_alive_; }
  int status() const { return status_; }
  Headers& headers() { return headers_; }
  std::string& body() { return body_; }

 private:
  enum class State {
    status_line,
    header,
    chunk_size,
    chunk_end,
    trailer,
    fixed,
    chunk,
    until_close,
    done
  };
  static bool takes_lines(State s) { return s < State::fixed; }

  Result<void> line(std::string_view text);
  Result<void> status_line(std::string_view text);
  Result<void> header(std::string_view text);
  Result<void> head_ended();
  Result<void> chunk_size(std::string_view text);
  Result<void> take_body(std::string_view bytes);

  bool answers_head_ = false, keep_alive_ = false, head_seen_ = false;
  std::size_t body_limit_ = 0, body_taken_ = 0, line_bytes_ = 0;
  std::uint64_t left_ = 0;
  int status_ = 0, minor_version_ = 1;
  State state_ = State::status_line;
  Headers headers_;
  std::string line_, body_;
  Sink sink_;
};

}  // namespace wardroom::http
