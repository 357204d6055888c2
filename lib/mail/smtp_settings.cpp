#include "mail/smtp_settings.hpp"

#include "http/client.hpp"

#include <fmt/format.h>

namespace wardroom::mail {

Result<SmtpServer> parse_smtp_url(std::string_view url) {
  auto const refuse = [&](std::string_view why) {
    return failure(ErrorKind::malformed,
                   fmt::format("'{}' {}; write smtp://mail.acme.example:587 (TLS by STARTTLS) or "
                               "smtps://mail.acme.example",
                               url.contains('@') ? std::string_view("smtp://…@…") : url, why));
  };
  auto const colon = url.find("://");
  auto const scheme = url.substr(0, colon);
  if (colon == url.npos || (scheme != "smtp" && scheme != "smtps"))
    return refuse("is not the address of a mail server");
  auto rest = std::string(url.substr(colon));
  if (rest.ends_with('/')) rest.pop_back();
  if (rest.contains('@'))
    return refuse("has a name or password in it; they have keys of their own");
  if (rest.find_first_of("/?#", 3) != rest.npos) return refuse("has something behind the port");
  // The same text under schemes of different default ports tells whether a port was given.
  auto const one = http::origin_of("http" + rest);
  auto const other = http::origin_of("https" + rest);
  if (!one || !other) return refuse("is not the address of a mail server");
  SmtpServer out;
  out.host = one->host;
  out.tls_at_once = scheme == "smtps";
  out.starttls_needed = !out.tls_at_once && !http::is_loopback_host(out.host);
  out.port = one->port == other->port ? one->port : out.tls_at_once ? 465 : 25;
  return out;
}

}  // namespace wardroom::mail
