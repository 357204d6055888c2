/// Turns checked heads and body bytes into fields and a body; Beast does the reading.
/// The only place that knows Beast, and a second opinion: what it reads differently from
/// `check_head` is refused.
#pragma once
#include "http/request_head.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::http {

class RequestParser {
 public:
  RequestParser();
  ~RequestParser();

  /// Begins a request with its complete head.
  std::optional<Refusal> start(std::string_view head_bytes, RequestHead const& head);
  /// The fields of the head, in order; trailers are dropped.
  Headers const& headers() const;

  struct Fed {
    std::size_t used = 0;   ///< bytes taken; the rest is to be offered again, with more behind it
    bool complete = false;  ///< the body has ended
    std::optional<Refusal> refusal{};
  };
  /// `limit` bounds the decoded body.
  Fed feed(std::string_view bytes, std::size_t limit);
  /// At least 64 readable bytes follow it.
  std::string_view body() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wardroom::http
