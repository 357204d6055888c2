/// Gives a grant back: asks Webex to delete the authorizations of our client for its owner.
/// Source: webex-rest.md 1.9. There is no RFC 7009 endpoint to use instead.
#pragma once
#include "http/client.hpp"
#include "runtime/task.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace wardroom::oauth {

/// Whether a grant with these scopes may list and delete authorizations.
bool may_revoke(std::vector<std::string> const& scopes);

/// The ids of the refresh authorizations of `client_id` in a listing. Pure.
std::vector<std::string> own_authorizations(nlohmann::json const& listing,
                                            std::string const& client_id);

struct Revocation {
  bool revoked = false;
  std::string why_not;  ///< a sentence part; empty when revoked
};
struct RevocationRequest {
  std::string api;  ///< base URL without a trailing slash
  Secret bearer;    ///< of the grant itself: Webex wants the same client
  std::string client_id, person_id;
};
/// Within half a minute. Deleting a refresh authorization ends all its access tokens as well.
Task<Revocation> revoke_grant(http::Client& http, RevocationRequest wanted);

}  // namespace wardroom::oauth
