/// Logins that were begun in a browser and did not come back yet: known by the digest of their
/// state, used once, bound to the browser that began them.
#pragma once
#include "base/secret.hpp"
#include "front/session_origin.hpp"
#include "runtime/clock.hpp"
#include "runtime/random.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace wardroom::front {

enum class LoginKind { person, admin };

struct LoginAttempt {
  LoginKind kind = LoginKind::person;
  Secret verifier;
  std::vector<std::string> scopes;    ///< asked for; a reload may change what is needed meanwhile
  std::string browser;                ///< digest of the login cookie
  std::string address;                ///< the client's, for the throttle
  SessionOrigin origin;               ///< of the browser that came back
  std::string next;                   ///< where to go afterwards
  std::optional<std::uint64_t> code;  ///< serial of the one-time code it was begun with
  Uptime ends{};
};

class LoginAttempts {
 public:
  static constexpr std::chrono::minutes life{10};

  LoginAttempts(Clock& clock, Random& random) : clock_(clock), random_(random) {}

  /// Keeps it, and answers its state. A flood pushes out the oldest.
  std::string open(LoginAttempt attempt);
  /// Used up, whatever comes of it; nullopt when it is unknown, used or too old.
  std::optional<LoginAttempt> take(std::string const& state);

 private:
  void forget_old();

  Clock& clock_;
  Random& random_;
  std::map<std::string, LoginAttempt> attempts_;  ///< by digest of the state
  std::deque<std::pair<Uptime, std::string>> order_;
};

}  // namespace wardroom::front
