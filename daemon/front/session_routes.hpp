/// Sessions over the web: who this browser is logged in as, logging out, and the lists of sessions
/// with their buttons.
///
///   GET  /api/v1/session            anyone   who this is, and the token for changes
///   POST /api/v1/logout             anyone   ends what the request's cookies name
///   GET  /api/v1/sessions           admin    of administrators and guests; ?person=P of that
///   person POST /api/v1/sessions/revoke    admin    {"id"} | {"others":true} | {"person"} GET
///   /api/v1/me/sessions        person   one's own POST /api/v1/me/sessions/end    person   {"id"}
///   | {"others":true}
#pragma once
#include "front/browser_session.hpp"
#include "front/session_desk.hpp"
#include "front/session_trail.hpp"
#include "http/router.hpp"

namespace wardroom::front {

class SessionRoutes {
 public:
  explicit SessionRoutes(BrowserSessions& sessions) : sessions_(sessions) {}
  void add_routes(http::Router& router);

 private:
  Task<http::Response> report(http::ServerRequest& request);
  Task<http::Response> logout(http::ServerRequest& request);

  BrowserSessions& sessions_;
};

/// The lists. All three outlive the router.
void add_session_list_routes(http::Router& router, BrowserSessions& sessions, SessionDesk& desk,
                             SessionTrail& trail);

}  // namespace wardroom::front
