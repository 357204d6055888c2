/// When a grant is to be renewed, and what to say about it. Pure: no clock, no dice of its own.
///
///   begun ───────── 50 % of the access life ± 5 % ───────── end
///     fresh                    │ due: renew, the old token still serves │ expired: wait for the
///     renewal
///
/// The wall clock only ever shortens or lengthens a wait: it never retires a grant. Only the server
/// does.
#pragma once
#include "base/units.hpp"
#include "oauth/token.hpp"

#include <optional>
#include <string>

namespace wardroom::oauth {

/// The life of one access token on the boot-time clock.
struct Lease {
  Uptime renew_at{};
  Uptime ends{};
  Milliseconds life{0};
};

/// `now` and `uptime` are one moment on the two clocks; `dice` in [0, 1) spreads the start of
/// renewals. A token issued in the future (the clock went back) gets at most its full life from now
/// on; one whose end has passed is due at once. A refresh token that would end before the access
/// token is half through is used earlier: at half of what it has left, but not more often than once
/// an hour; one of unknown life at least once in 30 days.
Lease lease_of(Grant const& grant, Instant now, Uptime uptime, double dice);

/// After a renewal that gave the very same token again: halfway to its end, in steps of at least
/// 5 % of its life, so that a server which changes nothing is asked a few times per token only.
/// Source: webex-rest.md 1.4, point 3.
Lease lease_of_unchanged(Grant const& grant, Instant now, Uptime uptime, double dice);

enum class Need {
  fresh,
  due,      ///< renew; the token still serves
  expired,  ///< renew before using it
  login,    ///< retired: somebody must log in
};
Need need(Grant const& grant, Lease const& lease, Uptime now);

/// The least time between two renewals: min(60 s, a quarter of the life), but a second at least.
Milliseconds least_pause(Milliseconds life);

/// Whole days left of the refresh token, 0 once it has ended; nullopt when the server did not say.
std::optional<int> refresh_days_left(Grant const& grant, Instant now);
/// Days left of the refresh token once few are: 14, 7, 1 or 0; nullopt while there is no hurry.
std::optional<int> warning_level(Grant const& grant, Instant now);

enum class GrantState {
  missing,
  valid,
  renewing_fails,
  expired,
  needs_login,
  signs_by_itself,  ///< a guest issuer: there is no grant to lose
};
std::string_view name(GrantState state);

}  // namespace wardroom::oauth
