/// The applications registered in the simulated developer portal, and what they may ask for.
/// Source: webex-rest.md 1.1, 1.2, 1.10, 11.
#pragma once
#include "sim/exchange.hpp"
#include "sim/organisation.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::sim {

using Scopes = std::set<std::string, std::less<>>;
Scopes split_scopes(std::string_view text);
std::string join_scopes(Scopes const& scopes);

struct OauthClient {
  std::string id, secret, name;
  std::vector<std::string> redirects;
  /// Any port and host name of loopback will do, with the path of a registered redirect.
  bool any_loopback = false;
  /// A machine account: it never sees the authorize page.
  bool service_app = false;
  Scopes scopes;

  bool takes_redirect(std::string const& uri) const;
  /// The first of `wanted` that is not registered; nullopt = all are. OIDC scopes need none.
  std::optional<std::string> unregistered(Scopes const& wanted, bool with_oidc) const;
};
/// `C-wardroom-demo`, for the demo and the tests.
OauthClient demo_client();
/// `C-wardroom-guests`, the service app that makes guests.
OauthClient guests_client();

/// Who is behind a bearer token.
struct Bearer {
  Person const* person = nullptr;
  Scopes scopes;
  std::string client_id;
  bool may(std::string_view scope) const { return scopes.contains(scope); }
};

struct ClientCredentials {
  std::string id, secret;
};
/// From `Authorization: Basic`; nullopt = there is none.
std::optional<ClientCredentials> basic_credentials(Request const& request);

}  // namespace wardroom::sim
