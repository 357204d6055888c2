#include "oauth/renewed_grant.hpp"

#include "base/planted.hpp"

#include <algorithm>

namespace wardroom::oauth {

Renewed renewed_grant(Grant const& old, TokenAnswer answer) {
  Renewed out{old, answer.issued_at, same(old.access, answer.access)};
  auto& next = out.grant;
  next.generation = old.generation + 1;
  next.access = std::move(answer.access);
  next.issued_at = answer.issued_at;
  next.access_expires_at = answer.access_expires_at;
  if (out.unchanged) {
    if (!answer.life_told) next.access_expires_at = old.access_expires_at;
    auto const left = next.access_expires_at - answer.issued_at;
    next.issued_at = next.access_expires_at - std::max(old.access_life(), left);
  }
  if (answer.refresh && !same(*answer.refresh, old.refresh)) {
    next.previous_refresh = old.refresh;
    next.refresh = std::move(*answer.refresh);
    next.refresh_expires_at = answer.refresh_expires_at;  // the old one's end says nothing about it
  } else {
    next.previous_refresh = Secret();
    if (WARDROOM_PLANTED("untold-refresh-token-dropped") && !answer.refresh)
      next.refresh = Secret();
    if (answer.refresh_expires_at) next.refresh_expires_at = answer.refresh_expires_at;
  }
  if (answer.scopes) next.scopes = std::move(*answer.scopes);
  return out;
}

}  // namespace wardroom::oauth
