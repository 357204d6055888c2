/// The OAuth server of the simulated Webex: authorize page, codes, access and refresh tokens.
/// It refuses what the real one refuses. Source: webex-rest.md 1.
#pragma once
#include "base/result.hpp"
#include "runtime/clock.hpp"
#include "runtime/random.hpp"
#include "sim/exchange.hpp"
#include "sim/faults.hpp"
#include "sim/organisation.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace wardroom::sim {

using Scopes = std::set<std::string, std::less<>>;

/// An application registered in the developer portal.
struct OauthClient {
  std::string id, secret, name;
  std::vector<std::string> redirects;
  /// Any port and host name of loopback will do, with the path of a registered redirect.
  bool any_loopback = false;
  Scopes scopes;
};
/// `C-wardroom-demo`, for the demo and the tests.
OauthClient demo_client();

/// Who is behind a bearer token.
struct Bearer {
  Person const* person = nullptr;
  Scopes scopes;
  std::string client_id;
  bool may(std::string_view scope) const { return scopes.contains(scope); }
};

class OauthSim {
 public:
  OauthSim(Organisation const& org, Clock& clock, Random& dice, Faults& faults);

  void add_client(OauthClient client) { clients_[client.id] = std::move(client); }

  Answer authorize(Request const& request);     ///< GET and POST /v1/authorize
  Answer access_token(Request const& request);  ///< POST /v1/access_token

  /// The person behind `Authorization: Bearer`; nullopt = answer 401.
  std::optional<Bearer> check(Request const& request) const;

  /// Makes every access token given out so far invalid; refreshing still works.
  void expire_access_tokens();
  /// Makes refresh tokens invalid as well, as when an administrator revokes the grant.
  void revoke_grants();
  nlohmann::json counters() const;

  /// Grants and tokens, with their ends in wall-clock time: what outlives a restart.
  nlohmann::json memory() const;
  /// Takes back what `memory()` told an earlier simulator; on an error nothing is taken.
  Result<void> recall(nlohmann::json const& memory);
  /// Called after each change of what `memory()` tells.
  std::function<void()> on_change = [] {};

 private:
  struct Code {
    std::string client_id, redirect_uri, challenge, method;
    Person const* person;
    Scopes scopes;
    Uptime expires;
    bool used = false;
  };
  struct Grant {
    std::string client_id;
    Person const* person;
    Scopes scopes;
    Uptime refresh_expires;
    bool revoked = false;
  };
  struct Access {
    std::size_t grant;
    Uptime expires;
  };

  Answer grant_code(OauthClient const& client, http::QueryPairs const& query, Person const& person);
  Answer exchange(Request const& request, OauthClient const& client, http::QueryPairs const& form);
  Answer refresh(Request const& request, OauthClient const& client, http::QueryPairs const& form);
  Answer issue(std::size_t grant, std::string refresh_token);
  std::string new_token();

  Organisation const& org_;
  Clock& clock_;
  Random& dice_;
  Faults& faults_;
  std::map<std::string, OauthClient, std::less<>> clients_;
  std::map<std::string, Code> codes_;
  std::vector<Grant> grants_;
  std::map<std::string, Access, std::less<>> access_;
  std::map<std::string, std::size_t> refresh_;  // token → grant
  std::uint64_t authorized_ = 0, exchanged_ = 0, refreshed_ = 0, refused_ = 0;
};

/// The error shape of webex-rest.md 1.5 and 2.3.
Answer webex_error(int status, std::string_view description, Request const& request);
/// 405 with what is allowed.
Answer webex_wrong_method(std::string_view allow, Request const& request);

}  // namespace wardroom::sim
