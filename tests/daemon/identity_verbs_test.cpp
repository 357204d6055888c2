// logout, whoami and the token verbs, for any identity.
#include "login_site.hpp"

namespace wardroom::front {
namespace {

std::string const ada = "f5b36187-c8dd-4727-8b2f-f9c447f29046";
std::string const tokens_scopes =
    "spark:people_read spark-admin:people_read spark-admin:roles_read "
    "spark-admin:organizations_read spark-admin:locations_read spark-admin:xsi "
    "identity:tokens_read identity:tokens_write";

struct IdentityVerbs : testing::Test {
  void log_in(std::string const& scope = "") {
    site.token_answer(scope);
    ASSERT_EQ(site.log_in("/admin/login").status, 303);
    site.http.requests.clear();
  }
  /// Ada's own grant, by the client of `client`.
  void put_person(std::string const& client) {
    oauth::Grant grant;
    grant.identity = "person:" + ada;
    grant.client = client;
    grant.access = Secret("hers");
    grant.refresh = Secret("r");
    grant.scopes = {"meeting:schedules_write"};
    grant.issued_at = site.clock.now();
    grant.access_expires_at = site.clock.now() + 1h;
    grant.who = {ada, "Ada", "ada@acme.example", org};
    auto const put = site.run(site.vault.put(std::move(grant)));
    ASSERT_TRUE(put) << put.error().what;
  }
  bool logged_in(std::string const& identity = "admin") {
    return site.run(site.vault.bearer(identity)).has_value();
  }
  std::string message(nlohmann::json const& answer) {
    return answer.contains("error") ? answer["error"].value("message", "")
                                    : answer.value("message", "");
  }
  LoginSite site;
};

TEST_F(IdentityVerbs, R10_logout_revokes_at_webex_with_the_scopes_for_it) {
  log_in(tokens_scopes);
  site.http.always(
      "personId=",
      FakeHttpClient::reply(200, R"({"items":[{"id":"r1","clientId":"C1","type":"refresh"}]})"));
  site.http.always("/authorizations/r1", FakeHttpClient::reply(204));
  auto const out = site.answer_of("logout");
  EXPECT_EQ(out["status"], 200);
  EXPECT_EQ(out["revoked"], true) << out;
  EXPECT_EQ(out["person"], "ada@acme.example");
  EXPECT_EQ(out["identity"], "admin");
  EXPECT_FALSE(logged_in());
  auto const row = site.journal_rows().at(0);
  EXPECT_EQ(row["kind"], "logout");
  EXPECT_EQ(row["revoked"], true);
  EXPECT_EQ(row["person_no"], 40);
  EXPECT_EQ(row["by"], "root");
}

TEST_F(IdentityVerbs, logout_without_those_scopes_is_local_and_says_how_to_revoke_by_hand) {
  log_in();
  auto const out = site.answer_of("logout");
  EXPECT_EQ(out["revoked"], false);
  EXPECT_NE(message(out).find("identity:tokens_write"), std::string::npos) << out;
  EXPECT_NE(message(out).find("idbroker.webex.com"), std::string::npos);
  EXPECT_NE(message(out).find("access token works until 20"), std::string::npos) << out;
  EXPECT_FALSE(logged_in());
  EXPECT_EQ(site.http.count("authorizations"), 0u);
}

TEST_F(IdentityVerbs, R10_logout_forgets_the_grant_also_when_webex_is_not_reached_or_refuses) {
  for (auto const& answer :
       {FakeHttpClient::fail(ErrorKind::unavailable, "no route"), FakeHttpClient::reply(403),
        FakeHttpClient::reply(404), FakeHttpClient::reply(200, "<html>")}) {
    log_in(tokens_scopes);
    site.http.always("personId=", answer);
    auto const out = site.answer_of("logout");
    EXPECT_EQ(out["status"], 200);
    EXPECT_EQ(out["revoked"], false);
    EXPECT_NE(message(out).find("not revoked at Webex"), std::string::npos) << out;
    EXPECT_FALSE(logged_in());
  }
}

TEST_F(IdentityVerbs, logout_that_waits_for_webex_spares_a_login_that_comes_meanwhile) {
  log_in(tokens_scopes);
  site.http.always("personId=", FakeHttpClient::after(site.clock, 5s, FakeHttpClient::reply(503)));
  auto& answer = site.verb("logout");
  site.log_in("/admin/login");
  site.clock.advance(6s);
  ASSERT_TRUE(answer.answer);
  EXPECT_EQ(answer.answer->status, 409) << answer.answer->body;
  EXPECT_TRUE(logged_in());
}

TEST_F(IdentityVerbs, logout_waits_half_a_minute_for_webex_and_no_longer) {
  log_in(tokens_scopes);
  site.http.always("personId=", FakeHttpClient::hang(site.clock));
  auto& answer = site.verb("logout");
  site.clock.advance(29s);
  EXPECT_FALSE(answer.answer);
  site.clock.advance(1s);
  ASSERT_TRUE(answer.answer);
  EXPECT_FALSE(logged_in());
}

TEST_F(IdentityVerbs, logout_does_not_take_another_grant_along) {
  log_in(tokens_scopes);
  put_person("admin");
  auto const out = site.answer_of("logout");
  EXPECT_EQ(out["revoked"], false);
  EXPECT_NE(message(out).find("person:" + ada), std::string::npos) << out;
  EXPECT_FALSE(logged_in());
  EXPECT_TRUE(logged_in("person:" + ada));
  EXPECT_EQ(site.http.count("authorizations"), 0u);
  EXPECT_EQ(site.answer_of("logout", {{"identity", "person:" + ada}})["status"], 200);
  EXPECT_FALSE(logged_in("person:" + ada));
}

TEST_F(IdentityVerbs, logout_of_what_is_no_login_says_so) {
  EXPECT_EQ(site.answer_of("logout")["status"], 404);
  EXPECT_EQ(site.answer_of("logout", {{"identity", "nobody"}})["status"], 404);
  auto const app = site.answer_of("logout", {{"identity", "guests"}});
  EXPECT_EQ(app["status"], 403);
  EXPECT_NE(message(app).find("Control Hub"), std::string::npos);
}

TEST_F(IdentityVerbs, logout_that_cannot_be_stored_says_so_and_keeps_the_login) {
  log_in();
  site.database.fail_next_commit({ErrorKind::unavailable, "disk full"});
  EXPECT_EQ(site.answer_of("logout")["status"], 503);
  EXPECT_TRUE(logged_in());
}

TEST_F(IdentityVerbs, R12_whoami_tells_person_roles_and_scopes_as_webex_knows_them) {
  site.http.always("/roles", FakeHttpClient::reply(200, R"({"items":[{"id":")" + full_admin +
                                                            R"(","name":"Full Administrator"}]})"));
  log_in();
  auto const who = site.answer_of("whoami");
  EXPECT_EQ(who["status"], 200);
  EXPECT_EQ(who["identity"], "admin");
  EXPECT_EQ(who["kind"], "integration");
  EXPECT_EQ(who["person"], "Ada");
  EXPECT_EQ(who["email"], "ada@acme.example");
  EXPECT_EQ(who["roles"], nlohmann::json({"Full Administrator"}));
  EXPECT_EQ(who["scopes"].size(), admin_scopes().size());
  EXPECT_TRUE(who["missing_scopes"].empty());
}

