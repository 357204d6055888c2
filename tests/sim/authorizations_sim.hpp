/// Who one is, and which grants there are: userinfo, listing and revoking of authorizations.
/// Source: webex-rest.md 1.7, 1.9.
#pragma once
#include "sim/oauth_sim.hpp"

#include <string>
#include <vector>

namespace wardroom::sim {

class AuthorizationsSim {
 public:
  AuthorizationsSim(Organisation const& org, OauthSim& oauth) : org_(org), oauth_(oauth) {}

  /// /v1/authorizations, /v1/authorizations/{id}, /v1/authorizations/tokenExpiry.
  Answer handle(Request const& request, Bearer const& who, std::string const& id);
  Answer userinfo(Request const& request, Bearer const& who);

 private:
  Answer list(Request const& request);
  Answer remove(Request const& request, Bearer const& who, std::string const& id);
  Answer remove_all_of_client(Request const& request, Bearer const& who);
  Answer token_expiry(Request const& request);
  nlohmann::json item(TokenBook::Authorization const& one) const;

  Organisation const& org_;
  OauthSim& oauth_;
};

}  // namespace wardroom::sim
