#include "settings_doors.hpp"

#include "http/client.hpp"

#include <fmt/format.h>

namespace wardroom {
namespace {

/// "127.0.0.1" of "127.0.0.1:8480"; complains when there is no port.
std::string host_of_listen(config::Section& section, std::string const& listen,
                           std::string_view example) {
  auto const colon = listen.rfind(':');
  if (colon != std::string::npos) return listen.substr(0, colon);
  section.complain("listen", fmt::format("needs a port, such as {}", example));
  return "localhost";
}

TlsSettings read_tls(config::Section section) {
  TlsSettings out;
  out.certificate_file = section.ca_file("certificate_file");
  out.key_file = section.secret_file("key_file");
  if (!out.certificate_file.empty() && out.key_file.empty())
    section.complain("certificate_file", "needs its key: name the file in key_file");
  if (out.certificate_file.empty() && !out.key_file.empty())
    section.complain("key_file", "needs its certificate: name the file in certificate_file");
  section.finish();
  return out;
}

}  // namespace

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

void check_url(config::Section& section, std::string_view key, std::string const& url,
               bool http_anywhere) {
  auto const origin = http::origin_of(url);
  if (!origin)
    section.complain(key, fmt::format("'{}' is not a URL; write https://host/path", url));
  else if (origin->scheme == "http" && !http_anywhere && !http::is_loopback_host(origin->host))
    section.complain(key, "plain http is accepted on loopback only; use https");
}

void read_http(config::Section section, DaemonSettings& out) {
  out.listen = section.text("listen", "127.0.0.1:8480");
  out.tls = read_tls(section.section("tls"));
  bool const tls = !out.tls.certificate_file.empty();
  out.public_url = without_slash(section.derived_text(
      "public_url", (tls ? "https://" : "http://") + out.listen, "http.listen"));
  section.use("public_url", out.public_url);
  out.trusted_proxies = section.texts("trusted_proxies");
  bool const plain = section.flag("allow_plain_http", false);
  auto const host = host_of_listen(section, out.listen, "127.0.0.1:8480");
  if (!http::is_loopback_host(host) && !tls && !plain)
    section.complain(
        "listen",
        "listens beyond loopback without TLS; name a certificate in http.tls, put a TLS proxy in "
        "front on this machine, or set http.allow_plain_http: true if you accept that positions "
        "cross the network readable");
  check_url(section, "public_url", out.public_url, plain);
  if (tls && out.public_url.starts_with("http://"))
    section.complain("public_url", "begins with http, but http.tls is set: write https://…");
  section.finish();
}

void check_notice_addresses(config::Section& root, DaemonSettings const& settings) {
  auto section = root.section("security_notices");
  auto const& notices = settings.security_notices;
  for (auto& entry : section.list("bridges")) {
    auto const api = without_slash(entry.text("api"));
    if (!api.empty()) check_url(entry, "api", api);
  }
  if (!http::origin_of(notices.receiver_url))
    section.complain("receiver_url",
                     fmt::format("'{}' is not a URL; write https://wardroom.acme.example/cdr",
                                 notices.receiver_url));
  auto listener = section.section("listener");
  auto const& cdr = notices.listener;
  if (cdr.listen.empty()) return;
  auto const host = host_of_listen(listener, cdr.listen, "0.0.0.0:8445");
  bool const plain = root.section("http").flag("allow_plain_http", false);
  if (!http::is_loopback_host(host) && cdr.certificate_file.empty() && !plain)
    listener.complain("listen",
                      "listens beyond loopback without TLS: name certificate_file and key_file, or "
                      "set http.allow_plain_http: true if you accept that records of calls and "
                      "the bridges' secrets cross the network readable");
  if (cdr.listen == settings.listen)
    listener.complain("listen", "is http.listen already: write another port");
}

}  // namespace wardroom
