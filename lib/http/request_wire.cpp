#include "http/request_wire.hpp"

namespace wardroom::http {

std::string authority(Origin const& origin) {
  std::string out =
      origin.host.find(':') == std::string::npos ? origin.host : "[" + origin.host + "]";
  if (origin.port != (origin.scheme == "https" ? 443 : 80))
    out += ":" + std::to_string(origin.port);
  return out;
}

Secret to_wire(ClientRequest const& request, Origin const& origin, std::string_view user_agent) {
  std::string_view target = request.url;
  target = target.substr(0, target.find('#'));
  auto const path = target.find_first_of("/?", target.find("://") + 3);
  target = path == target.npos ? std::string_view{} : target.substr(path);
  bool const rooted = target.starts_with('/');
  std::string head = " HTTP/1.1\r\nHost: " + authority(origin) + "\r\nUser-Agent: ";
  head.append(user_agent).append("\r\n");
  for (auto const& [name, value] : request.headers)
    head.append(name).append(": ").append(value).append("\r\n");
  if (!request.body.empty() || request.method == Method::post || request.method == Method::put ||
      request.method == Method::patch)
    head.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  auto const credential = authorization(request);
  bool const has_credential = !credential.empty();
  return Secret::joined({name(request.method), rooted ? " " : " /", target, head,
                         has_credential ? "Authorization: " : "", credential.reveal(),
                         has_credential ? "\r\n\r\n" : "\r\n", request.body});
}

}  // namespace wardroom::http
