#include "http/request_head.hpp"

#include <algorithm>
#include <charconv>

namespace wardroom::http {
namespace {

std::unexpected<Refusal> refuse(std::string_view sentence, int status = 400,
                                std::string_view code = "malformed") {
  return std::unexpected(Refusal{status, code, sentence});
}

bool is_token_char(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}
bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// reg-name, IPv4 or [IPv6], with an optional port; nothing that another reader could split.
bool is_host(std::string_view host) {
  auto const plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_';
  };
  auto const hex_or_colon = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
           c == '.';
  };
  auto name = host;
  std::string_view port;
  if (host.starts_with('[')) {
    auto const close = host.find(']');
    if (close == std::string_view::npos) return false;
    name = host.substr(1, close - 1);
    port = host.substr(close + 1);
    if (!std::all_of(name.begin(), name.end(), hex_or_colon)) return false;
  } else {
    auto const colon = std::min(host.find(':'), host.size());
    name = host.substr(0, colon);
    port = host.substr(colon);
    if (!std::all_of(name.begin(), name.end(), plain)) return false;
  }
  if (name.empty()) return false;
  if (port.empty()) return true;
  if (port.front() != ':' || port.size() > 6) return false;
  return std::all_of(port.begin() + 1, port.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The fields that decide where a request ends and whose it is.
struct Framing {
  std::string_view host, content_length, transfer_encoding;
  int hosts = 0, content_lengths = 0, transfer_encodings = 0;
  bool close = false, keep_alive = false, expects_continue = false, unknown_expectation = false;
};

void read_connection(std::string_view value, Framing& framing) {
  while (!value.empty()) {
    auto const comma = std::min(value.find(','), value.size());
    auto const option = trim(value.substr(0, comma));
    value.remove_prefix(std::min(comma + 1, value.size()));
    if (equal_ignoring_case(option, "close")) framing.close = true;
    if (equal_ignoring_case(option, "keep-alive")) framing.keep_alive = true;
  }
}

void note(std::string_view name, std::string_view value, Framing& framing) {
  switch (name.size()) {
    case 4:
      if (equal_ignoring_case(name, "Host")) {
        ++framing.hosts;
        framing.host = value;
      }
      break;
    case 6:
      if (equal_ignoring_case(name, "Expect")) {
        bool const known = equal_ignoring_case(value, "100-continue");
        framing.expects_continue |= known;
        framing.unknown_expectation |= !known;
      }
      break;
    case 10:
      if (equal_ignoring_case(name, "Connection")) read_connection(value, framing);
      break;
    case 14:
      if (equal_ignoring_case(name, "Content-Length")) {
        ++framing.content_lengths;
        framing.content_length = value;
      }
      break;
    case 17:
      if (equal_ignoring_case(name, "Transfer-Encoding")) {
        ++framing.transfer_encodings;
        framing.transfer_encoding = value;
      }
      break;
    default:
      break;
  }
}

std::expected<Framing, Refusal> read_fields(std::string_view fields, std::size_t max_fields) {
  Framing framing;
  for (std::size_t count = 0; fields != "\r\n"; ++count) {
    if (count == max_fields)
      return refuse("The request has too many header fields.", 431, "too_large");
    auto const line = fields.substr(0, fields.find("\r\n"));
    fields.remove_prefix(line.size() + 2);
    if (line.front() == ' ' || line.front() == '\t')
      return refuse("A header field is folded over two lines.");
    auto const colon = line.find(':');
    if (colon == std::string_view::npos) return refuse("A header line has no colon.");
    if (!is_token(line.substr(0, colon)))
      return refuse("A header name holds a space or another character it must not.");
    auto const value = trim(line.substr(colon + 1));
    if (std::any_of(value.begin(), value.end(), is_control))
      return refuse("A header value holds a control character.");
    note(line.substr(0, colon), value, framing);
  }
  return framing;
}

std::optional<Refusal> apply(Framing const& framing, RequestHead& head) {
  if (framing.hosts > 1) return refuse("The request names its host twice.").error();
  if (framing.hosts == 0 && head.http_1_1) return refuse("The request has no Host field.").error();
  if (framing.hosts == 1 && !is_host(framing.host))
    return refuse("The Host field is not a host name with an optional port.").error();
  if (framing.transfer_encodings + framing.content_lengths > 1)
    return refuse("The request states the length of its body more than once.").error();
  if (framing.transfer_encodings == 1) {
    if (!head.http_1_1) return refuse("HTTP/1.0 has no Transfer-Encoding.").error();
    if (!equal_ignoring_case(framing.transfer_encoding, "chunked"))
      return refuse("Only the transfer coding chunked is understood.", 501, "unsupported").error();
    head.chunked = true;
  }
  if (framing.content_lengths == 1) {
    auto const digits = framing.content_length;
    auto const [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), head.content_length);
    bool const all_digits = !digits.empty() && digits.front() != '-' && digits.size() <= 18;
    if (!all_digits || error != std::errc() || end != digits.data() + digits.size())
      return refuse("The Content-Length is not a plain number.").error();
  }
  if (framing.unknown_expectation)
    return refuse("Only the expectation 100-continue is understood.", 417, "unsupported").error();
  head.host = framing.host;
  head.expects_continue = framing.expects_continue && head.http_1_1;
  head.keep_alive = !framing.close && (head.http_1_1 || framing.keep_alive);
  return std::nullopt;
}

/// Origin form as it is; absolute form is cut to it, and `authority` tells whose it was.
std::optional<Refusal> read_target(std::string_view target, RequestHead& head,
                                   std::string_view& authority) {
  auto const bad = [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f ||
           c == '#' || c == '\\' || c == '"' || c == '<' || c == '>';
  };
  if (target.empty() || std::any_of(target.begin(), target.end(), bad))
    return refuse("The request target holds a character that must be percent-encoded.").error();
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    target.remove_prefix(scheme.size());
    authority = target.substr(0, target.find_first_of("/?"));
    target.remove_prefix(authority.size());
    if (target.empty()) target = "/";
  }
  if (!target.starts_with('/'))
    return refuse("The request target must be a path that begins with a slash.").error();
  head.target = target;
  auto const question = target.find('?');
  head.path = target.substr(0, question);
  if (question != std::string_view::npos) head.query = target.substr(question + 1);
  return std::nullopt;
}

}  // namespace

