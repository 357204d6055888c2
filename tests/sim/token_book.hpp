/// The grants of the simulated Webex and their tokens, as a state machine without HTTP.
///
///   refresh token   current --refresh, mode rotate or rotate_grace--> spent
///                   a spent one is refused (and revokes the grant when family_revocation is on),
///                   but in mode rotate_grace it still works for refresh_grace_s
///   access token    live --end of life, revocation, kills_access--> dead, after
///                   revoked_access_cache_ms where somebody else than time ended it
/// Source: webex-rest.md 1.4, 1.9, 13.
#pragma once
#include "base/result.hpp"
#include "runtime/clock.hpp"
#include "runtime/random.hpp"
#include "sim/faults.hpp"
#include "sim/oauth_client.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::sim {

enum class GrantKind { integration, service_app, bot };
std::string_view name(GrantKind kind);

/// Why no token is given out.
enum class Refusal { unknown, foreign, expired, revoked, spent, switched_off, token_limit };
std::string_view name(Refusal refusal);

/// What a token endpoint answers with.
struct Issued {
  std::size_t grant = 0;
  std::string how;  ///< issued, refreshed, rotated, unchanged, rotated_before
  std::string access, refresh;
  std::chrono::seconds access_left{0}, refresh_left{0};
  Scopes scopes;
};

class TokenBook {
 public:
  TokenBook(Organisation const& org, Clock& clock, Random& dice, Faults& faults);

  using Outcome = std::expected<Issued, Refusal>;
  Outcome open(std::string const& client_id, GrantKind kind, Person const& person, Scopes scopes);
  Outcome refresh(std::string const& client_id, std::string const& refresh_token);
  /// The grant that a refresh token, spent or not, belongs to.
  std::optional<std::size_t> grant_of_refresh(std::string_view refresh_token) const;

  std::optional<Bearer> check(std::string_view access_token) const;
  std::optional<Instant> expiry(std::string_view access_token) const;

  /// One line of GET /v1/authorizations.
  struct Authorization {
    std::string id;
    std::size_t grant;
    bool refresh;
    Instant created;
    std::string client_id;
    Person const* person;
  };
  std::vector<Authorization> authorizations() const;
  /// A refresh authorization takes the whole grant with it, an access one only itself.
  void revoke(Authorization const& what);
  void revoke_grant(std::size_t grant);
  /// All but bots, as when an administrator revokes the application.
  void revoke_all();
  /// Makes every access token but those of bots invalid; refreshing still works.
  void expire_access_tokens();

  static std::string grant_name(std::size_t grant);  ///< "g1"
  std::optional<std::size_t> grant_named(std::string_view name) const;
  nlohmann::json grants() const;  ///< for GET /sim/state; no secrets
  nlohmann::json counters() const;

  /// Grants and tokens, with their ends in wall-clock time: what outlives a restart.
  nlohmann::json memory() const;
  /// Takes back what `memory()` told an earlier simulator; on an error nothing is taken.
  Result<void> recall(nlohmann::json const& memory);
  /// Called after each change of what `memory()` tells.
  std::function<void()> on_change = [] {};

 private:
  struct Grant {
    std::string id;  ///< uuid of its refresh authorization
    std::string client_id;
    GrantKind kind = GrantKind::integration;
    Person const* person = nullptr;
    Scopes scopes;
    Instant created{};
    Uptime refresh_expires{};
    bool revoked = false;
  };
  struct Access {
    std::size_t grant = 0;
    std::string id;
    Instant created{};
    Uptime issued{}, expires{};
  };
  struct Refresh {
    std::size_t grant = 0;
    std::optional<Uptime> spent{};
  };

  Issued issue(std::size_t grant, std::string refresh_token, std::string how);
  std::optional<Issued> unchanged(std::size_t grant, std::string const& refresh_token) const;
  std::string rotate(std::size_t grant, std::string const& old);
  std::string current_refresh(std::size_t grant) const;
  void forget_old_spent(std::size_t grant);
  bool at_limit(Person const& person) const;
  void end_access(std::size_t grant);
  std::size_t live_tokens(std::size_t grant) const;
  std::chrono::seconds left(Uptime end) const;
  /// The service app and the bot that every organisation has.
  void seed();
  std::string new_token(bool access);

  Organisation const& org_;
  Clock& clock_;
  Random& dice_;
  Faults& faults_;
  std::vector<Grant> grants_;
  std::map<std::string, Access, std::less<>> access_;
  std::map<std::string, Refresh, std::less<>> refresh_;
  std::uint64_t refreshed_ = 0, reuses_ = 0, unchanged_ = 0;
};

}  // namespace wardroom::sim
