/// GET /api/v1/session: who this browser is logged in as. POST /api/v1/logout: ends that.
#pragma once
#include "front/browser_session.hpp"
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

}  // namespace wardroom::front
