#include "http/response_parser.hpp"

#include <algorithm>
#include <charconv>

namespace wardroom::http {
namespace {

/// Status line, headers and trailers, or one chunk line: more than this is not a server of ours.
constexpr std::size_t longest_head = 64u << 10;
constexpr std::size_t most_headers = 256;
constexpr std::size_t longest_chunk_line = 4u << 10;

std::unexpected<Error> bad(std::string_view what) {
  return failure(ErrorKind::malformed, "the answer is not HTTP/1.1: " + std::string(what));
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <int base>
bool parse_number(std::string_view text, std::uint64_t& out) {
  if (text.empty() || text.size() > 15) return false;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc{} && end == text.data() + text.size();
}

/// Whether a comma-separated header holds this word.
bool lists(Headers const& headers, std::string_view name, std::string_view word) {
  for (auto value : headers.get_all(name))
    while (!value.empty()) {
      auto const comma = value.find(',');
      if (equal_ignoring_case(trim(value.substr(0, comma)), word)) return true;
      value = comma == value.npos ? std::string_view{} : value.substr(comma + 1);
    }
  return false;
}

}  // namespace

bool is_header_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

void ResponseParser::start(bool answers_head, std::size_t body_limit, Sink sink) {
  *this = ResponseParser();
  answers_head_ = answers_head;
  body_limit_ = body_limit;
  sink_ = std::move(sink);
}

Result<std::size_t> ResponseParser::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && state_ != State::done) {
    auto rest = bytes.substr(used);
    if (!takes_lines(state_)) {
      auto const take = state_ == State::until_close
                            ? rest.size()
                            : static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
      if (auto taken = take_body(rest.substr(0, take)); !taken)
        return std::unexpected(taken.error());
      used += take;
      continue;
    }
    auto const newline = rest.find('\n');
    auto const piece = rest.substr(0, newline == rest.npos ? newline : newline + 1);
    used += piece.size();
    line_bytes_ += piece.size();
    if (line_bytes_ > (head_seen_ ? longest_chunk_line : longest_head))
      return bad(head_seen_ ? "a chunk line without an end" : "headers of more than 64 KiB");
    line_ += piece;
    if (newline == rest.npos) break;
    if (!line_.ends_with("\r\n")) return bad("a line that ends without a carriage return");
    auto const text = std::exchange(line_, {});
    if (text.find('\0') != text.npos) return bad("a NUL in the headers");
    if (auto taken = line(std::string_view(text).substr(0, text.size() - 2)); !taken)
      return std::unexpected(taken.error());
  }
  return used;
}

Result<void> ResponseParser::end() {
  if (state_ == State::done) return {};
  if (state_ == State::until_close) {
    state_ = State::done;
    return {};
  }
  return failure(ErrorKind::unavailable, head_seen_
                                             ? "the connection ended before the answer was complete"
                                             : "the connection ended before an answer came");
}

Result<void> ResponseParser::line(std::string_view text) {
  switch (state_) {
    case State::status_line:
      return status_line(text);
    case State::header:
      return text.empty() ? head_ended() : header(text);
    case State::chunk_size:
      return chunk_size(text);
    case State::chunk_end:
      if (!text.empty()) return bad("a chunk longer than it said");
      state_ = State::chunk_size;
      line_bytes_ = 0;
      return {};
    case State::trailer:
      if (text.empty()) state_ = State::done;
      return {};
    default:
      return bad("a line where none belongs");
  }
}

Result<void> ResponseParser::status_line(std::string_view text) {
  bool const shape = text.size() >= 12 && text.starts_with("HTTP/1.") && text[8] == ' ' &&
                     (text[7] == '0' || text[7] == '1') && (text.size() == 12 || text[12] == ' ');
  std::uint64_t code = 0;
  if (!shape || !parse_number<10>(text.substr(9, 3), code) || code < 100)
    return bad("its first line is not a status line");
  if (code == 101) return bad("it switches to another protocol");
  minor_version_ = text[7] - '0';
  status_ = static_cast<int>(code);
  headers_ = Headers();
  state_ = State::header;
  return {};
}

Result<void> ResponseParser::header(std::string_view text) {
  auto const colon = text.find(':');
  if (colon == text.npos || !is_header_name(text.substr(0, colon)))
    return bad("a header line without a proper name");
  if (headers_.size() == most_headers) return bad("more than 256 headers");
  headers_.add(std::string(text.substr(0, colon)), std::string(trim(text.substr(colon + 1))));
  return {};
}

Result<void> ResponseParser::head_ended() {
  if (status_ < 200) {  // an interim answer: the real one follows
    state_ = State::status_line;
    return {};
  }
  head_seen_ = true;
  line_bytes_ = 0;
  keep_alive_ = minor_version_ == 1 ? !lists(headers_, "Connection", "close")
                                    : lists(headers_, "Connection", "keep-alive");
  auto const codings = headers_.get_all("Transfer-Encoding");
  auto const lengths = headers_.get_all("Content-Length");
  std::uint64_t length = 0;
  for (auto value : lengths)
    if (value != lengths.front() || !parse_number<10>(value, length))
      return bad("its Content-Length is not one number");
  if (!codings.empty() && (codings.size() > 1 || !equal_ignoring_case(codings[0], "chunked")))
    return bad("a transfer coding other than chunked");
  if (!codings.empty() && (!lengths.empty() || minor_version_ == 0))
    return bad("chunked where that is not allowed");
  if (answers_head_ || status_ == 204 || status_ == 304) {
    state_ = State::done;
  } else if (!codings.empty()) {
    state_ = State::chunk_size;
  } else if (!lengths.empty()) {
    if (!sink_ && length > body_limit_)
      return failure(ErrorKind::malformed, "the answer's body of " + std::to_string(length) +
                                               " bytes is longer than the limit of " +
                                               std::to_string(body_limit_));
    left_ = length;
    state_ = length == 0 ? State::done : State::fixed;
  } else {
    keep_alive_ = false;
    state_ = State::until_close;
  }
  return {};
}

Result<void> ResponseParser::chunk_size(std::string_view text) {
  line_bytes_ = 0;
  auto const digits = trim(text.substr(0, text.find(';')));  // extensions mean nothing to us
  if (!parse_number<16>(digits, left_)) return bad("a chunk size that is not a number");
  state_ = left_ == 0 ? State::trailer : State::chunk;
  return {};
}

Result<void> ResponseParser::take_body(std::string_view bytes) {
  if (sink_) {
    sink_(bytes);
  } else {
    if (bytes.size() > body_limit_ - body_taken_)
      return failure(ErrorKind::malformed, "the answer's body is longer than the limit of " +
                                               std::to_string(body_limit_) + " bytes");
    body_ += bytes;
    body_taken_ += bytes.size();
  }
  if (state_ == State::until_close) return {};
  left_ -= bytes.size();
  if (left_ == 0) state_ = state_ == State::chunk ? State::chunk_end : State::done;
  return {};
}

}  // namespace wardroom::http
