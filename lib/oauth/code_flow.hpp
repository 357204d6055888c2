/// Talks to the token endpoint: the authorization URL (state, PKCE), the exchange of a code, a
/// refresh.
#pragma once
#include "http/client.hpp"
#include "oauth/token.hpp"
#include "runtime/random.hpp"

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::oauth {

/// A registered integration and where it talks to.
struct OAuthClient {
  std::string authorize_url, token_url;
  std::string redirect_uri;  ///< exactly as registered
  std::string client_id;
  Secret client_secret;
  /// Where a login without a browser on this machine starts, and where it is asked after.
  std::string device_url{}, device_token_url{};
};

/// RFC 7636, S256: the verifier stays here, the challenge goes into the URL.
struct Pkce {
  Secret verifier;
  std::string challenge;
};
Pkce make_pkce(Random& random);

std::string authorize_url(OAuthClient const& client, std::vector<std::string> const& scopes,
                          std::string const& state, std::string const& challenge);

/// A successful answer of the token endpoint. Lives count from the server's Date.
struct TokenAnswer {
  Secret access;
  std::optional<Secret> refresh;  ///< absent = keep the one you have
  Instant issued_at{};
  Instant access_expires_at{};
  bool life_told = true;  ///< false: the server gave no usable expires_in, and an hour is assumed
  std::optional<Instant> refresh_expires_at;
  std::optional<std::vector<std::string>> scopes;  ///< absent = as asked for
};

/// What a refusal means for the grant behind it.
enum class Refusal {
  retired,        ///< the code or refresh token is no good any more: log in again
  configuration,  ///< client id, secret, redirect or scope are wrong: the grant itself may be fine
  transient,      ///< try again later, keep everything
};
struct TokenError {
  Refusal refusal = Refusal::transient;
  Error error;
};
using TokenResult = std::expected<TokenAnswer, TokenError>;

/// Judges an answer of the token endpoint. Only a 400 or 401 with a parsed body that says so
/// retires a grant; HTML from a proxy, 403 and 5xx never do. Source: webex-rest.md 1.5,
/// decisions.md "Refresh".
TokenResult judge_token_answer(http::ClientResponse const& answer, Instant now);

/// One request each; the errors hold no secret.
Task<TokenResult> exchange_code(http::Client& http, Clock& clock, OAuthClient client, Secret code,
                                Secret verifier);
Task<TokenResult> refresh_grant(http::Client& http, Clock& clock, OAuthClient client,
                                Secret refresh);

/// Builds a grant from the answer to a code exchange.
Grant grant_of(std::string identity, TokenAnswer answer,
               std::vector<std::string> const& asked_scopes);

}  // namespace wardroom::oauth
