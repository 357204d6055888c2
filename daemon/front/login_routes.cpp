#include "front/login_routes.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "front/login_refusals.hpp"

#include <fmt/format.h>

namespace wardroom::front {
namespace {

std::vector<std::string> person_scopes() { return {"spark:people_read"}; }

http::QueryPairs query_of(http::ServerRequest const& request) {
  return http::parse_query(request.query).value_or(http::QueryPairs{});
}

http::Response unkept(http::Response response) {
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Referrer-Policy", "no-referrer");
  return response;
}

http::Response too_many(std::chrono::seconds wait, std::string_view sentence) {
  auto const minutes = std::chrono::ceil<std::chrono::minutes>(wait).count();
  auto const when = wait < std::chrono::minutes(1) ? fmt::format("{} s", wait.count())
                                                   : fmt::format("{} min", minutes);
  auto response = render({429, "Too many logins", std::string(sentence),
                          fmt::format("Try again in {}.", when), "", ""});
  response.headers.add("Retry-After", std::to_string(wait.count()));
  return response;
}

constexpr std::string_view many_begun = "Too many logins were begun from this address.";
constexpr std::string_view many_failed = "Too many logins from this address have failed.";

/// A login is a page that somebody opens. As a picture, frame or fetch any site could have a
/// visitor's browser ask for it, again and again, until that visitor's address has to wait.
bool is_page(http::ServerRequest const& request) {
  auto const wanted = request.header("Sec-Fetch-Dest");
  return wanted.empty() || wanted == "document";
}

http::Response not_a_page() {
  return render({403, "This is a page of its own", "Another page asked for this login.",
                 "Open it in a window of its own.", "", ""});
}

Throttle::Who who_of(http::ServerRequest const& request) {
  return {.door = "login", .address = std::string(request.remote)};
}

}  // namespace

std::vector<std::string> admin_scopes() {
  return {"spark:people_read",          "spark-admin:people_read",
          "spark-admin:roles_read",     "spark-admin:organizations_read",
          "spark-admin:locations_read", "spark-admin:xsi"};
}

std::string redirect_uri(std::string const& public_url) { return public_url + "/oauth/callback"; }

void LoginRoutes::add_routes(http::Router& router) {
  auto add = [&](std::string path, auto member) {
    router.add_task({.method = http::Method::get, .pattern = std::move(path)},
                    [this, member](http::ServerRequest& request) -> Task<http::Response> {
                      if (!is_page(request)) co_return not_a_page();
                      co_return co_await (this->*member)(request);
                    });
  };
  add("/user/login", &LoginRoutes::start_person);
  add("/admin/login", &LoginRoutes::start_admin);
  add("/oauth/callback", &LoginRoutes::callback);
  session_routes_.add_routes(router);
}

void LoginRoutes::set_admins(std::vector<std::string> admins) {
  auto& acceptance = ports_.desk.acceptance();
  acceptance.set_admins(std::move(admins));
  ports_.sessions.retain_admins([&](WebSession const& session) {
    return acceptance.may_stay(session.person_uuid, session.emails);
  });
}

Task<http::Response> LoginRoutes::start_person(http::ServerRequest& request) {
  LoginAttempt attempt;
  attempt.next = safe_next(http::find(query_of(request), "next"), "/me");
  co_return start(request, std::move(attempt));
}

Task<http::Response> LoginRoutes::start_admin(http::ServerRequest& request) {
  auto const query = query_of(request);
  LoginAttempt attempt;
  attempt.kind = LoginKind::admin;
  attempt.next = safe_next(http::find(query, "next"), "/dashboard");
  auto const code = http::find(query, "code");
  auto& acceptance = ports_.desk.acceptance();
  if (acceptance.admins().empty()) {
    if (code) {
      auto const who = who_of(request);
      if (auto const wait = ports_.throttle.refuse(who)) co_return too_many(*wait, many_failed);
      attempt.code = acceptance.code().match(*code);
      if (!attempt.code) {
        co_await ports_.throttle.failed(who);
        co_return code_form(true, attempt.next);
      }
      co_await ports_.throttle.succeeded(who);
    }
    // Whoever came in by a code before needs none; who that is turns out after the login.
    if (!attempt.code && acceptance.org_of_logins().empty())
      co_return code_form(false, attempt.next);
  }
  co_return start(request, std::move(attempt));
}

http::Response LoginRoutes::start(http::ServerRequest const& request, LoginAttempt attempt) {
  auto const* const identity = ports_.vault.identity(identity_);
  if (auto const why = judge_identity(identity, identity_))
    return render({503, why->title, why->sentence, why->remedy, "", ""});
  if (auto const wait = throttle_.refuse(request.remote, ports_.clock.uptime())) {
    log::warning("too many logins from one address",
                 {{"address", request.remote}, {"wait_s", wait->count()}});
    return too_many(*wait, many_begun);
  }
  if (auto const wait = ports_.throttle.wait(who_of(request))) return too_many(*wait, many_failed);
  attempt.scopes = attempt.kind == LoginKind::admin ? identity->scopes : person_scopes();
  auto const scopes = attempt.scopes;
  auto pkce = oauth::make_pkce(ports_.random);
  // A second tab keeps the cookie of the first, so that both can finish.
  auto const had = ports_.sessions.cookies().read(request, CookieKind::login);
  auto const browser = had ? *had : ports_.random.token();
  attempt.verifier = std::move(pkce.verifier);
  attempt.browser = sha256(browser);
  attempt.address = std::string(request.remote);
  auto const state = attempts_.open(std::move(attempt));
  auto response =
      unkept(http::redirect(oauth::authorize_url(identity->client, scopes, state, pkce.challenge)));
  response.headers.add(
      "Set-Cookie", ports_.sessions.cookies().set(CookieKind::login, browser, LoginAttempts::life));
  return response;
}

Task<http::Response> LoginRoutes::callback(http::ServerRequest& request) {
  auto const state = http::find(query_of(request), "state");
  // That login belongs to a terminal: this browser could be anybody's.
  if (state && ports_.desk.pasted().knows(*state)) co_return one_step_left();
  auto const who = who_of(request);
  if (auto const wait = ports_.throttle.refuse(who)) co_return too_many(*wait, many_failed);
  auto response = co_await come_back(request);
  if (response.status >= 500)
    co_await ports_.throttle.withdraw(who);
  else if (response.status >= 400)
    co_await ports_.throttle.failed(who);
  else
    co_await ports_.throttle.succeeded(who);
  co_return response;
}

Task<http::Response> LoginRoutes::come_back(http::ServerRequest& request) {
  auto const query = query_of(request);
  auto const cookie = ports_.sessions.cookies().read(request, CookieKind::login);
  auto const state = http::find(query, "state");
  auto attempt = state ? attempts_.take(*state) : std::nullopt;
  // Anybody can make up a state: that leaves no trace, or strangers would fill the journal.
  if (!attempt) co_return refuse({.told = true}, stale_login());
  Refused const who{attempt->kind};
  if (!cookie || !same_bytes(sha256(*cookie), attempt->browser))
    co_return refuse(who, stale_login());
  auto const& authorize = ports_.vault.identity(identity_)->client.authorize_url;
  if (auto const issuer = http::find(query, "iss");
      issuer && !issuer_fits(*issuer, ports_.desk.issuer(), authorize))
    co_return refuse(who, wrong_issuer());
  if (auto const error = http::find(query, "error")) co_return refuse(who, webex_said(*error));
  auto code = http::find(query, "code");
  if (!code || code->empty()) co_return refuse(who, stale_login());
  attempt->origin = origin_of(request);
  co_return co_await finish(std::move(*attempt), Secret(std::move(*code)),
                            ports_.sessions.cookies().read(request, CookieKind::person),
                            ports_.sessions.cookies().read(request, CookieKind::admin));
}

Task<http::Response> LoginRoutes::finish(LoginAttempt attempt, Secret code,
                                         std::optional<std::string> person_cookie,
                                         std::optional<std::string> admin_cookie) {
  bool const admin = attempt.kind == LoginKind::admin;
  auto const& identity = *ports_.vault.identity(identity_);
  auto answer = co_await oauth::exchange_code(ports_.http, ports_.clock, identity.client,
                                              std::move(code), attempt.verifier);
  if (!answer) {
    auto why = no_token(answer.error(), identity_);
    why.cause = answer.error().error.what;
    co_return refuse({attempt.kind}, why);
  }
  auto grant = oauth::grant_of(identity.name, std::move(*answer), attempt.scopes);
  if (!admin)
    co_return co_await finish_person(std::move(attempt), std::move(grant),
                                     std::move(person_cookie));
  co_return co_await finish_admin(std::move(attempt), std::move(grant), std::move(admin_cookie));
}

Task<http::Response> LoginRoutes::finish_person(LoginAttempt attempt, oauth::Grant grant,
                                                std::optional<std::string> old_cookie) {
  auto person = co_await ports_.webex.people_me(grant.access);
  if (!person)
    co_return refuse({LoginKind::person}, trouble(person.error(), "asking Webex who you are"));
  Refused const who{LoginKind::person, person->uuid, person->display_name};
  if (auto const why = judge_person(*person, ports_.desk.acceptance().org()))
    co_return refuse(who, *why);
  auto cookie = co_await ports_.sessions.open_person(std::move(*person), std::move(old_cookie),
                                                     attempt.origin);
  if (!cookie) co_return refuse(who, trouble(cookie.error(), "storing your session"));
  ports_.desk.journal().add(LoginEvent{.accepted = true, .person_uuid = who.person_uuid});
  co_return welcome(attempt, std::move(*cookie));
}

Task<http::Response> LoginRoutes::finish_admin(LoginAttempt attempt, oauth::Grant grant,
                                               std::optional<std::string> old_cookie) {
  auto accepted =
      co_await ports_.desk.acceptance().accept(std::move(grant), {.code = attempt.code});
  Refused who{.kind = LoginKind::admin, .told = true};
  if (!accepted) co_return refuse(who, accepted.error());
  auto cookie = co_await ports_.sessions.open_admin(std::move(accepted->person),
                                                    std::move(old_cookie), attempt.origin);
  who.told = false;
  if (!cookie) co_return refuse(who, trouble(cookie.error(), "storing your session"));
  co_return welcome(attempt, std::move(*cookie));
}

http::Response LoginRoutes::welcome(LoginAttempt const& attempt, std::string cookie) {
  throttle_.forgive(attempt.address);
  auto response = unkept(http::redirect(attempt.next));
  response.headers.add("Set-Cookie", std::move(cookie));
  response.headers.add("Set-Cookie", ports_.sessions.cookies().clear(CookieKind::login));
  return response;
}

http::Response LoginRoutes::refuse(Refused const& who, LoginRefusal const& why) {
  bool const admin = who.kind == LoginKind::admin;
  if (!who.told) {
    log::warning("a login was refused", {{"as", admin ? "admin" : "person"},
                                         {"why", why.title},
                                         {"cause", why.cause},
                                         {"person", who.person_name}});
    ports_.desk.journal().add(LoginEvent{.admin = admin,
                                         .identity = admin ? identity_ : "",
                                         .person_uuid = who.person_uuid,
                                         .reason = why.title});
  }
  bool const later = why.status == 503;
  auto response =
      render({why.status, why.title, why.sentence, why.remedy,
              admin ? "/admin/login" : "/user/login", later ? "Try again" : "Log in again"});
  if (later) response.headers.add("Retry-After", "60");
  return response;
}

}  // namespace wardroom::front
