#include "oauth/renewal.hpp"

#include <algorithm>

namespace wardroom::oauth {

namespace {
constexpr std::chrono::hours soonest_for_refresh{1};
constexpr std::chrono::days unknown_refresh_life{30};

Milliseconds left_of(Grant const& grant, Instant now, Milliseconds life) {
  return std::clamp(grant.access_expires_at - now, Milliseconds(0), life);
}

/// How long the refresh token may lie unused.
Milliseconds longest_wait(Grant const& grant, Instant now) {
  if (!grant.refresh_expires_at) return unknown_refresh_life;
  auto const left = *grant.refresh_expires_at - std::max(now, grant.issued_at);
  // Over by the server's own words, and perhaps good all the same: nothing to hurry for.
  if (left <= Milliseconds(0)) return unknown_refresh_life;
  return std::max<Milliseconds>(left / 2, soonest_for_refresh);
}

Milliseconds part(Milliseconds whole, double share) {
  return Milliseconds(static_cast<std::int64_t>(double(whole.count()) * share));
}
}  // namespace

Lease lease_of(Grant const& grant, Instant now, Uptime uptime, double dice) {
  auto const life = std::max(grant.access_life(), Milliseconds(0));
  auto const ends = uptime + left_of(grant, now, life);
  // 45 % … 55 % of the life, counted back from the end, which is what is known best.
  auto const after = part(life, 0.45 + 0.1 * dice);
  auto const by_access = std::max(uptime, ends - (life - after));
  auto const by_refresh = uptime + part(longest_wait(grant, now), 0.9 + 0.1 * dice);
  return {std::min(by_access, by_refresh), ends, life};
}

Lease lease_of_unchanged(Grant const& grant, Instant now, Uptime uptime, double dice) {
  auto const life = std::max(grant.access_life(), Milliseconds(0));
  auto const left = left_of(grant, now, life);
  auto const step = life / 20;
  auto const wait = left <= step ? left : std::max(part(left, 0.45 + 0.1 * dice), step);
  return {uptime + wait, uptime + left, life};
}

Need need(Grant const& grant, Lease const& lease, Uptime now) {
  if (!grant.retired.empty()) return Need::login;
  if (now >= lease.ends) return Need::expired;
  return now >= lease.renew_at ? Need::due : Need::fresh;
}

Milliseconds least_pause(Milliseconds life) {
  return std::clamp(life / 4, Milliseconds(1000), Milliseconds(60'000));
}

std::optional<int> refresh_days_left(Grant const& grant, Instant now) {
  if (!grant.refresh_expires_at) return std::nullopt;
  auto const days = std::chrono::floor<std::chrono::days>(*grant.refresh_expires_at - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(days, 0, 99'999));
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
