#include "http/client.hpp"

#include "base/encoding.hpp"
#include "base/time_text.hpp"
#include "http/response_parser.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>

namespace wardroom::http {
namespace {

constexpr Milliseconds default_retry_after{15'000};
constexpr Milliseconds longest_retry_after{300'000};

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool blank(char c) { return c == ' ' || c == '\t'; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (!all_digits(text) || text.size() > 5) return std::nullopt;
  unsigned port = 0;
  std::from_chars(text.data(), text.data() + text.size(), port);
  if (port == 0 || port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

bool is_host_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

bool is_v6(std::string_view host) {
  boost::system::error_code error;
  boost::asio::ip::make_address_v6(std::string(host), error);
  return !error;
}

bool has_control_or_space(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    auto const byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f;
  });
}

bool breaks_a_header(std::string_view value) {
  return value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos;
}

/// The scheme's end, or npos.
std::size_t authority_begin(std::string_view url) {
  auto const colon = url.find("://");
  return colon == url.npos ? url.npos : colon + 3;
}

}  // namespace

bool may_repeat(ClientRequest const& request) {
  if (request.once) return false;
  if (request.method == Method::get || request.method == Method::head) return true;
  return request.idempotent && (request.method == Method::put || request.method == Method::delete_);
}

Milliseconds parse_retry_after(std::string_view value, Instant now) {
  while (!value.empty() && blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && blank(value.back())) value.remove_suffix(1);
  if (all_digits(value)) {
    if (value.size() > 6) return longest_retry_after;
    long seconds = 0;
    std::from_chars(value.data(), value.data() + value.size(), seconds);
    return std::min<Milliseconds>(std::chrono::seconds(seconds), longest_retry_after);
  }
  auto const when = parse_http_date(value);
  if (!when) return default_retry_after;
  return std::clamp<Milliseconds>(*when - now, Milliseconds(0), longest_retry_after);
}

std::optional<Origin> origin_of(std::string_view url) {
  auto const begin = authority_begin(url);
  if (begin == url.npos) return std::nullopt;
  Origin out;
  out.scheme = lower(url.substr(0, begin - 3));
  if (out.scheme != "http" && out.scheme != "https") return std::nullopt;
  out.port = out.scheme == "https" ? 443 : 80;
  auto authority = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  std::string_view port;
  if (authority.starts_with('[')) {
    auto const close = authority.find(']');
    if (close == authority.npos) return std::nullopt;
    out.host = lower(authority.substr(1, close - 1));
    if (!is_v6(out.host)) return std::nullopt;
    port = authority.substr(close + 1);
    if (!port.empty() && !port.starts_with(':')) return std::nullopt;
  } else {
    auto const colon = authority.find(':');
    out.host = lower(authority.substr(0, colon));
    if (!is_host_name(out.host)) return std::nullopt;
    port = colon == authority.npos ? std::string_view{} : authority.substr(colon);
  }
  if (!port.empty()) {
    auto const number = parse_port(port.substr(1));
    if (!number) return std::nullopt;
    out.port = *number;
  }
  return out;
}

bool is_loopback_host(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (lower(host) == "localhost") return true;
  boost::system::error_code error;
  auto const address = boost::asio::ip::make_address(std::string(host), error);
  return !error && address.is_loopback();
}

std::optional<std::pair<std::string, std::uint16_t>> split_address(std::string_view address) {
  auto const colon = address.rfind(':');
  if (colon == address.npos) return std::nullopt;
  auto const port = parse_port(address.substr(colon + 1));
  auto host = address.substr(0, colon);
  bool const bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  auto const parsed = boost::asio::ip::make_address(std::string(host), error);
  if (!port || error || parsed.is_v6() != bracketed) return std::nullopt;
  return std::pair(std::string(host), *port);
}

Result<Origin> check(ClientRequest const& request) {
  auto refuse = [&](std::string why) {
    Error error{ErrorKind::malformed, describe(request) + " is not sent: " + std::move(why)};
    error.not_done = true;
    return std::unexpected(std::move(error));
  };
  auto origin = origin_of(request.url);
  if (!origin || has_control_or_space(request.url))
    return refuse("it is not a complete http or https address");
  auto const target = split_address(request.connect_to);
  if (!request.connect_to.empty() && !target)
    return refuse("\"" + request.connect_to + "\" is not an address with a port to connect to");
  if (origin->scheme == "http" &&
      (!is_loopback_host(origin->host) || (target && !is_loopback_host(target->first))))
    return refuse("plain http is accepted on loopback only; configure an https address");
  if (request.method == Method::other) return refuse("the method is not known");
  for (auto const& [name, value] : request.headers)
    if (!is_header_name(name) || breaks_a_header(value))
      return refuse("header \"" + (is_header_name(name) ? name : std::string("?")) +
                    "\" has a character that would end it early");
  if (request.bearer && has_control_or_space(request.bearer->reveal()))
    return refuse("its bearer token has white space in it; log in again");
  return *origin;
}

std::string describe(ClientRequest const& request) {
  std::string_view url = request.url;
  url = url.substr(0, url.find_first_of("?#"));
  auto const begin = authority_begin(url);
  auto const at = begin == url.npos ? url.npos : url.substr(0, url.find('/', begin)).rfind('@');
  std::string out = std::string(name(request.method)) + " ";
  for (char c : at == url.npos ? url : url.substr(at + 1))  // no user:password either
    out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  return out;
}

Secret authorization(ClientRequest const& request) {
  if (request.bearer) return Secret::joined({"Bearer ", request.bearer->reveal()});
  if (!request.basic) return Secret();
  auto const& [user, password] = *request.basic;
  auto const plain = Secret::joined({user, ":", password.reveal()});
  auto coded = to_base64(plain.reveal());
  auto out = Secret::joined({"Basic ", coded});
  wipe(coded);
  return out;
}

Result<void> check(ClientRequest const& request, int status, Headers const& headers) {
  auto const coding = headers.get("Content-Encoding");
  if (coding.empty() || equal_ignoring_case(coding, "identity") || status / 100 != 2) return {};
  return failure(ErrorKind::malformed,
                 describe(request) +
                     ": the answer is compressed although nobody asked for that; is there a proxy "
                     "in between that changes answers?");
}

std::string redirect_words(int status, Headers const& headers) {
  auto const location = headers.get("Location");
  if (status / 100 != 3 || location.empty()) return {};
  auto const target = origin_of(location);
  return "; it points to " + (target ? target->host : std::string("another place")) +
         ", and redirects are never followed, so that no token goes astray";
}

}  // namespace wardroom::http
