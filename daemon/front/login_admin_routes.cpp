#include "front/login_admin_routes.hpp"

#include "base/log.hpp"
#include "base/time_text.hpp"
#include "front/grant_json.hpp"
#include "front/identity_report.hpp"

#include <algorithm>
#include <memory>

namespace wardroom::front {
namespace {
using nlohmann::ordered_json;

http::Response answer(ordered_json const& body) {
  auto response =
      http::json_text(200, body.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
  response.headers.add("Cache-Control", "no-store");
  return response;
}

ordered_json logins(LoginAdminFacts const& facts) {
  ordered_json out{{"now", iso_text(facts.clock.now())}};
  if (facts.health) out["health"] = facts.health();
  out["grants"] = grants_json(facts.vault.grants(), facts.vault.signs());
  if (facts.alerts) out["alerts"] = facts.alerts();
  return out;
}

int status_of(Error const& error) {
  switch (error.kind) {
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::malformed:
      return 400;
    // 401 and 403 would speak of the administrator's own session; it is the grant that is refused.
    case ErrorKind::denied:
    case ErrorKind::unauthorized:
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::throttled:
      return 429;
    case ErrorKind::timed_out:
      return 504;
    default:
      return 503;
  }
}

http::Response refused(Error const& error, std::string_view remedy) {
  int const status = status_of(error);
  // Some sentences end with the remedy already.
  bool const told = !remedy.empty() && error.what.find(remedy) != std::string::npos;
  auto response = http::problem(status, name(error.kind), error.what, told ? "" : remedy);
  response.headers.add("Cache-Control", "no-store");
  if (error.retry_after || status == 429)
    response.headers.add("Retry-After", std::to_string(std::max<std::int64_t>(
                                            std::chrono::ceil<std::chrono::seconds>(
                                                error.retry_after.value_or(std::chrono::seconds(1)))
                                                .count(),
                                            1)));
  return response;
}

std::string remedy_of(oauth::TokenVault const& vault, std::string const& identity) {
  auto const signs = vault.signs();
  auto const sign = std::ranges::find(signs, identity, &oauth::GrantSign::identity);
  return sign == signs.end() ? "choose an identity that the page shows" : sign->remedy;
}

/// As at the control socket: asked, and how it ended.
Task<http::Response> refresh(std::shared_ptr<LoginAdminFacts const> facts, std::string body,
                             http::Caller by) {
  auto const wanted = nlohmann::json::parse(body, nullptr, false);
  if (!wanted.is_object() || !wanted.contains("identity") || !wanted["identity"].is_string())
    co_return http::problem(400, "malformed", R"(The body must be {"identity":"NAME"}.)",
                            "name one of the identities of /api/v1/logins");
  auto const identity = wanted["identity"].get<std::string>();
  control::Change change{.object = audited_identity(facts->vault, identity)};
  if (facts->correlation) change.correlation = facts->correlation();
  if (facts->audit != nullptr)
    if (auto asked = co_await facts->audit->web_first(by, "token refresh asked", change); !asked)
      co_return refused(asked.error(), "mend the store and try again");
  auto const until = co_await facts->vault.renew_now(identity);
  change.after = until ? ordered_json{{"access_expires_at", iso_text(*until)}}.dump()
                       : ordered_json{{"error", name(until.error().kind)}}.dump();
  if (facts->audit != nullptr)
    facts->audit->web(by, until ? "token refresh" : "token refresh failed", std::move(change));
  if (!until) co_return refused(until.error(), remedy_of(facts->vault, identity));
  log::info("a grant was renewed on request", {{"identity", identity}, {"by", by.name}});
  co_return answer({{"access_expires_at", iso_text(*until)}});
}

}  // namespace

bool needs_login(std::vector<oauth::GrantView> const& grants) {
  return std::ranges::any_of(grants, [](oauth::GrantView const& grant) {
    return grant.kind == oauth::IdentityKind::integration &&
           !grant.identity.starts_with(oauth::person_prefix) &&
           (grant.state == oauth::GrantState::missing ||
            grant.state == oauth::GrantState::needs_login);
  });
}

void add_login_admin_routes(http::Router& router, LoginAdminFacts given) {
  using http::Audience, http::Method;
  auto facts = std::make_shared<LoginAdminFacts const>(std::move(given));
  router.add({.method = Method::get, .pattern = "/api/v1/logins", .audience = Audience::admin},
             [facts](http::ServerRequest&, http::Responder responder) {
               responder.send(answer(logins(*facts)));
             });
  router.add_task({.method = Method::post,
                   .pattern = "/api/v1/logins/refresh",
                   .audience = Audience::admin,
                   .body_limit = 1024,
                   .json = true},
                  [facts](http::ServerRequest& request) {
                    return refresh(facts, std::string(request.body), request.caller);
                  });
  router.add({.method = Method::get, .pattern = "/api/v1/overview", .audience = Audience::anyone},
             [facts](http::ServerRequest&, http::Responder responder) {
               responder.send(answer({{"needs_login", needs_login(facts->vault.grants())}}));
             });
}

}  // namespace wardroom::front
