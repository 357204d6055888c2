// The OAuth server refuses what the real one refuses. Source: webex-rest.md 1, 12.
#include "sim/tests/neighbour.hpp"

namespace wardroom::sim::test {
namespace {
using http::Method;
struct OauthSimTest : Neighbour {
  std::string location(std::string query) {
    return std::string(
        rest(Method::get, "/v1/authorize", std::move(query)).response.headers.get("Location"));
  }
  static std::string replaced(std::string text, std::string_view what, std::string_view by) {
    return text.replace(text.find(what), what.size(), by);
  }
};

TEST_F(OauthSimTest, shows_a_person_picker_and_sends_the_picked_person_back_with_code_and_state) {
  auto const query = authorize_query("nobody@acme.example");
  auto const page = rest(Method::get, "/v1/authorize", query);
  EXPECT_EQ(page.response.status, 200);
  EXPECT_NE(page.response.body.find("Zoë Müller"), std::string::npos);
  EXPECT_NE(page.response.body.find("O&#39;Connor &amp; Søn"), std::string::npos);
  auto const picked =
      rest(Method::post, "/v1/authorize", query, "", "person=zoe.mueller%40acme.example");
  EXPECT_EQ(picked.response.status, 302);
  auto const to = std::string(picked.response.headers.get("Location"));
  EXPECT_TRUE(to.starts_with(redirect + "?code=")) << to;
  EXPECT_NE(to.find("state=s%20t"), std::string::npos) << to;
}

TEST_F(OauthSimTest, a_cookie_stands_for_the_click_of_a_scripted_browser) {
  auto const a = rest(Method::get, "/v1/authorize", authorize_query(""), "", "",
                      {{"Cookie", "other=1; sim_person=ada%40acme.example"}});
  EXPECT_EQ(a.response.status, 302);
}

TEST_F(OauthSimTest, unknown_clients_and_foreign_redirects_stay_on_the_page) {
  auto const query = authorize_query("ada@acme.example");
  for (auto const& bad : {replaced(query, "C-wardroom-demo", "C-other"),
                          replaced(query, "127.0.0.1%3A8480", "evil.example"),
                          replaced(query, "oauth%2Fcallback", "oauth%2Fother")}) {
    auto const a = rest(Method::get, "/v1/authorize", bad);
    EXPECT_EQ(a.response.status, 400) << bad;
    EXPECT_EQ(a.response.headers.get("Location"), "");
  }
  auto const other_port = replaced(query, "127.0.0.1%3A8480", "127.0.0.1%3A41234");
  EXPECT_EQ(rest(Method::get, "/v1/authorize", other_port).response.status, 302);
}

TEST_F(OauthSimTest, wrong_scope_response_type_and_a_decline_come_back_as_errors_with_state) {
  EXPECT_NE(location(authorize_query("ada@acme.example", "spark:teams_write"))
                .find("error=invalid_scope"),
            std::string::npos);
  EXPECT_NE(location(authorize_query("ada@acme.example", "")).find("error=invalid_scope"),
            std::string::npos);
  auto const token_flow =
      replaced(authorize_query("ada@acme.example"), "response_type=code", "response_type=token");
  EXPECT_NE(location(token_flow).find("error=unsupported_response_type"), std::string::npos);
  auto const declined = rest(Method::post, "/v1/authorize", authorize_query(""), "", "decline=yes");
  auto const to = std::string(declined.response.headers.get("Location"));
  EXPECT_NE(to.find("error=access_denied"), std::string::npos);
  EXPECT_NE(to.find("state="), std::string::npos);
  auto const silent = location(authorize_query("") + "&prompt=none");
  EXPECT_NE(silent.find("error=login_required"), std::string::npos);
}

TEST_F(OauthSimTest, a_code_works_once_within_its_life_with_its_verifier_and_redirect) {
  auto const code = code_for("ada@acme.example");
  EXPECT_EQ(exchange(code).response.status, 200);
  auto const again = exchange(code);
  EXPECT_EQ(again.response.status, 400);
  EXPECT_TRUE(json(again)["errors"][0].contains("description"));
  EXPECT_EQ(json(again)["trackingId"], again.response.headers.get("TrackingID"));

  auto const late = code_for("ada@acme.example");
  clock.advance(std::chrono::seconds(61));
  EXPECT_EQ(exchange(late).response.status, 400);

  http::QueryPairs form{{"grant_type", "authorization_code"},
                        {"code", code_for("ada@acme.example")},
                        {"redirect_uri", redirect},
                        {"code_verifier", verifier + "x"}};
  EXPECT_EQ(token_request(form).response.status, 400);
  form[3].second = verifier;
  form[2].second = redirect + "2";
  EXPECT_EQ(token_request(form).response.status, 400);
  form[2].second = redirect;
  EXPECT_EQ(token_request(form).response.status, 200)
      << "a refused attempt does not use the code up";
}

TEST_F(OauthSimTest, takes_the_secret_from_the_form_or_basic_and_refuses_wrong_ones) {
  http::QueryPairs const form{{"grant_type", "authorization_code"},
                              {"code", code_for("ada@acme.example")},
                              {"redirect_uri", redirect},
                              {"code_verifier", verifier}};
  auto basic = [](std::string secret) {
    return http::Headers{{"Authorization", "Basic " + to_base64("C-wardroom-demo:" + secret)}};
  };
  EXPECT_EQ(token_request(form, basic("wrong"), false).response.status, 401);
  EXPECT_EQ(token_request(form, {}, false).response.status, 400);
  EXPECT_EQ(token_request(form, basic("demo-secret-not-for-production"), false).response.status,
            200);
  EXPECT_EQ(
      rest(Method::post, "/v1/access_token", "", "", "{}", {{"Content-Type", "application/json"}})
          .response.status,
      415);
  EXPECT_EQ(get("/v1/access_token", "").response.status, 405);
}

TEST_F(OauthSimTest, refreshing_keeps_or_rotates_the_refresh_token_and_access_tokens_expire) {
  sim.faults.token_life_s = 100;
  auto const first = json(exchange(code_for("ada@acme.example")));
  EXPECT_EQ(first["expires_in"], 100);
  EXPECT_EQ(get("/v1/people/me", first["access_token"]).response.status, 200);
  clock.advance(std::chrono::seconds(100));
  EXPECT_EQ(get("/v1/people/me", first["access_token"]).response.status, 401);

  auto refresh = [&](std::string token) {
    return token_request({{"grant_type", "refresh_token"}, {"refresh_token", std::move(token)}});
  };
  auto const second = json(refresh(first["refresh_token"]));
  EXPECT_EQ(second["refresh_token"], first["refresh_token"]);
  EXPECT_EQ(get("/v1/people/me", second["access_token"]).response.status, 200);
  sim.faults.refresh_mode = "rotate";
  auto const third = json(refresh(first["refresh_token"]));
  EXPECT_NE(third["refresh_token"], first["refresh_token"]);
  EXPECT_EQ(refresh(first["refresh_token"]).response.status, 400);
  sim.oauth.book().expire_access_tokens();
  EXPECT_EQ(get("/v1/people/me", third["access_token"]).response.status, 401);
  EXPECT_EQ(refresh(third["refresh_token"]).response.status, 200);
  sim.oauth.book().revoke_all();
  EXPECT_EQ(refresh(third["refresh_token"]).response.status, 400);
}

TEST_F(OauthSimTest, a_restarted_platform_still_knows_its_grants_and_when_tokens_end) {
  sim.faults.token_life_s = 100;
  int changes = 0;
  sim.oauth.book().on_change = [&] { ++changes; };
  auto const given = json(exchange(code_for("ada@acme.example")));
  EXPECT_EQ(changes, 1);
  auto const memory = nlohmann::json::parse(sim.oauth.book().memory().dump());

  Platform again{clock, dice, 1, 13};
  ASSERT_TRUE(again.oauth.book().recall(memory));
  EXPECT_EQ(again.oauth.book().memory(), memory);
  Request request;
  request.headers.add("Authorization", "Bearer " + given["access_token"].get<std::string>());
  clock.advance(std::chrono::seconds(99));
  ASSERT_TRUE(again.oauth.check(request));
  EXPECT_EQ(again.oauth.check(request)->person->email, "ada@acme.example");
  clock.advance(std::chrono::seconds(1));
  EXPECT_FALSE(again.oauth.check(request));
}

TEST_F(OauthSimTest, a_spoilt_memory_is_refused_whole) {
  token_for("ada@acme.example");
  auto memory = sim.oauth.book().memory();
  memory["access"].begin().value()["grant"] = 7;
  Platform again{clock, dice, 1, 13};
  auto const before = again.oauth.book().memory();
  EXPECT_FALSE(again.oauth.book().recall(memory));
  EXPECT_FALSE(again.oauth.book().recall(nlohmann::json::parse("no json", nullptr, false)));
  EXPECT_EQ(again.oauth.book().memory(), before);
}

}  // namespace
}  // namespace wardroom::sim::test
