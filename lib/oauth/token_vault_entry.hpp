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

inline std::string how_to_log_in(std::string_view identity) {
  return identity == "admin" ? std::string("run `wardroomctl login` and open the URL it prints")
                             : fmt::format("run `wardroomctl login --identity {}`", identity);
}

inline Error login_needed(std::string_view identity, std::string_view why) {
  return {ErrorKind::unauthorized,
          fmt::format("{}: {}: {}", identity, why, how_to_log_in(identity)), std::nullopt};
}

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
  bool interrupted = false;
  std::shared_ptr<Flight> flight;
  TimerHandle timer;
  Uptime
      not_before{};  ///< no renewal starts earlier: the least pause, or the pause after a failure
  Backoff pause{first_pause, longest_pause};
  std::optional<Error> trouble;  ///< why the last renewal failed
  int refusals = 0;              ///< of the newest token, lately
  Uptime last_refusal{}, next_after_refusal{};
  Backoff refusal_pause{first_refusal_pause, longest_refusal_pause};
  std::optional<std::string> unsaved;  ///< the grant is in memory only, and why
  std::optional<int> warned;
};

}  // namespace wardroom::oauth
