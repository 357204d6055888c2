#include "front/session_routes.hpp"

#include "base/secret.hpp"

namespace wardroom::front {

void SessionRoutes::add_routes(http::Router& router) {
  router.add_task({.method = http::Method::get, .pattern = "/api/v1/session"},
                  [this](http::ServerRequest& request) { return report(request); });
  router.add_task({.method = http::Method::post,
                   .pattern = "/api/v1/logout",
                   .body_limit = 4096,
                   .json = true,
                   .token = false},
                  [this](http::ServerRequest& request) { return logout(request); });
}

Task<http::Response> SessionRoutes::logout(http::ServerRequest& request) {
  if (!sessions_.token_fits(request))
    co_return http::problem(403, "denied", "The page's token is missing or out of date.",
                            "reload the page; scripts take it from /api/v1/session");
  auto cleared = co_await sessions_.close(sessions_.cookies().read(request, CookieKind::person),
                                          sessions_.cookies().read(request, CookieKind::admin));
  if (!cleared)
    co_return http::problem(503, "unavailable", "The session could not be ended.", "try again");
  http::Response response;
  response.status = 204;
  for (auto& cookie : *cleared) response.headers.add("Set-Cookie", std::move(cookie));
  co_return response;
}

Task<http::Response> SessionRoutes::report(http::ServerRequest& request) {
  auto report = co_await sessions_.report(sessions_.cookies().read(request, CookieKind::person),
                                          sessions_.cookies().read(request, CookieKind::admin));
  auto response = http::json_text(
      200, report.body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  response.headers.add("Cache-Control", "no-store");
  for (auto& cookie : report.set_cookies) response.headers.add("Set-Cookie", std::move(cookie));
  co_return response;
}

}  // namespace wardroom::front
