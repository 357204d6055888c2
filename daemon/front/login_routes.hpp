/// Login by the browser: people come for a location session, administrators for the dashboard and
/// to lend Wardroom their grant. Both go to Webex and come back to /oauth/callback.
///
///   /user/login, /admin/login ─► state + PKCE, bound to this browser by a cookie ─► Webex
///   /oauth/callback ─► state known, fresh, unused, same browser ─► code exchanged once ─►
///   people/me
///     person ─► of the organisation ─► location session; the token is dropped
///     admin  ─► AdminAcceptance ─► admin session
///   A login begun by `wardroomctl login --browser` is not finished here, but by `wardroomctl
///   auth`.
#pragma once
#include "cisco/webex/webex_api.hpp"
#include "front/browser_session.hpp"
#include "front/login_attempts.hpp"
#include "front/login_desk.hpp"
#include "front/login_pages.hpp"
#include "front/login_throttle.hpp"
#include "front/session_routes.hpp"
#include "front/throttle.hpp"
#include "oauth/token_vault.hpp"

#include <string>
#include <vector>

namespace wardroom::front {

/// What an administrator's grant must hold for the features of today.
std::vector<std::string> admin_scopes();
/// `<public_url>/oauth/callback`, as registered with the integration.
std::string redirect_uri(std::string const& public_url);

class LoginRoutes {
 public:
  struct Ports {
    oauth::TokenVault& vault;
    webex::WebexApi& webex;
    http::Client& http;
    BrowserSessions& sessions;
    LoginDesk& desk;
    Throttle& throttle;
    Clock& clock;
    Random& random;
  };
  /// `identity` = of the vault: its client is used for people's logins too.
  explicit LoginRoutes(Ports ports, std::string identity = "admin")
      : ports_(ports),
        identity_(std::move(identity)),
        session_routes_(ports.sessions),
        attempts_(ports.clock, ports.random) {}

  void add_routes(http::Router& router);
  /// Reload: sessions of administrators who are no longer named end.
  void set_admins(std::vector<std::string> admins);

 private:
  /// Who is refused: decides page, journal and log.
  struct Refused {
    LoginKind kind = LoginKind::person;
    std::string person_uuid{}, person_name{};
    bool told = false;  ///< log and journal know already, or need not
  };

  Task<http::Response> start_person(http::ServerRequest& request);
  Task<http::Response> start_admin(http::ServerRequest& request);
  http::Response start(http::ServerRequest const& request, LoginAttempt attempt);
  Task<http::Response> callback(http::ServerRequest& request);
  Task<http::Response> come_back(http::ServerRequest& request);
  Task<http::Response> finish(LoginAttempt attempt, Secret code,
                              std::optional<std::string> person_cookie,
                              std::optional<std::string> admin_cookie);
  Task<http::Response> finish_person(LoginAttempt attempt, oauth::Grant grant,
                                     std::optional<std::string> old_cookie);
  Task<http::Response> finish_admin(LoginAttempt attempt, oauth::Grant grant,
                                    std::optional<std::string> old_cookie);
  http::Response welcome(LoginAttempt const& attempt, std::string cookie);
  http::Response refuse(Refused const& who, LoginRefusal const& why);

  Ports ports_;
  std::string identity_;
  SessionRoutes session_routes_;
  LoginAttempts attempts_;
  LoginThrottle throttle_;
};

}  // namespace wardroom::front