TEST_F(IdentityVerbs, R12_whoami_works_for_a_persons_own_grant_and_without_the_right_to_see_roles) {
  log_in();
  put_person("admin");
  site.http.always("/roles", FakeHttpClient::reply(403));
  auto const who = site.answer_of("whoami", {{"identity", "person:" + ada}});
  EXPECT_EQ(who["status"], 200) << who;
  EXPECT_EQ(site.http.requests.front().bearer->reveal(), "hers");
  EXPECT_EQ(who["roles"], nlohmann::json({"id_full_admin"}));
}

TEST_F(IdentityVerbs, R12_whoami_renews_a_refused_token_once) {
  log_in();
  site.http.next("/people/me", FakeHttpClient::reply(401));
  EXPECT_EQ(site.answer_of("whoami")["status"], 200);
  EXPECT_EQ(site.http.count("access_token"), 1u);
}

TEST_F(IdentityVerbs, R13_token_check_tells_valid_or_unauthorized) {
  auto const before = site.answer_of("token check");
  EXPECT_EQ(before["error"]["code"], "unauthorized");
  EXPECT_NE(message(before).find("wardroomctl login"), std::string::npos);
  log_in();
  auto const good = site.answer_of("token check");
  EXPECT_EQ(good["valid"], true);
  EXPECT_EQ(good["who"], "ada@acme.example");
  site.http.always("access_token",
                   FakeHttpClient::reply(400, R"({"errors":[{"description":"invalid_grant"}]})"));
  site.http.always("/people/me", FakeHttpClient::reply(401));
  auto const dead = site.answer_of("token check");
  EXPECT_EQ(dead["error"]["code"], "unauthorized") << dead;
  EXPECT_EQ(site.answer_of("token check", {{"identity", "nobody"}})["status"], 404);
  EXPECT_EQ(site.answer_of("token check", {{"identity", "issuer"}})["status"], 400);
}

TEST_F(IdentityVerbs, R7_token_show_lists_everything_but_the_tokens) {
  log_in();
  auto const shown = site.answer_of("token show");
  EXPECT_EQ(shown["key_id"], "k3y1d");
  auto const& admin = shown["grants"].at(0);
  EXPECT_EQ(admin["identity"], "admin");
  EXPECT_EQ(admin["state"], "valid");
  EXPECT_EQ(admin["who"], "ada@acme.example");
  EXPECT_TRUE(admin.contains("access_expires_at"));
  EXPECT_EQ(shown.dump().find("canary"), std::string::npos);
}

TEST_F(IdentityVerbs, R8_token_refresh_renews_now) {
  log_in();
  site.clock.advance(2min);
  auto const out = site.answer_of("token refresh");
  EXPECT_EQ(out["status"], 200) << out;
  EXPECT_EQ(site.http.count("access_token"), 1u);
  EXPECT_TRUE(out.contains("access_expires_at"));
}

TEST_F(IdentityVerbs, of_change_need_the_right_of_an_administrator) {
  site.rights = {.read = true, .act = true, .admin = false, .login = "op"};
  for (auto const* words : {"login", "auth", "logout", "token refresh"}) {
    auto const no = site.answer_of(words, {{"code", "c"}});
    EXPECT_EQ(no["status"], 403) << words;
    EXPECT_NE(no["error"]["message"].get<std::string>().find("wardroom-admin"), std::string::npos);
  }
}

}  // namespace
}  // namespace wardroom::front
