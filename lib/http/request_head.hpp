/// Checks the raw bytes of a request head more strictly than any parser behind or before us might.
/// Pure. What two programs could read differently (smuggling) is refused, never repaired.
#pragma once
#include "http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

namespace wardroom::http {

/// Why a request is not served; the connection closes after the answer.
struct Refusal {
  int status = 400;
  std::string_view code = "malformed";
  std::string_view sentence;
};

/// What framing and routing need; views into the head that was checked.
struct RequestHead {
  Method method = Method::other;
  std::string_view target;  ///< origin form
  std::string_view path;
  std::string_view query;
  std::string_view host;  ///< empty only in HTTP/1.0
  bool http_1_1 = true;
  bool keep_alive = true;
  bool chunked = false;
  std::uint64_t content_length = 0;
  bool expects_continue = false;

  bool has_body() const { return chunked || content_length > 0; }
};

/// Looks for the empty line that ends a head, going on from `scanned` (0 for a new head).
/// A value is the head's length, 0 while it is incomplete.
std::expected<std::size_t, Refusal> find_head_end(std::string_view bytes, std::size_t& scanned);

/// `head` is complete, up to and including the empty line.
/// Source of the rules: RFC 9112 sections 2-7 and 11.2, reliability.md "HTTP".
std::expected<RequestHead, Refusal> check_head(std::string_view head, std::size_t max_fields);

}  // namespace wardroom::http
