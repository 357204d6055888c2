// The API of the logins page: what it tells, whom, and that a renewal is asked for once and safely.
#include "front/login_admin_routes.hpp"

#include "front/browser_session.hpp"
#include "front/grant_json.hpp"
#include "lib/oauth/vault_daemon.hpp"
#include "support/captured_answer.hpp"

namespace wardroom::front {
namespace {
using namespace std::chrono_literals;
using nlohmann::json;
using test::FakeHttpClient;

class NoPeople final : public PersonSessions {
 public:
  Task<Result<PersonNo>> open(Person, std::string, Instant, SessionOrigin) override {
    co_return failure(ErrorKind::unavailable, "no people here");
  }
  PersonNo find(std::string_view) override { return 0; }
  Task<Result<PersonSession>> describe(std::string) override {
    co_return failure(ErrorKind::not_found, "no such session");
  }
  Task<Result<void>> extend(std::string, Instant) override { co_return Result<void>{}; }
  Task<Result<void>> close(std::string) override { co_return Result<void>{}; }
  Task<Result<std::vector<PersonSessionView>>> list(PersonNo) override {
    co_return std::vector<PersonSessionView>{};
  }
  Task<Result<std::size_t>> close_all(PersonNo, std::string) override { co_return std::size_t{0}; }
  std::size_t count() const override { return 0; }
};

oauth::VaultDaemon::Options options() {
  oauth::IdentitySettings issuer;
  issuer.name = "issuer";
  issuer.kind = oauth::IdentityKind::guest_issuer;
  issuer.issuer_id = "I1";
  issuer.issuer_secret = Secret("c2VjcmV0");
  auto admin = oauth::identity_of("admin", {"a", "b", "c"});
  admin.scope_users["c"] = "call_blocking, alerts";
  oauth::VaultDaemon::Options out;
  out.identities = {admin, issuer};
  for (auto const& step : web_session_migrations) out.steps.push_back(step);
  return out;
}

struct HeardAudit final : AuditPort {
  std::vector<std::string> told;
  bool refuses = false;
  void add(std::string const& action, control::Change const& change) {
    told.push_back(action + ", " + change.object + ", " + change.correlation);
  }
  void daemon(std::string, control::Change) override {}
  Task<Result<void>> daemon_first(std::string, control::Change) override {
    co_return Result<void>{};
  }
  void web(http::Caller const& caller, std::string action, control::Change change) override {
    add(caller.name + ": " + action, change);
  }
  Task<Result<void>> web_first(http::Caller caller, std::string action,
                               control::Change change) override {
    if (refuses) co_return failure(ErrorKind::unavailable, "the audit cannot be written");
    add(caller.name + ": " + action, change);
    co_return Result<void>{};
  }
};

struct Site : oauth::VaultDaemon {
  HeardAudit audit;
  NoPeople people;
  BrowserSessions sessions{{database, people, clock, random}, "https://ward.test"};
  http::Router router{tasks};
  std::string cookie, csrf;
  std::optional<nlohmann::ordered_json> alerts;