std::expected<std::size_t, Refusal> find_head_end(std::string_view bytes, std::size_t& scanned) {
  if (scanned == 0 && !bytes.empty() && !is_token_char(bytes.front()))
    return refuse("This does not begin like an HTTP request.");
  for (;;) {
    auto const newline = bytes.find('\n', scanned);
    if (newline == std::string_view::npos) {
      scanned = bytes.size();
      return 0;
    }
    if (bytes[newline - 1] != '\r') return refuse("A line ends with a bare line feed.");
    scanned = newline + 1;
    if (newline >= 3 && bytes[newline - 2] == '\n') return newline + 1;
  }
}

std::expected<RequestHead, Refusal> check_head(std::string_view head, std::size_t max_fields) {
  // Each \n is preceded by \r (find_head_end); here the reverse, so that lines are what they seem.
  for (auto at = head.find('\r'); at != std::string_view::npos; at = head.find('\r', at + 1))
    if (at + 1 >= head.size() || head[at + 1] != '\n')
      return refuse("A carriage return stands alone.");
  if (head.find('\0') != std::string_view::npos) return refuse("The request head holds a NUL.");

  auto const line = head.substr(0, head.find("\r\n"));
  auto const first = line.find(' ');
  auto const last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return refuse("The request line is not METHOD TARGET VERSION.");
  RequestHead out;
  auto const version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    if (version.size() == 8 && version.starts_with("HTTP/"))
      return refuse("Only HTTP/1.1 and HTTP/1.0 are spoken here.", 505, "unsupported");
    return refuse("The request line does not end with an HTTP version.");
  }
  out.http_1_1 = version == "HTTP/1.1";
  if (!is_token(line.substr(0, first))) return refuse("The request method is not a word.");
  out.method = parse_method(line.substr(0, first));
  std::string_view authority;
  if (auto refusal = read_target(line.substr(first + 1, last - first - 1), out, authority))
    return std::unexpected(*refusal);

  auto const framing = read_fields(head.substr(line.size() + 2), max_fields);
  if (!framing) return std::unexpected(framing.error());
  if (auto refusal = apply(*framing, out)) return std::unexpected(*refusal);
  if (!authority.empty() && !equal_ignoring_case(authority, out.host))
    return refuse("The request target and the Host field name different hosts.");
  return out;
}

}  // namespace wardroom::http
