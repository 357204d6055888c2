/// Owner of all grants: hands out access tokens, and renews each grant by itself, one renewal at a
/// time. A service app's grant begins at load with the refresh token of its file; a guest issuer
/// has none; a person's own grant joins by put().
///
/// A renewal: (1) commit the intent with generation n, (2) ask the server, (3) commit n+1 with the
/// previous refresh token beside it, (4) the first success with the newer one drops that. A
/// commit that fails is tried every second, while a sealed rescue file keeps the grant.
/// Everything on the loop.
#pragma once
#include "oauth/access_tokens.hpp"
#include "oauth/code_flow.hpp"
#include "oauth/grant_rescue.hpp"
#include "oauth/grant_store.hpp"
#include "oauth/renewal.hpp"
#include "oauth/renewed_grant.hpp"
#include "runtime/backoff.hpp"
#include "runtime/task_group.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::oauth {

/// One identity of the configuration, and the scopes the features using it need.
struct IdentitySettings {
  std::string name;
  OAuthClient client;
  std::vector<std::string> scopes;  ///< everything that is asked for
  IdentityKind kind = IdentityKind::integration;
  Secret seed_refresh{};                             ///< service app: what its file holds
  std::string seed_file{};                           ///< the name of that file, for sentences
  std::string issuer_id{};                           ///< guest issuer
  Secret issuer_secret{};                            ///< guest issuer: base64, as the portal shows
  std::map<std::string, std::string> scope_users{};  ///< scope → "call_blocking, alerts"
};

/// A scope that was asked for and not granted, and the features that miss it.
struct MissingScope {
  std::string scope, needed_by;
  bool operator==(MissingScope const&) const = default;
};

enum class SignLevel { good, warning, bad };

/// The health of one identity's grant, in words.
struct GrantSign {
  std::string identity;
  GrantState state = GrantState::missing;
  SignLevel level = SignLevel::good;
  std::string sentence;
  std::string remedy;              ///< empty when good
  std::optional<int> days_left{};  ///< 14, 7 or 1 while that warning is in force
};

/// What may be shown of a grant: everything but its tokens.
struct GrantView {
  std::string identity;
  GrantState state = GrantState::missing;
  GrantOwner who;
  std::vector<std::string> scopes;
  std::uint64_t generation = 0;
  std::uint64_t login = 0;  ///< which login since the start it came by; renewals do not change it
  std::optional<Instant> access_expires_at, refresh_expires_at;
  std::string remedy;
  IdentityKind kind = IdentityKind::integration;
  std::string client{};  ///< of a person's own grant: the identity it came by
  std::vector<MissingScope> missing_scopes{};
  std::optional<int> refresh_days_left{};  ///< whole days; absent when the server did not say
};

/// The refresh token of a grant ends in `days_left` although it is renewed.
struct GrantWarning {
  std::string identity;
  int days_left = 0;
  Instant ends_at{};
  std::string remedy;
};

/// What happened to one identity's grant since the start, and how long it lasts.
struct GrantFigures {
  std::string identity;
  GrantState state = GrantState::missing;
  std::uint64_t renewals = 0, failures = 0;
  std::uint64_t unchanged = 0;  ///< of the renewals: the server gave the same token again
  std::uint64_t retired = 0, rescues = 0;
  std::optional<std::chrono::seconds> access_left, refresh_left;
};

class TokenVault final : public AccessTokens {
 public:
  struct Ports {
    store::Database& database;
    http::Client& http;
    Clock& clock;
    Random& random;
    TaskGroup& tasks;  ///< renewals run here, so that no impatient caller cancels one
    crypto::Sealer const& sealer;
    /// Where a grant that cannot be committed is kept sealed: the runtime directory. Empty = none.
    std::string rescue_folder{};
  };
  TokenVault(Executor loop, Ports ports, std::vector<IdentitySettings> identities);
  ~TokenVault() override;

  /// Reads the grants once, before run(). An error (a wrong master key) is one sentence; nothing
  /// changes. Takes rescued grants, and lets service apps begin with their files.
  Task<Result<void>> load();
  /// Renews before due, until cancelled. What is then on its way is left to the task group.
  Task<void> run();

