/// The inside of the token vault, shared by its source files: what it knows of one identity.
#pragma once
#include "oauth/token_vault.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace wardroom::oauth {

using WakeTimer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

inline constexpr Milliseconds first_pause{1000}, longest_pause{300'000};
inline constexpr Milliseconds first_refusal_pause{60'000}, longest_refusal_pause{900'000};

inline bool is_person(std::string_view identity) { return identity.starts_with(person_prefix); }

/// What somebody must do when the grant has ended or there is none.
std::string remedy_of(IdentitySettings const& settings);
/// What somebody must do to have scopes added.
std::string scope_remedy_of(IdentitySettings const& settings);
Error login_needed(IdentitySettings const& settings, std::string_view why);

/// One renewal on its way, and everybody who waits for it.
struct TokenVault::Flight {
  Flight(Executor loop, bool refused_) : wake(loop), refused(refused_) {
    wake.expires_at(WakeTimer::time_point::max());
  }
  void finish(Result<void> with) {
    result = std::move(with);
    done = true;
    wake.cancel();
  }
  WakeTimer wake;
  bool refused;  ///< the current access token was answered 401: better wait than use it
  bool done = false;
  Result<void> result{};
};

struct TokenVault::Entry {
  explicit Entry(IdentitySettings s) : settings(std::move(s)) {}
  IdentitySettings settings;
  std::optional<Grant> grant;
  std::uint64_t epoch = 0;  ///< counts logins and logouts, which overrule a renewal on its way
  Lease lease;
  Instant server_then{};  ///< the server's time, as far as known, at `server_at` on our clock
  Uptime server_at{};
  bool in_doubt = false;  ///< a renewal got no answer: the server may have done it
  bool asked = false;     ///< a renewal has ended since the grant was read from the store
  bool rowless = false;   ///< the grant was never committed
  std::shared_ptr<Flight> flight;
  TimerHandle timer;
  /// No renewal starts earlier: the least pause, or the pause after a failure.
  Uptime not_before{};
  Backoff pause{first_pause, longest_pause};
  std::optional<Error> trouble;  ///< why the last renewal failed
  int refusals = 0;              ///< of the newest token, lately
  Uptime last_refusal{}, next_after_refusal{};
  Backoff refusal_pause{first_refusal_pause, longest_refusal_pause};
  std::optional<std::string> unsaved;  ///< the grant is in memory only, and why
  bool rescued = false;                ///< … and in its rescue file
  std::optional<int> warned;
  std::optional<std::string> notice;  ///< a warning that stays until the next login
  GrantFigures counts;
};

}  // namespace wardroom::oauth
