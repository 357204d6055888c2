#include "front/login_routes.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"

#include <fmt/format.h>

namespace wardroom::front {
namespace {

constexpr std::chrono::minutes attempt_life{10};
constexpr std::size_t most_attempts = 10'000;

std::vector<std::string> person_scopes() { return {"spark:people_read"}; }

http::QueryPairs query_of(http::ServerRequest const& request) {
  return http::parse_query(request.query).value_or(http::QueryPairs{});
}

std::string_view start_of(bool admin) { return admin ? "/admin/login" : "/user/login"; }

}  // namespace

std::vector<std::string> admin_scopes() {
  return {"spark:people_read",          "spark-admin:people_read",
          "spark-admin:roles_read",     "spark-admin:organizations_read",
          "spark-admin:locations_read", "spark-admin:xsi"};
}

std::string redirect_uri(std::string const& public_url) { return public_url + "/oauth/callback"; }

LoginRoutes::LoginRoutes(Ports ports, LoginSettings settings)
    : ports_(ports), settings_(std::move(settings)), code_(ports.clock, ports.random) {
  while (settings_.public_url.ends_with('/')) settings_.public_url.pop_back();
}

void LoginRoutes::add_routes(http::Router& router) {
  using http::Method;
  auto add = [&](Method method, std::string path, bool json, auto member) {
    http::Route route;
    route.method = method;
    route.pattern = std::move(path);
    route.body_limit = json ? 4096 : 0;
    route.json = json;
    router.add_task(std::move(route), [this, member](http::ServerRequest& request) {
      return (this->*member)(request);
    });
  };
  add(Method::get, "/user/login", false, &LoginRoutes::start_person);
  add(Method::get, "/admin/login", false, &LoginRoutes::start_admin);
  add(Method::get, "/oauth/callback", false, &LoginRoutes::callback);
  add(Method::get, "/api/v1/session", false, &LoginRoutes::session);
  add(Method::post, "/api/v1/logout", true, &LoginRoutes::logout);
}

LoginOffer LoginRoutes::one_time_code() {
  auto url = settings_.public_url + "/admin/login";
  if (!settings_.admins.empty()) return {std::move(url), "", OneTimeCode::life};
  auto code = code_.make();
  return {url + "?code=" + code, std::move(code), OneTimeCode::life};
}

void LoginRoutes::set_admins(std::vector<std::string> admins) {
  settings_.admins = std::move(admins);
  ports_.sessions.retain_admins([this](AdminSession const& session) {
    if (settings_.admins.empty()) return ports_.site.came_by_code(session.person_uuid);
    Person person;
    person.id = PersonId(session.person_uuid);
    person.emails = {session.email};
    return is_listed(person, settings_.admins);
  });
}

Task<http::Response> LoginRoutes::start_person(http::ServerRequest& request) {
  Attempt attempt;
  attempt.next = safe_next(http::find(query_of(request), "next"), "/me");
  co_return start(request, std::move(attempt));
}

Task<http::Response> LoginRoutes::start_admin(http::ServerRequest& request) {
  auto const query = query_of(request);
  Attempt attempt;
  attempt.kind = Kind::admin;
  attempt.next = safe_next(http::find(query, "next"), "/dashboard");
  auto const code = http::find(query, "code");
  if (settings_.admins.empty()) {
    if (code) attempt.code = code_.match(*code);
    if (code && !attempt.code) co_return code_form(true, attempt.next);
    // Whoever came in by a code before needs none; who that is turns out after the login.
    if (!attempt.code && ports_.site.empty()) co_return code_form(false, attempt.next);
  }
  co_return start(request, std::move(attempt));
}

http::Response LoginRoutes::start(http::ServerRequest const& request, Attempt attempt) {
  auto const* const identity = ports_.vault.identity(settings_.identity);
  if (!identity || identity->client.client_id.empty())
    return render({503, "Not configured", "This site has no Webex integration yet.",
                   "Add client_id and client_secret_file under identities.admin in wardroom.yaml.",
                   "", ""});
  forget_old();
  auto const& client = identity->client;
  auto const scopes = attempt.kind == Kind::admin ? identity->scopes : person_scopes();
  auto const state = ports_.random.token();
  auto pkce = oauth::make_pkce(ports_.random);
  // A second tab keeps the cookie of the first, so that both can finish.
  auto const had = ports_.sessions.cookies().read(request, CookieKind::login);
  auto const browser = had ? *had : ports_.random.token();
  attempt.verifier = std::move(pkce.verifier);
  attempt.browser = sha256(browser);
  attempt.ends = ports_.clock.uptime() + attempt_life;
  auto const key = sha256(state);
  order_.emplace_back(attempt.ends, key);
  attempts_[key] = std::move(attempt);
  auto response = http::redirect(oauth::authorize_url(client, scopes, state, pkce.challenge));
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Referrer-Policy", "no-referrer");
  response.headers.add("Set-Cookie",
                       ports_.sessions.cookies().set(CookieKind::login, browser, attempt_life));
  return response;
}

/// Attempts end by time; a flood pushes out the oldest.
void LoginRoutes::forget_old() {
  auto const now = ports_.clock.uptime();
  while (!order_.empty() && (order_.front().first <= now || order_.size() >= most_attempts)) {
    attempts_.erase(order_.front().second);
    order_.pop_front();
  }
}

std::optional<LoginRoutes::Attempt> LoginRoutes::take(std::string const& state) {
  auto const it = attempts_.find(sha256(state));
  if (it == attempts_.end()) return std::nullopt;
  auto attempt = std::move(it->second);
  attempts_.erase(it);  // used, whatever comes of it
  if (ports_.clock.uptime() >= attempt.ends) return std::nullopt;
  return attempt;
}

bool LoginRoutes::issuer_fits(std::string const& issuer, std::string const& authorize_url) const {
  if (!settings_.issuer.empty()) return issuer == settings_.issuer;
  // The issuer differs by region; all are Webex's own. Source: webex-rest.md 1.7.
  auto const said = http::origin_of(issuer);
  if (!said) return false;
  if (said == http::origin_of(authorize_url)) return true;
  return said->scheme == "https" &&
         (said->host.ends_with(".webex.com") || said->host == "webexapis.com");
}

Task<http::Response> LoginRoutes::callback(http::ServerRequest& request) {
  auto const query = query_of(request);
  auto const cookie = ports_.sessions.cookies().read(request, CookieKind::login);
  auto const state = http::find(query, "state");
  auto attempt = state ? take(*state) : std::nullopt;
  LoginRefusal const stale{
      400, "This login is over",
      "The way back from Webex was used before, took more than ten minutes, or "
      "belongs to another browser.",
      "Begin again."};
  if (!attempt) co_return refuse(Kind::person, stale, "");
  auto const kind = attempt->kind;
  if (!cookie || !same_bytes(sha256(*cookie), attempt->browser)) co_return refuse(kind, stale, "");
  auto const* const identity = ports_.vault.identity(settings_.identity);
  if (auto const issuer = http::find(query, "iss");
      issuer && !issuer_fits(*issuer, identity->client.authorize_url))
    co_return refuse(
        kind,
        {400, "Wrong issuer", "The answer does not come from the configured Webex service.",
         "Check webex.authorize_url in wardroom.yaml, then begin again."},
        "");
  if (auto const error = http::find(query, "error")) {
    bool const denied = *error == "access_denied";
    co_return refuse(
        kind,
        {denied ? 403 : 400, denied ? "Login refused" : "Webex reports an error",
         denied ? std::string("You or your organization refused the access.")
                : fmt::format("Webex answered \"{}\".", error->substr(0, 60)),
         denied ? "Begin again if that was a mistake."
                : "Check the integration's scopes and redirect URI, then begin again."},
        "");
  }
  auto const code = http::find(query, "code");
  if (!code || code->empty()) co_return refuse(kind, stale, "");
  co_return co_await finish(std::move(*attempt), *code,
                            ports_.sessions.cookies().read(request, CookieKind::person),
                            ports_.sessions.cookies().read(request, CookieKind::admin));
}

Task<http::Response> LoginRoutes::finish(Attempt attempt, std::string code,
                                         std::optional<std::string> person_cookie,
                                         std::optional<std::string> admin_cookie) {
  auto const kind = attempt.kind;
  auto const& identity = *ports_.vault.identity(settings_.identity);
  auto answer = co_await oauth::exchange_code(ports_.http, ports_.clock, identity.client,
                                              Secret(std::move(code)), attempt.verifier);
  if (!answer) {
    auto const& [refusal, why] = answer.error();
    if (refusal == oauth::Refusal::retired)
      co_return refuse(
          kind,
          {400, "This login is over", "Webex does not take the code any more.", "Begin again."},
          "");
    if (refusal == oauth::Refusal::configuration) {
      log::error("a login failed: Webex refuses this integration", {{"why", why.what}});
      co_return refuse(kind,
                       {502, "The integration is refused",
                        "Webex refuses the client id, secret or redirect address of this site.",
                        "An operator finds the reason in the log; check identities.admin in "
                        "wardroom.yaml."},
                       "");
    }
    co_return trouble(kind, why, "finishing the login");
  }
  auto grant = oauth::grant_of(identity.name, std::move(*answer),
                               kind == Kind::admin ? identity.scopes : person_scopes());
  auto person = co_await ports_.webex.people_me(grant.access);
  if (!person) co_return trouble(kind, person.error(), "asking Webex who you are");
  if (kind == Kind::person)
    co_return co_await finish_person(std::move(attempt), std::move(*person),
                                     std::move(person_cookie));
  co_return co_await finish_admin(std::move(attempt), std::move(*person), std::move(grant),
                                  std::move(admin_cookie));
}

std::string LoginRoutes::known_org() const {
  return settings_.org_id.empty() ? ports_.site.org_uuid() : settings_.org_id;
}

Task<http::Response> LoginRoutes::finish_person(Attempt attempt, Person person,
                                                std::optional<std::string> old_cookie) {
  auto const name = person.display_name;
  if (auto const why = judge_person(person, known_org()))
    co_return refuse(Kind::person, *why, name);
  auto cookie = co_await ports_.sessions.open_person(std::move(person), std::move(old_cookie));
  if (!cookie) co_return trouble(Kind::person, cookie.error(), "storing your session");
  if (on_login_) on_login_({false, true, name, ""});
  co_return welcome(attempt.next, {std::move(*cookie)});
}

Task<http::Response> LoginRoutes::finish_admin(Attempt attempt, Person person, oauth::Grant grant,
                                               std::optional<std::string> old_cookie) {
  AdminFacts facts;
  facts.admins = settings_.admins;
  facts.remembered = ports_.site.came_by_code(person.uuid);
  facts.org_id = known_org();
  facts.missing_scopes =
      oauth::missing_scopes(ports_.vault.identity(settings_.identity)->scopes, grant.scopes);
  auto roles = co_await ports_.webex.roles(grant.access);
  if (roles)
    facts.roles = std::move(*roles);
  else if (roles.error().kind != ErrorKind::denied && roles.error().kind != ErrorKind::not_found)
    co_return trouble(Kind::admin, roles.error(), "asking Webex for your role");
  facts.code_given = attempt.code && code_.in_force(*attempt.code);
  if (auto const why = judge_admin(person, facts))
    co_return refuse(Kind::admin, *why, person.display_name);

  bool const by_code = facts.admins.empty() && facts.code_given;
  if (by_code) code_.use_up();
  auto remembered = co_await ports_.site.remember(person, by_code);
  if (!remembered) co_return trouble(Kind::admin, remembered.error(), "storing the login");
  grant.who = {person.id.text(), person.display_name,
               person.emails.empty() ? "" : person.emails.front(), person.org_id};
  auto kept = co_await ports_.vault.put(std::move(grant));
  if (!kept) co_return trouble(Kind::admin, kept.error(), "storing the login");
  auto const name = person.display_name;
  auto cookie = co_await ports_.sessions.open_admin(std::move(person), std::move(old_cookie));
  if (!cookie) co_return trouble(Kind::admin, cookie.error(), "storing your session");
  log::info("an administrator logged in", {{"person", name}});
  if (on_login_) on_login_({true, true, name, ""});
  co_return welcome(attempt.next, {std::move(*cookie)});
}

http::Response LoginRoutes::welcome(std::string const& next, std::vector<std::string> cookies) {
  auto response = http::redirect(next);
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Referrer-Policy", "no-referrer");
  for (auto& cookie : cookies) response.headers.add("Set-Cookie", std::move(cookie));
  response.headers.add("Set-Cookie", ports_.sessions.cookies().clear(CookieKind::login));
  return response;
}

http::Response LoginRoutes::refuse(Kind kind, LoginRefusal const& why, std::string const& person) {
  bool const admin = kind == Kind::admin;
  log::warning("a login was refused",
               {{"as", admin ? "admin" : "person"}, {"why", why.title}, {"person", person}});
  if (on_login_) on_login_({admin, false, person, why.title});
  return render({why.status, why.title, why.sentence, why.remedy, std::string(start_of(admin)),
                 "Log in again"});
}

http::Response LoginRoutes::trouble(Kind kind, Error const& why, std::string_view doing) {
  log::warning("a login failed", {{"while", doing}, {"why", why.what}});
  if (on_login_) on_login_({kind == Kind::admin, false, "", why.what});
  auto response = render({503, "Not now", fmt::format("Something failed while {}.", doing),
                          "Try again in a minute; an operator finds the reason in the log.",
                          std::string(start_of(kind == Kind::admin)), "Try again"});
  response.headers.add("Retry-After", "60");
  return response;
}

Task<http::Response> LoginRoutes::logout(http::ServerRequest& request) {
  auto person = ports_.sessions.cookies().read(request, CookieKind::person);
  auto admin = ports_.sessions.cookies().read(request, CookieKind::admin);
  if (admin && ports_.sessions.admin(*admin) &&
      !same_bytes(request.header("X-CSRF-Token"), BrowserSessions::csrf_token(*admin)))
    co_return http::problem(403, "denied", "The page's token is missing or out of date.",
                            "reload the page; scripts take it from /api/v1/session");
  auto cleared = co_await ports_.sessions.close(std::move(person), std::move(admin));
  if (!cleared)
    co_return http::problem(503, "unavailable", "The session could not be ended.", "try again");
  http::Response response;
  response.status = 204;
  for (auto& cookie : *cleared) response.headers.add("Set-Cookie", std::move(cookie));
  co_return response;
}

Task<http::Response> LoginRoutes::session(http::ServerRequest& request) {
  auto report =
      co_await ports_.sessions.report(ports_.sessions.cookies().read(request, CookieKind::person),
                                      ports_.sessions.cookies().read(request, CookieKind::admin));
  auto response = http::json_text(
      200, report.body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  response.headers.add("Cache-Control", "no-store");
  for (auto& cookie : report.set_cookies) response.headers.add("Set-Cookie", std::move(cookie));
  co_return response;
}

}  // namespace wardroom::front
