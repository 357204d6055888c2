/// One XSI request with the current token; a 401 renews the token and asks once
/// more.
#pragma once
#include "http/client.hpp"
#include "oauth/access_tokens.hpp"
#include "runtime/random.hpp"

#include <string>

namespace wardroom::xsi {

class XsiHttp {
 public:
  XsiHttp(http::Client& client, oauth::AccessTokens& tokens, Random& dice, std::string identity);

  /// Adds the bearer, Accept and a TrackingID of our own. Any status is a
  /// value, a second 401 too. Errors: those of the client, with our tracking
  /// id; unauthorized when there is no token to send. PUTs and DELETEs count as
  /// idempotent: all of XSI's end in the same state when done twice.
  Task<Result<http::ClientResponse>> send(http::ClientRequest request);
  /// Sends once only: a 401 is answered when the token is renewed, which may take seconds. For
  /// those who must look first whether to ask again.
  Task<Result<http::ClientResponse>> send_once(http::ClientRequest request);

  http::Client& client() { return client_; }
  Task<Result<Secret>> bearer();
  Task<Result<Secret>> replace(Secret used);
  /// Of the token that bearer() has just given; nullopt when nothing is known.
  std::optional<oauth::TokenLife> token_life() const { return tokens_.life(identity_); }
  /// Free text the server echoes; support asks for it.
  std::string tracking_id();

 private:
  Task<Result<http::ClientResponse>> exchange(http::ClientRequest request, bool again);

  http::Client& client_;
  oauth::AccessTokens& tokens_;
  Random& dice_;
  std::string identity_;
};

/// "XSI answered 503 (tracking id …)"; a redirect, never followed, names its
/// target's host.
std::string answered(int status, http::Headers const& headers);

/// A refusal as an Error, for requests whose status decides nothing more.
/// `what` names the act. The server's ErrorInfo code is added when the body has
/// one.
Error refused(std::string_view what, http::ClientResponse const& response, Instant now);

}  // namespace wardroom::xsi
