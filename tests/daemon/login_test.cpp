// Login: the round trip to Webex, who may come in, and every way it can go wrong.
#include "base/encoding.hpp"
#include "front/login_routes.hpp"
#include "support/captured_answer.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/fake_http_client.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

namespace wardroom::front {
namespace {
using namespace std::chrono_literals;
using test::FakeHttpClient;

std::string const org = "0f1e2d3c-4b5a-4968-8777-aabbccddeeff";
std::string const full_admin = "Y2lzY29zcGFyazovL3VzL1JPTEUvaWRfZnVsbF9hZG1pbg";

/// People and sessions as a keeper of people would hold them.
class FakePersonSessions final : public PersonSessions {
 public:
  Task<Result<PersonNo>> open(Person person, std::string digest, Instant expires) override {
    if (failing) co_return failure(ErrorKind::unavailable, "disk full");
    sessions[digest] = {7, person.display_name, expires};
    co_return 7;
  }
  PersonNo find(std::string_view digest) override {
    auto const it = sessions.find(std::string(digest));
    return it == sessions.end() ? 0 : it->second.person;
  }
  Task<Result<PersonSession>> describe(std::string digest) override {
    auto const it = sessions.find(digest);
    if (it == sessions.end()) co_return failure(ErrorKind::not_found, "no such session");
    co_return it->second;
  }
  Task<Result<void>> extend(std::string digest, Instant expires) override {
    sessions[digest].expires = expires;
    co_return Result<void>{};
  }
  Task<Result<void>> close(std::string digest) override {
    sessions.erase(digest);
    co_return Result<void>{};
  }
  std::map<std::string, PersonSession> sessions;
  bool failing = false;
};

/// A browser that keeps cookies, asking the router as a server would.
struct Site {
  boost::asio::io_context io;
  test::FakeClock clock{io};
  test::FakeDatabase database;
  FakeHttpClient http;
  SeededRandom random{11};
  TaskGroup tasks{io.get_executor(), [](auto, auto) { ADD_FAILURE() << "a handler threw"; }};
  crypto::Sealer sealer{*crypto::MasterKey::from_bytes(std::string(32, 'k')), random};
  oauth::TokenVault vault;
  webex::WebexApi webex;
  FakePersonSessions people;
  BrowserSessions sessions;
  SiteAdmins admins{database, clock};
  LoginRoutes login;
  http::Router router{tasks};
  std::map<std::string, std::string> jar;
  std::vector<LoginEvent> events;

  explicit Site(std::vector<std::string> listed = {"ada@acme.example"}, std::string org_id = org,
                std::string url = "https://ward.test", test::FakeDisk disk = nullptr)
      : database(io, clock,
                 {oauth::grants_migration, oauth::grants_client_migration, admin_sessions_migration,
                  site_admins_migration},
                 std::move(disk)),
        vault(io.get_executor(), {database, http, clock, random, tasks, sealer},
              {{"admin",
                {"https://webexapis.com/v1/authorize", "https://webexapis.com/v1/access_token",
                 redirect_uri(url), "C1", Secret("s")},
                admin_scopes()}}),
        webex({http, vault, clock, random}, {}),
        sessions({database, people, clock, random}, url),
        login({vault, webex, http, sessions, admins, clock, random},
              {.public_url = url, .admins = std::move(listed), .org_id = std::move(org_id)}) {
    login.on_login([this](LoginEvent const& event) { events.push_back(event); });
    login.add_routes(router);
    router.add({.method = http::Method::post,
                .pattern = "/api/v1/monitor",
                .audience = http::Audience::admin,
                .body_limit = 100,
                .json = true},
               [](http::ServerRequest& r, http::Responder answer) {
                 answer.send(http::text(200, r.caller.name));
               });
    router.add({.method = http::Method::post,
                .pattern = "/api/v1/location",
                .audience = http::Audience::person,
                .body_limit = 100,
                .json = true},
               [](http::ServerRequest& r, http::Responder answer) {
                 answer.send(http::text(200, std::to_string(r.caller.person)));
               });
    router.set_guard([this](http::Route const& route, http::ServerRequest& r) {
      return sessions.guard(route, r);
    });
    http.always("/roles", FakeHttpClient::reply(200, R"({"items":[]})"));
    webex_knows("Ada", "ada@acme.example", org, full_admin);
    token_answer("");
    run(sessions.load());
    run(admins.load());
  }
  ~Site() {
    test::start_task(io, tasks.stop(clock, 0ms));
    clock.advance(100ms);
  }

