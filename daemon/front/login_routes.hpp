/// Login by the browser: people come for a location session, administrators for the dashboard and
/// to lend Wardroom their grant. Both go to Webex and come back to /oauth/callback.
///
///   /user/login, /admin/login ─► state + PKCE, bound to this browser by a cookie ─► Webex
///   /oauth/callback ─► state known, fresh, unused, same browser ─► code exchanged once ─►
///   people/me
///     person ─► of the organisation ─► location session; the token is dropped
///     admin  ─► judge_admin ─► grant into the vault ─► admin session
#pragma once
#include "cisco/webex/webex_api.hpp"
#include "front/browser_session.hpp"
#include "front/login_pages.hpp"
#include "front/login_policy.hpp"
#include "front/one_time_code.hpp"
#include "front/site_admins.hpp"
#include "oauth/token_vault.hpp"

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace wardroom::front {

struct LoginSettings {
  std::string public_url;           ///< without a trailing slash
  std::vector<std::string> admins;  ///< mail addresses or person ids; empty = one-time codes
  std::string org_id;               ///< any spelling; empty = the first administrator's
  std::string issuer;  ///< expected `iss`; empty = the authorize host or a webex.com one
  std::string identity = "admin";  ///< of the vault: its client is used for people's logins too
};

/// What an administrator's grant must hold for the features of today.
std::vector<std::string> admin_scopes();
/// `<public_url>/oauth/callback`, as registered with the integration.
std::string redirect_uri(std::string const& public_url);

struct LoginEvent {
  bool admin = false;
  bool accepted = false;
  std::string person;  ///< display name; empty when it was refused before that was known
  std::string reason;  ///< of a refusal
};

/// The answer to `wardroomctl login --browser`.
struct LoginOffer {
  std::string url;
  std::string code;  ///< empty when wardroom.yaml names administrators
  std::chrono::seconds expires_in{};
};

class LoginRoutes {
 public:
  struct Ports {
    oauth::TokenVault& vault;
    webex::WebexApi& webex;
    http::Client& http;
    BrowserSessions& sessions;
    SiteAdmins& site;
    Clock& clock;
    Random& random;
  };
  LoginRoutes(Ports ports, LoginSettings settings);

  void add_routes(http::Router& router);
  LoginOffer one_time_code();
  /// Reload: sessions of administrators who are no longer named end.
  void set_admins(std::vector<std::string> admins);
  void on_login(std::function<void(LoginEvent const&)> then) { on_login_ = std::move(then); }

 private:
  enum class Kind { person, admin };
  struct Attempt {
    Kind kind = Kind::person;
    Secret verifier;
    std::string browser;  ///< digest of the login cookie
    std::string next;
    std::optional<std::uint64_t> code;  ///< serial of the one-time code it was begun with
    Uptime ends{};
  };

  Task<http::Response> start_person(http::ServerRequest& request);
  Task<http::Response> start_admin(http::ServerRequest& request);
  http::Response start(http::ServerRequest const& request, Attempt attempt);
  Task<http::Response> callback(http::ServerRequest& request);
  Task<http::Response> finish(Attempt attempt, std::string code,
                              std::optional<std::string> person_cookie,
                              std::optional<std::string> admin_cookie);
  Task<http::Response> finish_person(Attempt attempt, Person person,
                                     std::optional<std::string> old_cookie);
  Task<http::Response> finish_admin(Attempt attempt, Person person, oauth::Grant grant,
                                    std::optional<std::string> old_cookie);
  Task<http::Response> logout(http::ServerRequest& request);
  Task<http::Response> session(http::ServerRequest& request);

  std::optional<Attempt> take(std::string const& state);
  void forget_old();
  bool issuer_fits(std::string const& issuer, std::string const& authorize_url) const;
  http::Response refuse(Kind kind, LoginRefusal const& why, std::string const& person);
  http::Response trouble(Kind kind, Error const& why, std::string_view doing);
  http::Response welcome(std::string const& next, std::vector<std::string> cookies);
  std::string known_org() const;

  Ports ports_;
  LoginSettings settings_;
  OneTimeCode code_;
  std::map<std::string, Attempt> attempts_;  ///< by digest of the state
  std::deque<std::pair<Uptime, std::string>> order_;
  std::function<void(LoginEvent const&)> on_login_;
};

}  // namespace wardroom::front
