#include "sim/wire_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

bool read_head(std::string_view head, Request& into) {
  auto const line_end = head.find("\r\n");
  auto const line = head.substr(0, line_end);
  auto const a = line.find(' '), b = line.rfind(' ');
  if (a == std::string_view::npos || a == b || line.substr(b + 1) != "HTTP/1.1") return false;
  into.method = http::parse_method(line.substr(0, a));
  auto target = line.substr(a + 1, b - a - 1);
  if (auto const scheme = target.find("://"); scheme != std::string_view::npos && target[0] != '/')
    target.remove_prefix(std::min(target.find('/', scheme + 3), target.size()));
  auto const mark = std::min(target.find('?'), target.size());
  into.path = target.substr(0, mark);
  into.query = target.substr(std::min(mark + 1, target.size()));
  for (auto at = line_end + 2; at < head.size();) {
    auto const end = std::min(head.find("\r\n", at), head.size());
    auto const field = head.substr(at, end - at);
    auto const colon = field.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    into.headers.add(std::string(field.substr(0, colon)),
                     std::string(trimmed(field.substr(colon + 1))));
    at = end + 2;
  }
  return true;
}

std::string head_of(http::Response const& r, std::string_view framing, bool keep) {
  auto out = fmt::format("HTTP/1.1 {} {}\r\n", r.status, http::reason_phrase(r.status));
  for (auto const& [name, value] : r.headers) out += fmt::format("{}: {}\r\n", name, value);
  return out + fmt::format("{}\r\nConnection: {}\r\n\r\n", framing, keep ? "keep-alive" : "close");
}

std::string chunked(std::string_view bytes, std::size_t chunk) {
  std::string out;
  if (chunk == 0) chunk = std::max<std::size_t>(bytes.size(), 1);
  for (std::size_t at = 0; at < bytes.size(); at += chunk) {
    auto const piece = bytes.substr(at, chunk);
    out += fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
  }
  return out;
}

std::string wire_text(Answer const& a, bool keep, bool head_only) {
  auto const& body = a.response.body;
  bool const broken = a.wire == Answer::Wire::cut_chunk;
  bool const in_chunks = broken || a.wire == Answer::Wire::chunked;
  auto const length = body.size() + (a.wire == Answer::Wire::wrong_length ? 100 : 0);
  auto out = head_of(a.response,
                     in_chunks ? std::string("Transfer-Encoding: chunked")
                               : fmt::format("Content-Length: {}", length),
                     keep);
  if (head_only) return out;
  if (!in_chunks) return out + body;
  auto chunks = chunked(body, broken ? 64 : 7) + "0\r\n\r\n";
  if (broken) chunks.resize(chunks.size() / 2);
  return out + chunks;
}

}  // namespace wardroom::sim