  template <class T>
  T run(Task<T> task) {
    std::optional<T> out;
    boost::asio::co_spawn(io.get_executor(), std::move(task), [&](std::exception_ptr e, T value) {
      if (e) std::rethrow_exception(e);
      out.emplace(std::move(value));
    });
    clock.drain();
    return std::move(out.value());
  }

  void webex_knows(std::string name, std::string email, std::string org_uuid, std::string role,
                   std::string uuid = "f5b36187-c8dd-4727-8b2f-f9c447f29046") {
    http.always(
        "/people/me",
        FakeHttpClient::reply(
            200,
            nlohmann::json{{"id", uuid},
                           {"displayName", name},
                           {"emails", {email}},
                           {"orgId", to_base64("ciscospark://eu/ORGANIZATION/" + org_uuid)},
                           {"type", "person"},
                           {"roles", role.empty() ? nlohmann::json::array() : nlohmann::json{role}}}
                .dump()));
  }
  void token_answer(std::string scope) {
    nlohmann::json body{{"access_token", "canary-access"},
                        {"expires_in", 1209600},
                        {"refresh_token", "canary-refresh"},
                        {"refresh_token_expires_in", 7776000}};
    if (!scope.empty()) body["scope"] = scope;
    http.always("/access_token", FakeHttpClient::reply(200, body.dump()));
  }

