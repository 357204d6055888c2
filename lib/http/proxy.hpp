/// The forward proxy of a site, as configured. Pure.
#pragma once
#include "base/result.hpp"
#include "base/secret.hpp"

#include <string>
#include <string_view>

namespace wardroom::http {

struct Proxy {
  std::string url;   ///< "http://proxy.acme.example:3128", without a login
  std::string host;  ///< for sentences
  std::string user{};
  Secret password{};
};

/// "http://[user[:password]@]host:port"; user and password percent-encoded where need be. Errors:
/// a sentence without the login.
Result<Proxy> parse_proxy(std::string_view text);
/// The login from a file of its own, "user:password", put into `proxy`.
Result<void> set_login(Proxy& proxy, Secret const& login);

}  // namespace wardroom::http
