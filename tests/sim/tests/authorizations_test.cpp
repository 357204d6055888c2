// Userinfo, listing and revoking of grants, the service app. Source: webex-rest.md 1.7, 1.9, 1.10.
#include "sim/tests/neighbour.hpp"

namespace wardroom::sim::test {
namespace {
using http::Method;

struct AuthorizationsTest : Neighbour {
  static inline std::string const token_scopes =
      "identity:tokens_read identity:tokens_write spark:people_read spark:applications_token";
  std::string admin = token_for("ada@acme.example", token_scopes);

  nlohmann::json items(std::string query) {
    return json(get("/v1/authorizations", admin, std::move(query)))
        .value("items", nlohmann::json());
  }
  Answer remove(std::string id, std::string token, std::string query = "") {
    return rest(Method::delete_, "/v1/authorizations" + (id.empty() ? "" : "/" + id),
                std::move(query), std::move(token));
  }
  Answer service_refresh(std::string token) {
    return token_request({{"grant_type", "refresh_token"},
                          {"refresh_token", std::move(token)},
                          {"client_id", "C-wardroom-guests"},
                          {"client_secret", "demo-guests-secret"}},
                         {}, false);
  }
};

TEST_F(AuthorizationsTest, an_administrator_lists_grants_and_tokens_of_a_person) {
  auto const zoe = token_for("zoe.mueller@acme.example");
  auto const all = items("personEmail=zoe.mueller%40acme.example");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]["type"], "refresh");
  EXPECT_EQ(all[1]["type"], "access");
  EXPECT_EQ(all[0]["clientId"], "C-wardroom-demo");
  EXPECT_EQ(all[0]["applicationName"], "Wardroom");
  EXPECT_EQ(items("personId=" + sim.org.by_email("zoe.mueller@acme.example")->id), all);
  EXPECT_EQ(get("/v1/authorizations", admin).response.status, 400);
  EXPECT_EQ(get("/v1/authorizations", admin, "personEmail=x%40y").response.status, 404);
  EXPECT_EQ(get("/v1/authorizations", zoe, "personEmail=x%40y").response.status, 403);
  EXPECT_EQ(get("/v1/authorizations", "", "personEmail=x%40y").response.status, 401);
}

TEST_F(AuthorizationsTest, deleting_a_refresh_authorization_ends_its_access_tokens_perhaps_late) {
  sim.faults.revoked_access_cache_ms = 2000;
  auto const zoe = token_for("zoe.mueller@acme.example");
  auto const id = items("personEmail=zoe.mueller%40acme.example")[0]["id"].get<std::string>();
  auto const done = remove(id, admin);
  EXPECT_EQ(done.response.status, 204);
  EXPECT_EQ(done.response.body, "");
  EXPECT_EQ(get("/v1/people/me", zoe).response.status, 200);
  clock.advance(Milliseconds(2000));
  EXPECT_EQ(get("/v1/people/me", zoe).response.status, 401);
  EXPECT_EQ(items("personEmail=zoe.mueller%40acme.example").size(), 0u);
  EXPECT_EQ(remove(id, admin).response.status, 404);
}

TEST_F(AuthorizationsTest, an_access_authorization_takes_only_itself) {
  auto const login = json(exchange(code_for("zoe.mueller@acme.example")));
  auto const id = items("personEmail=zoe.mueller%40acme.example")[1]["id"].get<std::string>();
  EXPECT_EQ(remove(id, admin).response.status, 204);
  EXPECT_EQ(get("/v1/people/me", login["access_token"]).response.status, 401);
  EXPECT_EQ(
      token_request({{"grant_type", "refresh_token"}, {"refresh_token", login["refresh_token"]}})
          .response.status,
      200);
}

TEST_F(AuthorizationsTest, ones_own_grant_needs_a_token_of_the_same_client_and_write_rights) {
  auto other = demo_client();
  other.id = "C-other";
  sim.oauth.add_client(other);
  Request request{};
  auto const* ada = sim.org.by_email("ada@acme.example");
  auto const opened = sim.oauth.open_grant(request, other, *ada, split_scopes(token_scopes));
  auto const foreign = json(opened.answer)["access_token"].get<std::string>();
  std::string mine;
  for (auto const& one : items("personEmail=ada%40acme.example"))
    if (one["clientId"] == "C-wardroom-demo" && one["type"] == "refresh") mine = one["id"];
  EXPECT_EQ(remove(mine, foreign).response.status, 403);
  auto const reader = token_for("ada@acme.example", "identity:tokens_read");
  EXPECT_EQ(remove(mine, reader).response.status, 403);
  EXPECT_EQ(remove(mine, admin).response.status, 204);
  EXPECT_EQ(get("/v1/people/me", admin).response.status, 401) << "it was its own token's grant";
}