  http::Response ask(http::Method method, std::string target, http::Headers headers = {},
                     std::string body = "") {
    std::string cookies;
    for (auto const& [name, value] : jar)
      cookies += (cookies.empty() ? "" : "; ") + name + "=" + value;
    if (!cookies.empty()) headers.add("Cookie", cookies);
    http::ServerRequest request;
    auto const question = target.find('?');
    request.method = method;
    request.target = target;
    request.path = std::string_view(target).substr(0, question);
    if (question != std::string::npos)
      request.query = std::string_view(target).substr(question + 1);
    request.body = body;
    request.headers = &headers;
    auto answer = std::make_shared<test::CapturedAnswer>();
    auto const match = router.match(method, request.path);
    if (!match.route) throw std::runtime_error("no route " + target);
    router.dispatch(match, request, http::Responder(answer));
    clock.drain();
    if (!answer->answer) throw std::runtime_error("no answer from " + target);
    for (auto const set : answer->answer->headers.get_all("Set-Cookie")) {
      auto const equals = set.find('=');
      auto const name = std::string(set.substr(0, equals));
      auto const value = std::string(set.substr(equals + 1, set.find(';') - equals - 1));
      if (value.empty())
        jar.erase(name);
      else
        jar[name] = value;
    }
    return *answer->answer;
  }
  http::Response get(std::string target) { return ask(http::Method::get, std::move(target)); }
  http::Response post(std::string target, http::Headers headers = {}) {
    headers.add("Content-Type", "application/json");
    return ask(http::Method::post, std::move(target), std::move(headers), "{}");
  }
  /// The state of the authorize URL that a login page leads to.
  std::string begin(std::string target) {
    auto const to = get(std::move(target));
    EXPECT_EQ(to.status, 303);
    auto const url = std::string(to.headers.get("Location"));
    return *http::find(*http::parse_query(url.substr(url.find('?') + 1)), "state");
  }
  http::Response log_in(std::string target) {
    auto const state = begin(std::move(target));
    return get("/oauth/callback?code=c0de&state=" + state);
  }
  nlohmann::json session() { return nlohmann::json::parse(get("/api/v1/session").body); }
};

TEST(Login, of_a_person_asks_only_who_they_are_and_ends_on_their_page) {
  Site site;
  auto const to = site.get("/user/login");
  auto const url = std::string(to.headers.get("Location"));
  EXPECT_TRUE(
      url.starts_with("https://webexapis.com/v1/authorize?response_type=code&client_id=C1&"));
  EXPECT_NE(url.find("scope=spark%3Apeople_read&"), std::string::npos);
  EXPECT_NE(url.find("code_challenge_method=S256"), std::string::npos);
  EXPECT_NE(url.find("redirect_uri=https%3A%2F%2Fward.test%2Foauth%2Fcallback"), std::string::npos);
  auto const back = site.log_in("/user/login");
  EXPECT_EQ(back.status, 303);
  EXPECT_EQ(back.headers.get("Location"), "/me");
  EXPECT_EQ(site.session()["person"]["name"], "Ada");
  EXPECT_EQ(site.post("/api/v1/location").body, "7");
  EXPECT_TRUE(site.run(site.vault.bearer("admin")).error().kind == ErrorKind::unauthorized)
      << "a person's token is not kept";
}

TEST(Login, W1_cookies_are_host_bound_http_only_and_unknown_to_the_store) {
  Site site;
  auto const back = site.log_in("/user/login");
  auto const set = std::string(back.headers.get("Set-Cookie"));
  EXPECT_TRUE(set.starts_with("__Host-wardroom_person="));
  for (auto const* attribute :
       {"; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure", "; Max-Age=2592000"})
    EXPECT_NE(set.find(attribute), std::string::npos) << attribute;
  EXPECT_EQ(set.find("Domain"), std::string::npos);
  auto const cookie = site.jar.at("__Host-wardroom_person");
  EXPECT_EQ(cookie.size(), 43u);
  EXPECT_FALSE(site.people.sessions.contains(cookie));
  EXPECT_TRUE(site.people.sessions.contains(sha256(cookie)));
  EXPECT_FALSE(site.jar.contains("__Host-wardroom_login")) << "the login's own cookie is cleared";
}

TEST(Login, over_plain_http_on_loopback_uses_cookies_a_browser_takes_there) {
  Site site({}, org, "http://127.0.0.1:8480");
  auto const set = std::string(site.log_in("/user/login").headers.get("Set-Cookie"));
  EXPECT_TRUE(set.starts_with("wardroom_person="));
  EXPECT_EQ(set.find("Secure"), std::string::npos);
  EXPECT_EQ(site.session()["person"]["name"], "Ada");
}

TEST(Login, of_an_admin_lends_the_grant_and_opens_a_session) {
  Site site;
  auto const back = site.log_in("/admin/login");
  EXPECT_EQ(back.headers.get("Location"), "/dashboard");
  auto const session = site.session();
  EXPECT_EQ(session["admin"]["name"], "Ada");
  EXPECT_EQ(session["csrf"].get<std::string>().size(), 43u);
  EXPECT_LE(session["expires_in_s"].get<int>(), 1800);
  EXPECT_EQ(site.run(site.vault.bearer("admin"))->reveal(), "canary-access");
  EXPECT_EQ(site.vault.grants().front().who.email, "ada@acme.example");
  EXPECT_EQ(site.admins.org_uuid(), org);
  ASSERT_EQ(site.events.size(), 1u);
  EXPECT_TRUE(site.events[0].admin && site.events[0].accepted);
}

TEST(Login, R3_of_somebody_who_is_no_listed_admin_is_refused_and_nothing_is_stored) {
  Site site;
  site.webex_knows("Eve <script>", "eve@acme.example", org, full_admin);
  auto const page = site.log_in("/admin/login");
  EXPECT_EQ(page.status, 403);
  EXPECT_NE(page.body.find("eve@acme.example"), std::string::npos);
  EXPECT_NE(page.body.find("webex.admins"), std::string::npos);
  EXPECT_EQ(page.body.find("<script"), std::string::npos);
  EXPECT_NE(page.body.find("<main class=\"container\">"), std::string::npos);
  EXPECT_NE(page.body.find("/assets/app.css"), std::string::npos);
  EXPECT_FALSE(site.session().contains("admin"));
  EXPECT_FALSE(site.run(site.vault.bearer("admin")));
  EXPECT_TRUE(site.admins.empty());
}

TEST(Login, of_an_admin_needs_org_role_and_scopes) {
  struct Case {
    char const *org_uuid, *role, *scope, *says;
  };
  for (auto const& [org_uuid, role, scope, says] :
       {Case{"11111111-4b5a-4968-8777-aabbccddeeff", full_admin.c_str(), "",
             "Another organization"},
        Case{org.c_str(), "", "", "Full administrator needed"},
        Case{org.c_str(), full_admin.c_str(), "spark:people_read spark-admin:people_read",
             "spark-admin:xsi"}}) {
    Site site;
    site.webex_knows("Ada", "ada@acme.example", org_uuid, role);
    site.token_answer(scope);
    auto const page = site.log_in("/admin/login");
    EXPECT_EQ(page.status, 403);
    EXPECT_NE(page.body.find(says), std::string::npos) << page.body;
    EXPECT_FALSE(site.run(site.vault.bearer("admin")));
  }
}

TEST(Login, of_a_person_from_elsewhere_or_before_the_set_up_is_refused) {
  Site site;
  site.webex_knows("Bob", "bob@other.example", "11111111-4b5a-4968-8777-aabbccddeeff", "");
  EXPECT_EQ(site.log_in("/user/login").status, 403);
  Site fresh({"ada@acme.example"}, "");
  EXPECT_EQ(fresh.log_in("/user/login").status, 503);
  EXPECT_EQ(fresh.log_in("/admin/login").status, 303);
  EXPECT_EQ(fresh.log_in("/user/login").status, 303)
      << "the first administrator's organization counts";
}

TEST(Login, R1_with_wrong_absent_reused_or_old_state_makes_no_token_call) {
  Site site;
  auto const good = site.begin("/user/login");
  EXPECT_EQ(site.get("/oauth/callback?code=c").status, 400);
  EXPECT_EQ(site.get("/oauth/callback?code=c&state=").status, 400);
  EXPECT_EQ(site.get("/oauth/callback?code=c&state=" + std::string(43, 'x')).status, 400);
  EXPECT_EQ(site.get("/oauth/callback?code=%zz&state=" + good).status, 400);
  EXPECT_EQ(site.http.count("access_token"), 0u);
  EXPECT_EQ(site.get("/oauth/callback?code=c&state=" + good).status, 303);
  EXPECT_EQ(site.http.count("access_token"), 1u);
  EXPECT_EQ(site.get("/oauth/callback?code=c&state=" + good).status, 400) << "a state serves once";
  auto const old = site.begin("/user/login");
  site.clock.advance(10min);
  EXPECT_EQ(site.get("/oauth/callback?code=c&state=" + old).status, 400);
  EXPECT_EQ(site.http.count("access_token"), 1u);
}

TEST(Login, R1_begun_in_another_browser_is_refused) {
  Site site;
  auto const state = site.begin("/admin/login");
  site.jar.clear();
  EXPECT_EQ(site.get("/oauth/callback?code=c&state=" + state).status, 400);
  auto const second = site.begin("/admin/login");
  site.jar["__Host-wardroom_login"] = std::string(43, 'a');
  EXPECT_EQ(site.get("/oauth/callback?code=c&state=" + second).status, 400);
  EXPECT_EQ(site.http.count("access_token"), 0u);
}

TEST(Login, in_two_tabs_of_one_browser_can_be_finished_in_both) {
  Site site;
  auto const first = site.begin("/user/login");
  auto const second = site.begin("/user/login");
  auto const kept = site.jar;
  EXPECT_EQ(site.get("/oauth/callback?code=c&state=" + second).status, 303);
  site.jar = kept;
  EXPECT_EQ(site.get("/oauth/callback?code=c&state=" + first).status, 303);
}

TEST(Login, tells_what_webex_said_and_what_to_do) {
  Site site;
  auto back = [&](std::string rest) {
    auto const state = site.begin("/admin/login");
    return site.get("/oauth/callback?state=" + state + rest);
  };
  EXPECT_EQ(back("&error=access_denied&error_description=%3Cb%3E").status, 403);
  auto const odd = back("&error=%3Cscript%3E");
  EXPECT_EQ(odd.status, 400);
  EXPECT_EQ(odd.body.find("<script>"), std::string::npos);
  EXPECT_EQ(back("").status, 400);
  EXPECT_EQ(back("&code=c&iss=https%3A%2F%2Fevil.example").status, 400);
  EXPECT_EQ(site.http.count("access_token"), 0u);
  EXPECT_EQ(back("&code=c&iss=https%3A%2F%2Fidbroker.webex.com%2Fidb").status, 303);
}

TEST(Login, survives_an_answer_of_webex_that_is_no_token) {
  Site site;
  site.http.next("access_token",
                 FakeHttpClient::reply(400, R"({"errors":[{"description":"invalid_grant"}]})"));
  EXPECT_EQ(site.log_in("/admin/login").status, 400);
  site.http.next(
      "access_token",
      FakeHttpClient::reply(401, R"({"errors":[{"description":"Client Id is invalid"}]})"));
  EXPECT_EQ(site.log_in("/admin/login").status, 502);
  site.http.next("access_token", FakeHttpClient::fail(ErrorKind::timed_out));
  EXPECT_EQ(site.log_in("/admin/login").status, 503);
  site.http.next("/people/me", FakeHttpClient::reply(403));
  EXPECT_EQ(site.log_in("/admin/login").status, 503);
  EXPECT_FALSE(site.session().contains("admin"));
  EXPECT_EQ(site.log_in("/admin/login").status, 303);
}

TEST(Login, that_cannot_be_stored_opens_no_session) {
  Site site;
  auto const state = site.begin("/admin/login");
  site.database.fail_next_commit({ErrorKind::unavailable, "disk full"});
  auto const page = site.get("/oauth/callback?code=c&state=" + state);
  EXPECT_EQ(page.status, 503);
  EXPECT_EQ(page.body.find("disk full"), std::string::npos);
  EXPECT_FALSE(site.session().contains("admin"));
  site.people.failing = true;
  EXPECT_EQ(site.log_in("/user/login").status, 503);
}

TEST(Login, T3_no_page_header_or_event_holds_a_token) {
  Site site;
  for (auto const* target : {"/user/login", "/admin/login"}) {
    auto const back = site.log_in(target);
    std::string all = back.body;
    for (auto const& [name, value] : back.headers) all += name + value;
    EXPECT_EQ(all.find("canary"), std::string::npos);
  }
  EXPECT_EQ(site.get("/api/v1/session").body.find("canary"), std::string::npos);
}

TEST(Login, W4_goes_on_only_to_paths_of_this_site) {
  for (auto const* bad : {"https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil",
                          "me", "", "javascript:alert(1)", "/\n/x"})
    EXPECT_EQ(safe_next(bad, "/me"), "/me") << bad;
  EXPECT_EQ(safe_next(std::nullopt, "/me"), "/me");
  EXPECT_EQ(safe_next("/dashboard?p=1#x", "/me"), "/dashboard?p=1#x");
  EXPECT_EQ(safe_next("/a%2Fb", "/me"), "/a%2Fb");
  EXPECT_EQ(safe_next("/ä\"<", "/me"), "/%C3%A4%22%3C");
  Site site;
  EXPECT_EQ(site.log_in("/user/login?next=%2Fdashboard").headers.get("Location"), "/dashboard");
  EXPECT_EQ(site.log_in("/user/login?next=%2F%2Fevil.example").headers.get("Location"), "/me");
}

struct OneTime : testing::Test {
  Site site{{}, ""};
  std::string code = site.login.one_time_code().code;
};

TEST_F(OneTime, code_is_asked_for_while_the_site_has_no_admin) {
  auto const form = site.get("/admin/login");
  EXPECT_EQ(form.status, 200);
  EXPECT_NE(form.body.find("name=\"code\""), std::string::npos);
  EXPECT_EQ(site.get("/admin/login?code=0000-0000-0000-0000").status, 403);
  EXPECT_EQ(site.http.requests.size(), 0u);
}

TEST_F(OneTime, code_makes_the_first_admin_who_stays_one) {
  auto const offer = site.login.one_time_code();
  EXPECT_EQ(offer.url, "https://ward.test/admin/login?code=" + offer.code);
  EXPECT_EQ(site.get("/admin/login?code=" + code).status, 403) << "a newer code replaces the older";
  auto spoken = offer.code;
  for (auto& c : spoken) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  EXPECT_EQ(site.log_in("/admin/login?code=" + spoken).status, 303);
  EXPECT_EQ(site.get("/admin/login?code=" + offer.code).status, 403) << "once";
  site.jar.clear();
  EXPECT_EQ(site.log_in("/admin/login").status, 303) << "known by now";
  site.webex_knows("Bob", "bob@acme.example", org, full_admin,
                   "22222222-c8dd-4727-8b2f-f9c447f29046");
  EXPECT_EQ(site.log_in("/admin/login").status, 403) << "but nobody else";
}

TEST_F(OneTime, code_ends_after_15_minutes_and_serves_one_of_two_logins) {
  auto const first = site.begin("/admin/login?code=" + code);
  auto const second = site.begin("/admin/login?code=" + code);
  EXPECT_EQ(site.get("/oauth/callback?code=c&state=" + first).status, 303);
  site.webex_knows("Bob", "bob@acme.example", org, full_admin,
                   "22222222-c8dd-4727-8b2f-f9c447f29046");
  site.jar["__Host-wardroom_login"] = "";
  EXPECT_NE(site.get("/oauth/callback?code=c&state=" + second).status, 303);
  auto const late = site.login.one_time_code().code;
  site.clock.advance(15min);
  EXPECT_EQ(site.get("/admin/login?code=" + late).status, 403);
}

TEST_F(OneTime, code_is_not_used_up_by_a_login_that_was_refused) {
  site.webex_knows("Bob", "bob@acme.example", org, "");
  EXPECT_EQ(site.log_in("/admin/login?code=" + code).status, 403);
  site.webex_knows("Ada", "ada@acme.example", org, full_admin);
  EXPECT_EQ(site.log_in("/admin/login?code=" + code).status, 303);
}

TEST(OneTimeOffer, has_no_code_when_administrators_are_named) {
  Site site;
  EXPECT_TRUE(site.login.one_time_code().code.empty());
  EXPECT_EQ(site.login.one_time_code().url, "https://ward.test/admin/login");
}

TEST(AdminSession, needs_the_csrf_token_and_our_own_origin) {
  Site site;
  EXPECT_EQ(site.post("/api/v1/monitor").status, 401);
  site.log_in("/admin/login");
  auto const csrf = site.session()["csrf"].get<std::string>();
  EXPECT_EQ(site.post("/api/v1/monitor").status, 403);
  EXPECT_EQ(site.post("/api/v1/monitor", {{"X-CSRF-Token", csrf + "x"}}).status, 403);
  EXPECT_EQ(site.post("/api/v1/monitor", {{"X-CSRF-Token", csrf}}).body, "ada@acme.example");
  auto with = [&](std::string name, std::string value) {
    return site.post("/api/v1/monitor", {{"X-CSRF-Token", csrf}, {name, value}}).status;
  };
  EXPECT_EQ(with("Origin", "https://ward.test"), 200);
  EXPECT_EQ(with("Sec-Fetch-Site", "same-origin"), 200);
  for (auto const* origin : {"https://evil.example", "http://ward.test", "https://ward.test:444",
                             "null", "https://ward.test.evil.example"})
    EXPECT_EQ(with("Origin", origin), 403) << origin;
  EXPECT_EQ(with("Sec-Fetch-Site", "cross-site"), 403);
  EXPECT_EQ(with("Sec-Fetch-Site", "same-site"), 403);
}

TEST(AdminSession, ends_after_30_idle_minutes_and_after_12_hours) {
  Site site;
  site.log_in("/admin/login");
  site.clock.advance(29min);
  EXPECT_TRUE(site.session().contains("admin"));
  site.clock.advance(31min);
  EXPECT_FALSE(site.session().contains("admin"));
  site.log_in("/admin/login");
  auto const csrf = site.session()["csrf"].get<std::string>();
  for (int i = 0; i < 24; ++i) {
    EXPECT_EQ(site.post("/api/v1/monitor", {{"X-CSRF-Token", csrf}}).status, 200) << i;
    site.clock.advance(29min + 59s);
  }
  site.clock.advance(2min);
  EXPECT_FALSE(site.session().contains("admin"));
}

TEST(AdminSession, is_not_kept_alive_by_a_page_that_asks_how_long_it_lasts) {
  Site site;
  site.log_in("/admin/login");
  auto const csrf = site.session()["csrf"].get<std::string>();
  EXPECT_EQ(site.session()["expires_in_s"], 30 * 60);
  for (int i = 0; i < 29; ++i) {
    site.clock.advance(1min);
    EXPECT_EQ(site.session()["expires_in_s"], (29 - i) * 60);
  }
  site.clock.advance(2min);
  EXPECT_EQ(site.get("/api/v1/session").body, "{}");
  EXPECT_EQ(site.post("/api/v1/monitor", {{"X-CSRF-Token", csrf}}).status, 401);
}

TEST(AdminSession, can_be_asked_after_by_its_handle_without_counting_as_a_request) {
  Site site;
  site.log_in("/admin/login");
  auto const handle = to_hex(sha256(site.jar.at("__Host-wardroom_admin")));
  EXPECT_FALSE(site.sessions.alive(""));
  EXPECT_FALSE(site.sessions.alive("no handle"));
  for (int i = 0; i < 30; ++i) {
    EXPECT_TRUE(site.sessions.alive(handle)) << i;
    site.clock.advance(1min);
  }
  EXPECT_FALSE(site.sessions.alive(handle));
}

TEST(AdminSession, outlives_a_restart_but_not_a_wall_clock_that_went_back) {
  Site site;
  site.log_in("/admin/login");
  auto const jar = site.jar;
  {
    Site next({"ada@acme.example"}, org, "https://ward.test", site.database.disk());
    next.jar = jar;
    EXPECT_TRUE(next.session().contains("admin"));
    next.clock.advance(31min);
    EXPECT_FALSE(next.session().contains("admin"));
  }
  Site gone({"ada@acme.example"}, org, "https://ward.test", site.database.disk());
  gone.jar = jar;
  EXPECT_FALSE(gone.session().contains("admin")) << "it ended in the store as well";
}

TEST(AdminSession, of_somebody_taken_off_the_list_ends_at_once) {
  Site site;
  site.log_in("/admin/login");
  site.login.set_admins({"ada@acme.example", "bob@acme.example"});
  EXPECT_TRUE(site.session().contains("admin"));
  site.login.set_admins({"bob@acme.example"});
  EXPECT_FALSE(site.session().contains("admin"));
}

TEST(AdminSession, gets_a_new_id_at_every_login_and_the_old_one_is_dead) {
  Site site;
  site.log_in("/admin/login");
  auto const old = site.jar.at("__Host-wardroom_admin");
  site.log_in("/admin/login");
  EXPECT_NE(site.jar.at("__Host-wardroom_admin"), old);
  EXPECT_EQ(site.sessions.admins(), 1u);
  site.jar["__Host-wardroom_admin"] = old;
  EXPECT_FALSE(site.session().contains("admin"));
}

TEST(Sessions, of_a_person_open_no_door_of_an_admin_and_the_other_way_round) {
  Site site;
  site.log_in("/user/login");
  EXPECT_EQ(site.post("/api/v1/monitor").status, 401);
  auto const person = site.jar.at("__Host-wardroom_person");
  site.jar.clear();
  site.jar["__Host-wardroom_admin"] = person;
  EXPECT_EQ(site.post("/api/v1/monitor").status, 401);
  site.jar.clear();
  site.log_in("/admin/login");
  EXPECT_EQ(site.post("/api/v1/location").status, 401);
}

TEST(Sessions, W1_made_up_broken_and_twice_sent_cookies_are_nobody) {
  Site site;
  for (auto const& value : {std::string(43, 'A'), std::string("x"), std::string(5000, 'a'),
                            std::string("\"\""), std::string(43, '%')}) {
    site.jar.clear();
    site.jar["__Host-wardroom_person"] = value;
    site.jar["__Host-wardroom_admin"] = value;
    EXPECT_EQ(site.post("/api/v1/location").status, 401);
    EXPECT_EQ(site.get("/api/v1/session").body, "{}");
  }
}

TEST(Sessions, of_a_person_roll_on_while_they_come_back) {
  Site site;
  site.log_in("/user/login");
  site.clock.advance(std::chrono::hours(24 * 20));
  // Location posts have moved the session on, but the browser's cookie is 20 days old.
  for (auto& [digest, session] : site.people.sessions)
    session.expires = site.clock.now() + std::chrono::hours(24 * 30);
  auto const again = site.get("/api/v1/session");
  EXPECT_NE(again.headers.get("Set-Cookie").find("Max-Age=2592000"), std::string_view::npos);
  EXPECT_EQ(nlohmann::json::parse(again.body)["expires_in_s"], 30 * 24 * 3600);
}

TEST(Logout, ends_both_sessions_on_the_server) {
  Site site;
  site.log_in("/user/login");
  site.log_in("/admin/login");
  auto const jar = site.jar;
  EXPECT_EQ(site.post("/api/v1/logout").status, 403) << "an administrator's needs the CSRF token";
  auto const csrf = site.session()["csrf"].get<std::string>();
  EXPECT_EQ(site.post("/api/v1/logout", {{"X-CSRF-Token", csrf}}).status, 204);
  EXPECT_TRUE(site.jar.empty());
  site.jar = jar;
  EXPECT_EQ(site.get("/api/v1/session").body, "{}");
  EXPECT_TRUE(site.people.sessions.empty());
}

}  // namespace
}  // namespace wardroom::front
