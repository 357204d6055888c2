#include "oauth/renewal.hpp"

#include <algorithm>

namespace wardroom::oauth {

Lease lease_of(Grant const& grant, Instant now, Uptime uptime, double dice) {
  auto const life = std::max(grant.access_life(), Milliseconds(0));
  auto const left = std::clamp(grant.access_expires_at - now, Milliseconds(0), life);
  auto const ends = uptime + left;
  // 45 % … 55 % of the life, counted back from the end, which is what is known best.
  auto const after =
      Milliseconds(static_cast<std::int64_t>(double(life.count()) * (0.45 + 0.1 * dice)));
  return {std::max(uptime, ends - (life - after)), ends, life};
}

Need need(Grant const& grant, Lease const& lease, Uptime now) {
  if (!grant.retired.empty()) return Need::login;
  if (now >= lease.ends) return Need::expired;
  return now >= lease.renew_at ? Need::due : Need::fresh;
}

Milliseconds least_pause(Milliseconds life) {
  return std::clamp(life / 4, Milliseconds(1000), Milliseconds(60'000));
}

std::optional<int> warning_level(Grant const& grant, Instant now) {
  if (!grant.refresh_expires_at) return std::nullopt;
  auto const left = *grant.refresh_expires_at - now;
  if (left <= Milliseconds(0)) return 0;
  for (int days : {1, 7, 14})
    if (left <= std::chrono::days(days)) return days;
  return std::nullopt;
}

std::string_view name(GrantState state) {
  switch (state) {
    case GrantState::missing:
      return "missing";
    case GrantState::valid:
      return "valid";
    case GrantState::renewing_fails:
      return "renewing_fails";
    case GrantState::expired:
      return "expired";
    case GrantState::needs_login:
      return "needs_login";
    case GrantState::signs_by_itself:
      return "signs_by_itself";
  }
  return "missing";
}

}  // namespace wardroom::oauth