TEST_F(AuthorizationsTest, a_whole_application_can_be_revoked) {
  auto const zoe = token_for("zoe.mueller@acme.example");
  EXPECT_EQ(remove("", admin).response.status, 400);
  EXPECT_EQ(remove("", admin, "clientId=C-wardroom-demo&orgId=x").response.status, 404);
  EXPECT_EQ(remove("", admin, "clientId=C-wardroom-demo&orgId=" + sim.org.id()).response.status,
            204);
  EXPECT_EQ(get("/v1/people/me", zoe).response.status, 401);
  EXPECT_EQ(service_refresh("sim-service-app-refresh").response.status, 200) << "another client";
}

TEST_F(AuthorizationsTest, a_token_tells_when_it_ends) {
  auto const a = get("/v1/authorizations/tokenExpiry", admin);
  EXPECT_EQ(json(a)["exp"], unix_ms(clock.now()) + sim.faults.token_life_s * 1000LL);
  EXPECT_EQ(get("/v1/authorizations/tokenExpiry", "").response.status, 401);
}

TEST_F(AuthorizationsTest, userinfo_tells_what_the_scopes_allow) {
  auto const full =
      json(get("/v1/userinfo", token_for("renee.oconnor@acme.example", "openid email profile")));
  EXPECT_EQ(full["sub"], sim.org.by_email("renee.oconnor@acme.example")->uuid);
  EXPECT_EQ(full["email"], "renee.oconnor@acme.example");
  EXPECT_EQ(full["name"], "Renée O'Connor & Søn");
  EXPECT_FALSE(
      json(get("/v1/userinfo", token_for("ada@acme.example", "openid"))).contains("email"));
  EXPECT_EQ(get("/v1/userinfo", admin).response.status, 403);
  EXPECT_EQ(rest(Method::post, "/v1/userinfo", "", admin).response.status, 405);
}

TEST_F(AuthorizationsTest, the_service_app_refreshes_the_token_it_was_set_up_with) {
  auto const given = service_refresh("sim-service-app-refresh");
  ASSERT_EQ(given.response.status, 200) << given.response.body;
  auto const me = json(get("/v1/people/me", json(given)["access_token"]));
  EXPECT_EQ(me["type"], "appuser");
  EXPECT_EQ(me["emails"][0], "wardroom-guests@serviceapp.example");
  EXPECT_EQ(
      token_request({{"grant_type", "refresh_token"}, {"refresh_token", "sim-service-app-refresh"}})
          .response.status,
      400)
      << "a token of another client";
}

TEST_F(AuthorizationsTest, an_integration_fetches_tokens_for_the_service_app) {
  auto ask = [&](std::string token, nlohmann::json body, std::string id = "C-wardroom-guests") {
    return rest(Method::post, "/v1/applications/" + api_id("APPLICATION", id) + "/token", "",
                std::move(token), body.dump(), {{"Content-Type", "application/json"}});
  };
  nlohmann::json const good{{"clientId", "C-wardroom-guests"},
                            {"clientSecret", "demo-guests-secret"},
                            {"targetOrgId", sim.org.id()}};
  auto const given = ask(admin, good);
  ASSERT_EQ(given.response.status, 200) << given.response.body;
  EXPECT_EQ(service_refresh(json(given)["refresh_token"]).response.status, 200);
  auto wrong = good;
  wrong["clientSecret"] = "no";
  EXPECT_EQ(ask(admin, wrong).response.status, 401);
  wrong = good;
  wrong["targetOrgId"] = "elsewhere";
  EXPECT_EQ(ask(admin, wrong).response.status, 400);
  EXPECT_EQ(ask(admin, good, "C-wardroom-demo").response.status, 404);
  EXPECT_EQ(ask("", good).response.status, 401);
  EXPECT_EQ(ask(token_for("ada@acme.example"), good).response.status, 403);
  EXPECT_EQ(sim.oauth.log().entries().back()["kind"], "service_app");
}

}  // namespace
}  // namespace wardroom::sim::test
