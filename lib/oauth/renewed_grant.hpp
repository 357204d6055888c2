/// What a grant becomes by the answer to its renewal. Pure.
#pragma once
#include "oauth/code_flow.hpp"
#include "oauth/token.hpp"

namespace wardroom::oauth {

struct Renewed {
  Grant grant;
  Instant received{};      ///< the server's time of the answer
  bool unchanged = false;  ///< the very same access token came again
};

/// Survives what the reference calls uncertain: a refresh token that is the same, new or absent,
/// and a renewal that changes nothing. Of a token that came again, what it was given first counts
/// as its life. Source: webex-rest.md 1.4 and 13.
Renewed renewed_grant(Grant const& old, TokenAnswer answer);

}  // namespace wardroom::oauth