  Site() : VaultDaemon(options()) {
    add_login_admin_routes(router, {.vault = vault,
                                    .clock = clock,
                                    .health = [] { return std::string("green"); },
                                    .alerts = [this] { return alerts.value_or(json::object()); },
                                    .audit = &audit,
                                    .correlation = [] { return std::string("c1"); }});
    router.set_guard([this](http::Route const& route, http::ServerRequest& request) {
      return sessions.guard(route, request);
    });
  }
  void open_session() {
    Person ada;
    ada.uuid = "f5b36187-c8dd-4727-8b2f-f9c447f29046";
    ada.display_name = "Ada";
    ada.emails = {"ada@acme.example"};
    auto const set = *now(sessions.open_admin(ada, std::nullopt));
    cookie = set.substr(0, set.find(';'));
    csrf = BrowserSessions::csrf_token(cookie.substr(cookie.find('=') + 1));
  }
  /// `let` runs between the question and the answer.
  http::Response ask(http::Method method, std::string const& path, http::Headers headers = {},
                     std::string body = "", std::function<void()> const& let = nullptr) {
    if (!cookie.empty()) headers.add("Cookie", cookie);
    http::ServerRequest request;
    request.method = method;
    request.target = request.path = path;
    request.body = body;
    request.headers = &headers;
    auto answer = std::make_shared<test::CapturedAnswer>();
    auto const match = router.match(method, path);
    if (!match.route) return http::text(match.refusal, "");
    router.dispatch(match, request, http::Responder(answer));
    clock.drain();
    if (let) let();
    clock.drain();
    return answer->answer.value_or(http::text(0, ""));
  }
  http::Headers ours() const {
    return {
        {"X-CSRF-Token", csrf}, {"Sec-Fetch-Site", "same-origin"}, {"Origin", "https://ward.test"}};
  }
  http::Response renew(std::string const& body = R"({"identity":"admin"})") {
    return ask(http::Method::post, "/api/v1/logins/refresh", ours(), body);
  }
  json logins() { return json::parse(ask(http::Method::get, "/api/v1/logins").body); }
};

TEST(LoginsApi, R12_tells_administrators_everything_of_a_grant_but_its_tokens) {
  Site site;
  EXPECT_EQ(site.ask(http::Method::get, "/api/v1/logins").status, 401);
  site.open_session();
  auto mine = site.grant(3600, "canary-refresh");
  mine.access = Secret("canary-access");
  mine.who.name = "<b>Ada</b>";
  ASSERT_TRUE(site.now(site.vault.put(std::move(mine))));

  auto const answer = site.ask(http::Method::get, "/api/v1/logins");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.get("Cache-Control"), "no-store");
  EXPECT_EQ(answer.body.find("canary"), std::string::npos);
  EXPECT_EQ(answer.body.find("c2VjcmV0"), std::string::npos);
  auto const body = json::parse(answer.body);
  EXPECT_EQ(body["now"], "2026-11-21T10:00:00.000Z");
  EXPECT_EQ(body["health"], "green");
  ASSERT_EQ(body["grants"].size(), 2U);
  auto const& admin = body["grants"][0];
  EXPECT_EQ(admin["identity"], "admin");
  EXPECT_EQ(admin["kind"], "integration");
  EXPECT_EQ(admin["state"], "valid");
  EXPECT_EQ(admin["who"], "ada@acme.example");
  EXPECT_EQ(admin["person"], "<b>Ada</b>");
  EXPECT_EQ(admin["person_id"], "id");
  EXPECT_EQ(admin["org_id"], "org");
  EXPECT_EQ(admin["missing_scopes"],
            json::parse(R"([{"scope":"c","needed_by":"call_blocking, alerts"}])"));
  EXPECT_EQ(admin["access_expires_at"], "2026-11-21T11:00:00.000Z");
  EXPECT_EQ(admin["refresh_days_left"], 90);
  EXPECT_EQ(body["grants"][1]["state"], "signs_by_itself");
  EXPECT_EQ(body["grants"][1]["colour"], "green");
  EXPECT_FALSE(body["grants"][1].contains("who"));
}

TEST(LoginsApi, a_renewal_is_audited_before_and_after_and_not_done_without) {
  Site site;
  site.open_session();
  EXPECT_EQ(site.renew().status, 409) << "nobody is logged in";
  EXPECT_EQ(site.renew(R"({"identity":"Ada Lovelace, 47"})").status, 404);
  EXPECT_EQ(site.audit.told,
            (std::vector<std::string>{
                "ada@acme.example: token refresh asked, identity admin, c1",
                "ada@acme.example: token refresh failed, identity admin, c1",
                "ada@acme.example: token refresh asked, an unknown identity, c1",
                "ada@acme.example: token refresh failed, an unknown identity, c1"}));
  site.audit.refuses = true;
  EXPECT_EQ(site.renew().status, 503);
  EXPECT_EQ(site.audit.told.size(), 4U);
}

TEST(LoginsApi, passes_the_open_alerts_on_when_there_is_somebody_to_tell_them) {
  Site site;
  site.open_session();
  site.alerts =
      nlohmann::ordered_json{{"open", {{{"part", "login.admin"}}}}, {"recent", json::array()}};
  EXPECT_EQ(site.logins()["alerts"]["open"][0]["part"], "login.admin");
}

TEST(LoginsApi, R8_renews_a_grant_on_request_and_says_until_when_it_is_good) {
  Site site;
  site.open_session();
  site.log_in();
  site.http.next("access_token", FakeHttpClient::reply(200, oauth::token("A2", 7200, "R2")));
  auto const answer = site.renew();
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(json::parse(answer.body)["access_expires_at"], "2026-11-21T12:00:00.000Z");
  EXPECT_EQ(site.bearer(), "A2");
}

TEST(LoginsApi, T1_two_requests_at_once_are_one_renewal) {
  Site site;
  site.open_session();
  site.log_in();
  site.http.always("access_token",
                   FakeHttpClient::after(
                       site.clock, 2s, FakeHttpClient::reply(200, oauth::token("A2", 7200, "R2"))));
  http::Response second;
  auto const first = site.ask(
      http::Method::post, "/api/v1/logins/refresh", site.ours(), R"({"identity":"admin"})", [&] {
        second = site.ask(http::Method::post, "/api/v1/logins/refresh", site.ours(),
                          R"({"identity":"admin"})", [&] { site.clock.advance(3s); });
      });
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(site.http.count("access_token"), 1U);
}

TEST(LoginsApi, a_second_renewal_at_once_is_refused_with_the_time_to_wait) {
  Site site;
  site.open_session();
  site.log_in();
  site.http.always("access_token", FakeHttpClient::reply(200, oauth::token("A2", 7200, "R2")));
  EXPECT_EQ(site.renew().status, 200);
  auto const again = site.renew();
  EXPECT_EQ(again.status, 429);
  EXPECT_EQ(again.headers.get("Retry-After"), "60");
  EXPECT_NE(again.body.find("renewed just now"), std::string::npos) << again.body;
  EXPECT_EQ(site.http.count("access_token"), 1U);
}

TEST(LoginsApi, trouble_with_the_token_endpoint_says_when_to_try_again) {
  Site site;
  site.open_session();
  site.log_in();
  site.http.always("access_token", FakeHttpClient::reply(503));
  EXPECT_EQ(site.renew().status, 503);
  auto const again = site.renew();
  EXPECT_EQ(again.status, 503);
  EXPECT_FALSE(again.headers.get("Retry-After").empty());
}

TEST(LoginsApi, what_cannot_be_renewed_is_refused_with_a_remedy) {
  Site site;
  site.open_session();
  auto const nobody = site.renew();
  EXPECT_EQ(nobody.status, 409);
  auto const remedy = nobody.body.find("wardroomctl login");
  EXPECT_NE(remedy, std::string::npos);
  EXPECT_EQ(nobody.body.find("wardroomctl login", remedy + 1), std::string::npos) << nobody.body;
  EXPECT_EQ(site.renew(R"({"identity":"issuer"})").status, 409);
  EXPECT_EQ(site.renew(R"({"identity":"who?"})").status, 404);
  for (auto const* body :
       {"", "[]", "{}", R"({"identity":7})", R"({"identity":null})", "{\"identity\":\"\xFF\"}"})
    EXPECT_EQ(site.renew(body).status, 400) << body;
  EXPECT_TRUE(site.http.requests.empty());
}

TEST(LoginsApi, W1_only_our_own_page_with_the_session_and_its_token_may_renew) {
  Site site;
  site.open_session();
  site.log_in();
  std::string const path = "/api/v1/logins/refresh", body = R"({"identity":"admin"})";
  auto post = [&](http::Headers headers) {
    return site.ask(http::Method::post, path, std::move(headers), body).status;
  };
  EXPECT_EQ(post({}), 403);
  EXPECT_EQ(post({{"X-CSRF-Token", "wrong"}}), 403);
  EXPECT_EQ(post({{"X-CSRF-Token", site.csrf}, {"Origin", "https://evil.test"}}), 403);
  EXPECT_EQ(post({{"X-CSRF-Token", site.csrf}, {"Sec-Fetch-Site", "cross-site"}}), 403);
  EXPECT_EQ(site.ask(http::Method::get, path).status, 405);
  auto const match = site.router.match(http::Method::post, path);
  ASSERT_NE(match.route, nullptr);
  EXPECT_TRUE(match.route->json) << "a form of another site cannot send application/json";
  site.cookie.clear();
  EXPECT_EQ(post(site.ours()), 401);
  EXPECT_TRUE(site.http.requests.empty());
}

TEST(LoginsApi, the_overview_tells_anybody_one_bit_and_no_name) {
  Site site;
  auto needs = [&] { return site.ask(http::Method::get, "/api/v1/overview").body; };
  EXPECT_EQ(needs(), R"({"needs_login":true})");
  site.log_in(60);
  EXPECT_EQ(needs(), R"({"needs_login":false})");
  site.http.always("access_token", FakeHttpClient::reply(400, oauth::invalid_grant));
  site.run();
  site.clock.advance(40s);
  EXPECT_EQ(needs(), R"({"needs_login":true})");
}

TEST(LoginsApi, a_service_app_or_a_host_without_a_grant_is_nothing_an_administrator_logs_in_for) {
  oauth::GrantView host{.identity = "person:1", .state = oauth::GrantState::needs_login};
  oauth::GrantView app{.identity = "guests"};
  app.kind = oauth::IdentityKind::service_app;
  EXPECT_FALSE(needs_login({host, app}));
  EXPECT_TRUE(needs_login({host, app, {.identity = "reports"}}));
  EXPECT_FALSE(needs_login({}));
}

}  // namespace
}  // namespace wardroom::front
