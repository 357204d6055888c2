// Login by the browser: the round trip to Webex, who may come in, and every way it can go wrong.
#include "login_site.hpp"

namespace wardroom::front {
namespace {
using Site = LoginSite;

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
  auto const rows = site.journal_rows();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0]["kind"], "login");
  EXPECT_EQ(rows[0]["as"], "administrator");
  EXPECT_EQ(rows[0]["identity"], "admin");
  EXPECT_TRUE(rows[0]["accepted"]);
  EXPECT_EQ(rows[0]["person_no"], 40);
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

TEST(Login, R11_is_held_to_what_was_asked_for_when_it_began) {
  Site site;
  auto const state = site.begin("/admin/login");
  auto more = admin_scopes();
  more.emplace_back("spark-admin:calling_cdr_read");
  site.vault.set_needs("admin", more, {});
  auto const back = site.get("/oauth/callback?code=c&state=" + state);
  EXPECT_EQ(back.status, 403) << "the answer names no scopes, so those asked for were granted";
  EXPECT_NE(back.body.find("spark-admin:calling_cdr_read"), std::string::npos);
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

TEST(Login, with_a_made_up_state_writes_nothing_a_stranger_could_fill_the_journal_with) {
  Site site;
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(site.get("/oauth/callback?code=c&state=" + std::to_string(i)).status, 400);
  EXPECT_TRUE(site.journal_rows().empty());
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
  auto const scope = back("&error=invalid_scope");
  EXPECT_EQ(scope.status, 400);
  EXPECT_NE(scope.body.find("spark:messages_write"), std::string::npos) << "an upgrade asks for it";
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
  std::string code = site.desk.offer_page().code;
};

TEST_F(OneTime, code_is_asked_for_while_the_site_has_no_admin) {
  auto const form = site.get("/admin/login");
  EXPECT_EQ(form.status, 200);
  EXPECT_NE(form.body.find("name=\"code\""), std::string::npos);
  EXPECT_EQ(site.get("/admin/login?code=0000-0000-0000-0000").status, 403);
  EXPECT_EQ(site.http.requests.size(), 0u);
}

TEST_F(OneTime, code_makes_the_first_admin_who_stays_one) {
  auto const offer = site.desk.offer_page();
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
  auto const browser = site.jar;
  EXPECT_EQ(site.get("/oauth/callback?code=c&state=" + first).status, 303);
  site.webex_knows("Bob", "bob@acme.example", org, full_admin,
                   "22222222-c8dd-4727-8b2f-f9c447f29046");
  site.jar = browser;
  auto const refused = site.get("/oauth/callback?code=c&state=" + second);
  EXPECT_EQ(refused.status, 403) << "for the code, not for the browser";
  EXPECT_NE(refused.body.find("One-time code needed"), std::string::npos);
  auto const late = site.desk.offer_page().code;
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
  EXPECT_TRUE(site.desk.offer_page().code.empty());
  EXPECT_EQ(site.desk.offer_page().url, "https://ward.test/admin/login");
}

}  // namespace
}  // namespace wardroom::front
