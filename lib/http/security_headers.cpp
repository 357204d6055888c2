#include "http/security_headers.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace wardroom::http {
namespace {

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string content_security_policy(std::string_view more) {
  if (more.find("unsafe-inline") != std::string_view::npos ||
      more.find("unsafe-eval") != std::string_view::npos)
    throw std::logic_error("the content security policy allows no inline code and no eval");
  std::vector<std::pair<std::string_view, std::string_view>> directives{
      {"default-src", "'self'"}, {"base-uri", "'none'"},        {"object-src", "'none'"},
      {"form-action", "'self'"}, {"frame-ancestors", "'none'"}, {"img-src", "'self' data:"},
      {"connect-src", "'self'"},
  };
  while (!more.empty()) {
    auto const end = std::min(more.find(';'), more.size());
    auto const directive = trim(more.substr(0, end));
    more.remove_prefix(std::min(end + 1, more.size()));
    if (directive.empty()) continue;
    auto const space = std::min(directive.find(' '), directive.size());
    auto const name = directive.substr(0, space);
    std::erase_if(directives, [&](auto const& known) { return known.first == name; });
    directives.emplace_back(name, trim(directive.substr(space)));
  }
  std::string policy;
  for (auto const& [name, sources] : directives) {
    if (!policy.empty()) policy += "; ";
    policy.append(name);
    if (!sources.empty()) policy.append(" ").append(sources);
  }
  return policy;
}

Headers security_headers(SecurityOptions const& options) {
  Headers headers{
      {"Content-Security-Policy", content_security_policy(options.csp_more)},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"X-Frame-Options", "DENY"},  // for browsers older than frame-ancestors
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Permissions-Policy", options.permissions},
      {"Cache-Control", "no-store"},
  };
  if (options.under_tls) headers.add("Strict-Transport-Security", "max-age=31536000");
  return headers;
}

}  // namespace wardroom::http
