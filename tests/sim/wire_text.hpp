/// HTTP/1.1 as text: requests read, answers written, rightly or wrongly as wished. Pure.
#pragma once
#include "sim/exchange.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::sim {

std::string_view trimmed(std::string_view text);

template <class Int>
std::optional<Int> number(std::string_view text, int base = 10) {
  Int n = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), n, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

/// "GET /x?y HTTP/1.1" and its fields; false when it is none of this.
bool read_head(std::string_view head, Request& into);
std::string head_of(http::Response const& response, std::string_view framing, bool keep);
/// `chunk` bytes go into one chunk; 0 = all of them. Without the last, empty one.
std::string chunked(std::string_view bytes, std::size_t chunk);
/// The whole answer with the framing that its `wire` asks for.
std::string wire_text(Answer const& answer, bool keep, bool head_only);

}  // namespace wardroom::sim