  Task<Result<Secret>> bearer(std::string identity) override;
  Task<Result<Secret>> replace(std::string identity, Secret used) override;
  std::optional<TokenLife> life(std::string_view identity) const override;

  /// A login: takes the place of any grant of that identity once it is committed. A person's own
  /// grant ("person:<uuid>") needs no configured identity of its name but `Grant::client`.
  /// Errors: not_found = no such identity, denied = nobody logs in to that kind, those of the
  /// store.
  Task<Result<void>> put(Grant grant);
  /// Forgets the grant ("logout"). Errors: not_found = there is none, conflict = it is not that of
  /// `login` (GrantView::login) any more.
  Task<Result<void>> remove(std::string identity, std::optional<std::uint64_t> login = {});
  /// Renews now (`token refresh`). Errors: throttled when the last renewal is too near; those of
  /// bearer.
  Task<Result<Instant>> renew_now(std::string identity);

  /// A reload: what the features need of this identity now. What its grant lacks is told at once.
  void set_needs(std::string_view identity, std::vector<std::string> scopes,
                 std::map<std::string, std::string> users);

  std::vector<GrantView> grants() const;
  std::vector<GrantSign> signs() const;
  std::vector<GrantFigures> figures() const;
  IdentitySettings const* identity(std::string_view name) const;
  /// Called on the loop after a login, renewal, retirement or logout, with the identity.
  void on_change(std::function<void(std::string_view identity)> then) {
    on_change_ = std::move(then);
  }
  /// Called on the loop once each at 14, 7 and 1 days before a refresh token ends.
  void on_warning(std::function<void(GrantWarning const&)> then) { on_warning_ = std::move(then); }

 private:
  struct Flight;
  struct Entry;

  Entry* find(std::string_view identity);
  Entry* find_or_add(Grant const& grant);
  Result<Entry*> find_for_login(Grant const& grant);
  void take(Entry& entry, Grant grant, Instant now, bool unchanged = false);
  void arm(Entry& entry);
  void warn_of_ends();
  void warn_of_end(Entry& entry);
  Instant server_now(Entry const& entry) const;
  void take_stored(StoredGrant stored);
  Task<void> take_rescued(Entry& entry);
  void drop_rescue(Entry const& entry);
  void tell_of_strangers() const;
  Task<void> plant_seed(Entry& entry);
  std::shared_ptr<Flight> start(Entry& entry, bool refused);
  Task<Result<void>> join(std::shared_ptr<Flight> flight);
  Task<Result<Secret>> renewed(Entry& entry, bool refused);
  Task<void> fly(Entry& entry, std::shared_ptr<Flight> flight);
  Result<void> break_off(Entry& entry, std::uint64_t epoch, std::exception_ptr const& why);
  Task<Result<void>> renew(Entry& entry);
  Task<Result<void>> note_intent(Entry& entry);
  Task<TokenResult> ask(Entry& entry);
  Result<void> succeed(Entry& entry, Renewed renewed, Result<void> saved);
  Result<void> give_up_for_now(Entry& entry, TokenError why);
  Task<Result<void>> retire(Entry& entry, Error why);
  void committed(Entry& entry);
  void keep_uncommitted(Entry& entry, Error why);
  void keep_beside(Entry& entry);
  Task<void> save_until_done(Entry& entry, std::uint64_t epoch);
  std::optional<Error> count_refusal(Entry& entry);
  Error must_wait(Entry const& entry) const;
  Error no_grant(Entry const& entry) const;
  GrantState state(Entry const& entry) const;
  GrantSign sign(Entry const& entry) const;
  GrantSign sign_of_valid(Entry const& entry) const;
  std::vector<MissingScope> missing(Entry const& entry) const;
  void changed(Entry const& entry);

  Executor loop_;
  Ports ports_;
  GrantStore store_;
  RescueFiles rescue_;
  std::map<std::string, std::unique_ptr<Entry>, std::less<>> entries_;
  std::function<void(std::string_view)> on_change_;
  std::function<void(GrantWarning const&)> on_warning_;
  TimerHandle expiry_timer_;
  bool running_ = false;
};

}  // namespace wardroom::oauth
