#include "http/request_parser.hpp"

#include "base/planted.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <limits>

namespace wardroom::http {
namespace beast = boost::beast;

namespace {

constexpr std::size_t readable_after_body = 64;
/// A chunk's size line or a trailer that grows beyond this is refused.
constexpr std::size_t longest_chunk_line = 1024;
/// "0 CR LF CR LF": whatever is left of a chunked body is at least this long, and Beast 1.81
/// asserts so when a final chunk is offered in smaller pieces.
constexpr std::size_t shortest_chunked_rest = 5;

/// A line feed or another control character, which another reader might take for a line end.
bool has_control(beast::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

/// Beast's callbacks, gathered into fields and one body.
class Collector final : public beast::http::basic_parser<true> {
 public:
  Collector(Headers& headers, std::string& body) : headers_(headers), body_(body) {
    // Sizes are limited by the session and by feed(): Beast must not refuse earlier.
    header_limit(std::numeric_limits<std::uint32_t>::max());
    body_limit(boost::none);
  }

  std::size_t limit = 0;
  bool too_large = false;

 private:
  using Code = beast::error_code;
  using Text = beast::string_view;

  void on_request_impl(beast::http::verb, Text, Text, int, Code&) override {}
  void on_response_impl(int, Text, int, Code&) override {}
  void on_field_impl(beast::http::field, Text name, Text value, Code& error) override {
    if (has_control(value)) error = beast::http::error::bad_value;
    if (!in_body_) headers_.add(std::string(name), std::string(value));
  }
  void on_header_impl(Code&) override { in_body_ = true; }
  void on_body_init_impl(boost::optional<std::uint64_t> const&, Code&) override {}
  std::size_t on_body_impl(Text bytes, Code& error) override { return take(bytes, error); }
  void on_chunk_header_impl(std::uint64_t size, Text extensions, Code& error) override {
    // Beast takes a bare line feed within a quoted extension (seen with 1.81).
    if (has_control(extensions)) error = beast::http::error::bad_chunk_extension;
    if (size > limit - std::min(limit, body_.size())) refuse(error);
  }
  std::size_t on_chunk_body_impl(std::uint64_t, Text bytes, Code& error) override {
    return take(bytes, error);
  }
  void on_finish_impl(Code&) override {}

  std::size_t take(Text bytes, Code& error) {
    if (bytes.size() > limit - std::min(limit, body_.size())) {
      refuse(error);
      return 0;
    }
    body_.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void refuse(Code& error) {
    too_large = true;
    error = beast::http::error::body_limit;
  }

  Headers& headers_;
  std::string& body_;
  bool in_body_ = false;
};

Refusal const disagreement{400, "malformed", "The request head can be read in two ways."};
Refusal const bad_body{400, "malformed", "The body of the request is not well-formed chunks."};
Refusal const body_too_large{413, "too_large", "The body of the request is too large."};

}  // namespace

class RequestParser::Impl {
 public:
  Headers headers;
  std::string body;
  std::optional<Collector> collector;
};

RequestParser::RequestParser() : impl_(std::make_unique<Impl>()) {}
RequestParser::~RequestParser() = default;

Headers const& RequestParser::headers() const { return impl_->headers; }
std::string_view RequestParser::body() const { return impl_->body; }

std::optional<Refusal> RequestParser::start(std::string_view head_bytes, RequestHead const& head) {
  auto& in = *impl_;
  in.headers.clear();
  if (!WARDROOM_PLANTED("body-of-before-stays")) in.body.clear();
  in.body.reserve(std::min<std::size_t>(head.content_length, 16 * 1024) + readable_after_body);
  auto& collector = in.collector.emplace(in.headers, in.body);
  beast::error_code error;
  auto const used =
      collector.put(boost::asio::const_buffer(head_bytes.data(), head_bytes.size()), error);
  if (error || used != head_bytes.size() || !collector.is_header_done()) return disagreement;
  auto const length = collector.content_length();
  if (collector.chunked() != head.chunked || (length ? *length : 0) != head.content_length)
    return disagreement;
  return std::nullopt;
}

RequestParser::Fed RequestParser::feed(std::string_view bytes, std::size_t limit) {
  auto& in = *impl_;
  auto& collector = *in.collector;
  collector.limit = limit;
  Fed fed;
  while (!collector.is_done() && fed.used < bytes.size()) {
    beast::error_code error;
    auto const rest = bytes.substr(fed.used);
    if (collector.chunked() && rest.size() < shortest_chunked_rest) break;
    fed.used += collector.put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    if (error == beast::http::error::need_more) {
      if (bytes.size() - fed.used > longest_chunk_line) fed.refusal = bad_body;
      break;
    }
    if (error) {
      fed.refusal = collector.too_large ? body_too_large : bad_body;
      break;
    }
  }
  fed.complete = collector.is_done() && !fed.refusal;
  if (fed.complete) in.body.reserve(in.body.size() + readable_after_body);
  return fed;
}

}  // namespace wardroom::http
