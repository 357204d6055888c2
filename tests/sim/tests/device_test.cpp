// The device grant answers as the real one does, in all its ways. Source: webex-rest.md 1.6.
#include "sim/tests/neighbour.hpp"

namespace wardroom::sim::test {
namespace {
using http::Method;
using std::chrono::seconds;

struct DeviceTest : Neighbour {
  static http::Headers form_with(http::Headers more = {}) {
    more.add("Content-Type", "application/x-www-form-urlencoded");
    return more;
  }
  static std::string basic(std::string id, std::string secret) {
    return "Basic " + to_base64(id + ":" + secret);
  }
  nlohmann::json start(std::string scope = "spark:people_read spark:kms") {
    auto const a =
        rest(Method::post, "/v1/device/authorize", "", "",
             http::to_query({{"client_id", "C-wardroom-demo"}, {"scope", scope}}), form_with());
    EXPECT_EQ(a.response.status, 200) << a.response.body;
    return json(a);
  }
  Answer poll(std::string device_code,
              std::string authorization = basic("C-wardroom-demo",
                                                "demo-secret-not-for-production")) {
    http::Headers headers = form_with();
    if (!authorization.empty()) headers.add("Authorization", authorization);
    return rest(Method::post, "/v1/device/token", "", "",
                http::to_query({{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                                {"device_code", std::move(device_code)},
                                {"client_id", "C-wardroom-demo"}}),
                std::move(headers));
  }
  static std::string word(Answer const& a) {
    auto const body = json(a);
    return body.is_object() ? body["errors"][0].value("description", "") : "";
  }
};

TEST_F(DeviceTest, a_login_waits_for_the_person_and_then_gives_tokens_once) {
  auto const begun = start();
  EXPECT_EQ(begun["expires_in"], 300);
  EXPECT_EQ(begun["interval"], 2);
  auto const code = begun["user_code"].get<std::string>();
  EXPECT_EQ(code.size(), 6u);
  EXPECT_EQ(begun["verification_uri"], "http://127.0.0.1:8481/verify");
  auto const complete = begun["verification_uri_complete"].get<std::string>();
  EXPECT_EQ(complete.size(), std::string("http://127.0.0.1:8481/verify?userCode=").size() + 64);

  auto const waiting = poll(begun["device_code"]);
  EXPECT_EQ(waiting.response.status, 428);
  EXPECT_EQ(waiting.response.body, "");
  ASSERT_TRUE(sim.device.approve(code, "ada@acme.example"));
  clock.advance(seconds(2));
  auto const done = poll(begun["device_code"]);
  ASSERT_EQ(done.response.status, 200) << done.response.body;
  EXPECT_EQ(json(done)["scope"], "spark:kms spark:people_read");
  EXPECT_EQ(get("/v1/people/me", json(done)["access_token"]).response.status, 200);
  clock.advance(seconds(2));
  EXPECT_EQ(word(poll(begun["device_code"])), "invalid_grant");
  EXPECT_EQ(token_request(
                {{"grant_type", "refresh_token"}, {"refresh_token", json(done)["refresh_token"]}})
                .response.status,
            200);
}

TEST_F(DeviceTest, waiting_is_told_in_the_three_ways_seen_in_the_wild) {
  auto const begun = start();
  sim.faults.device_pending = "428_json";
  auto a = poll(begun["device_code"]);
  EXPECT_EQ(a.response.status, 428);
  EXPECT_EQ(word(a), "authorization_pending");
  clock.advance(seconds(2));
  sim.faults.device_pending = "400";
  a = poll(begun["device_code"]);
  EXPECT_EQ(a.response.status, 400);
  EXPECT_EQ(word(a), "authorization_pending");
}

TEST_F(DeviceTest, polling_too_fast_slows_the_client_down_by_five_seconds_each_time) {
  auto const begun = start();
  poll(begun["device_code"]);
  clock.advance(seconds(1));
  EXPECT_EQ(word(poll(begun["device_code"])), "slow_down");
  clock.advance(seconds(6));
  EXPECT_EQ(word(poll(begun["device_code"])), "slow_down") << "seven seconds are asked for now";
  clock.advance(seconds(12));
  EXPECT_EQ(poll(begun["device_code"]).response.status, 428);
  sim.faults.device_slow_down = 1;
  clock.advance(seconds(12));
  EXPECT_EQ(word(poll(begun["device_code"])), "slow_down") << "although it was slow enough";
  clock.advance(seconds(17));
  EXPECT_EQ(poll(begun["device_code"]).response.status, 428);
}

TEST_F(DeviceTest, a_person_may_decline_and_a_code_expires) {
  auto const denied = start();
  ASSERT_TRUE(sim.device.deny(denied["user_code"].get<std::string>()));
  EXPECT_EQ(word(poll(denied["device_code"])), "access_denied");
  EXPECT_EQ(
      sim.device.approve(denied["user_code"].get<std::string>(), "ada@acme.example").error().kind,
      ErrorKind::conflict);
  sim.faults.device_life_s = 30;
  auto const late = start();
  clock.advance(seconds(30));
  EXPECT_EQ(word(poll(late["device_code"])), "expired_token");
  EXPECT_FALSE(sim.device.approve(late["user_code"].get<std::string>(), "ada@acme.example"));
  EXPECT_EQ(sim.device.approve("123", "ada@acme.example").error().kind, ErrorKind::not_found);
}

TEST_F(DeviceTest, polling_needs_basic_and_the_right_secret) {
  auto const begun = start();
  EXPECT_EQ(poll(begun["device_code"], "").response.status, 401);
  EXPECT_EQ(poll(begun["device_code"], basic("C-wardroom-demo", "no")).response.status, 401);
  EXPECT_EQ(word(poll(begun["device_code"], basic("C-wardroom-guests", "demo-guests-secret"))),
            "invalid_client");
  EXPECT_EQ(word(poll("made up")), "invalid_grant");
}

TEST_F(DeviceTest, starting_refuses_unknown_clients_and_scopes_that_the_flow_has_not) {
  auto refused = [&](std::string client, std::string scope) {
    return word(rest(Method::post, "/v1/device/authorize", "", "",
                     http::to_query({{"client_id", client}, {"scope", scope}}), form_with()));
  };
  EXPECT_EQ(refused("C-other", "spark:kms"), "Client Id is invalid");
  for (auto scope : {"", "spark:teams_write", "openid spark:kms"})
    EXPECT_EQ(refused("C-wardroom-demo", scope), "invalid_scope") << scope;
  EXPECT_EQ(get("/v1/device/authorize", "").response.status, 405);
}

TEST_F(DeviceTest, the_page_takes_a_code_with_spaces_and_the_link_fills_it_in) {
  auto const begun = start();
  auto const code = begun["user_code"].get<std::string>();
  Request request{Method::get, "/verify", {}, {}, {}, {}};
  request.query = between(begun["verification_uri_complete"].get<std::string>() + "#", "?", "#");
  auto const page = sim.device.page(request);
  EXPECT_NE(page.response.body.find("value=\"" + code + "\""), std::string::npos);
  EXPECT_NE(page.response.body.find("O&#39;Connor &amp; Søn"), std::string::npos);

  Request typed{Method::post, "/verify", {}, {}, {}, {}};
  typed.body = http::to_query({{"code", "<b>"}, {"person", "ada@acme.example"}});
  auto const refused = sim.device.page(typed);
  EXPECT_EQ(refused.response.status, 400);
  EXPECT_EQ(refused.response.body.find("<b>"), std::string::npos);
  typed.body = http::to_query(
      {{"code", code.substr(0, 3) + " " + code.substr(3)}, {"person", "ada@acme.example"}});
  EXPECT_EQ(sim.device.page(typed).response.status, 200);
  EXPECT_EQ(poll(begun["device_code"]).response.status, 200);
}

TEST_F(DeviceTest, the_token_limit_is_told_in_its_own_word) {
  sim.faults.token_limit = 1;
  token_for("ada@acme.example");
  auto const begun = start();
  ASSERT_TRUE(sim.device.approve(begun["user_code"].get<std::string>(), "ada@acme.example"));
  EXPECT_EQ(word(poll(begun["device_code"])), "tokenlimit_reached");
}

}  // namespace
}  // namespace wardroom::sim::test
