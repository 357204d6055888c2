#include "http/proxy.hpp"

#include "base/encoding.hpp"
#include "http/client.hpp"

namespace wardroom::http {
namespace {

std::unexpected<Error> refuse(std::string const& why) {
  return failure(ErrorKind::malformed, "the proxy is not accepted: " + why +
                                           "; expected http://host:port or "
                                           "http://user:password@host:port");
}

bool has_control(std::string_view text) {
  for (unsigned char c : text)
    if (c < 0x20 || c == 0x7f) return true;
  return false;
}

}  // namespace

Result<Proxy> parse_proxy(std::string_view text) {
  if (has_control(text) || text.find(' ') != text.npos) return refuse("it has white space in it");
  auto const scheme = text.find("://");
  if (scheme == text.npos) return refuse("it does not begin with http://");
  if (!equal_ignoring_case(text.substr(0, scheme), "http"))
    return refuse("only proxies spoken to by plain HTTP are supported (CONNECT inside)");
  auto rest = text.substr(scheme + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  auto const at = rest.rfind('@');
  auto const login = at == rest.npos ? std::string_view() : rest.substr(0, at);
  auto const authority = at == rest.npos ? rest : rest.substr(at + 1);
  if (authority.find_first_of("/?#") != authority.npos) return refuse("it has a path");
  auto const origin = origin_of("http://" + std::string(authority));
  if (!origin) return refuse("its host or port is not valid");
  auto const colon = authority.rfind(':');
  if (colon == authority.npos || authority.find(']', colon) != authority.npos)
    return refuse("its port is missing");
  Proxy out{.url = "http://" + std::string(authority), .host = std::string(authority)};
  if (login.empty()) return out;
  auto const mark = login.find(':');
  auto user = percent_decode(login.substr(0, mark));
  auto password = percent_decode(mark == login.npos ? std::string_view() : login.substr(mark + 1));
  if (!user || !password || user->empty() || has_control(*user) || has_control(*password))
    return refuse("its user or password has a broken percent escape or is empty");
  out.user = std::move(*user);
  out.password = Secret(std::move(*password));
  return out;
}

Result<void> set_login(Proxy& proxy, Secret const& login) {
  auto text = login.reveal();
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  auto const mark = text.find(':');
  if (mark == text.npos || mark == 0 || has_control(text))
    return failure(ErrorKind::malformed,
                   "the login of the proxy is not one line of the form user:password");
  proxy.user = text.substr(0, mark);
  proxy.password = Secret(std::string(text.substr(mark + 1)));
  return {};
}

}  // namespace wardroom::http
