// What a refusal means, where redirects point, and what is not understood.
#include "cisco/webex/webex_refusal.hpp"

#include "api_kit.hpp"

namespace wardroom::webex {
namespace {
using test::FakeHttpClient;

Error refused(int status, std::string body, http::Headers headers = {}) {
  return refusal(http::Method::get, "/organizations",
                 http::ClientResponse{status, std::move(headers), std::move(body), ""},
                 from_unix_ms(0));
}

TEST(Refusal, of_a_redirect_names_the_host_it_points_to_and_nothing_secret) {
  auto const error =
      refused(302, "", {{"Location", "https://Login.Example.com/sso?code=SECRET#SECRET"}});
  EXPECT_EQ(error.kind, ErrorKind::malformed);
  EXPECT_NE(error.what.find("points to login.example.com, and redirects are never followed"),
            std::string::npos)
      << error.what;
  EXPECT_EQ(error.what.find("SECRET"), std::string::npos);
  EXPECT_NE(refused(307, "", {{"Location", "/elsewhere"}}).what.find("another place"),
            std::string::npos);
}

TEST(Refusal, of_another_region_names_its_host_when_it_is_one_of_ciscos) {
  auto const body = [](std::string words) { return R"({"message":")" + words + "\"}"; };
  EXPECT_EQ(region_host(body("Wrong region. Please use analytics-eu.webexapis.com")),
            "analytics-eu.webexapis.com");
  EXPECT_EQ(region_host(body("Use another one. URL: https://API-EU.webex.com/v1.")),
            "api-eu.webex.com");
  EXPECT_EQ(region_host(body("Please use webexapis.com")), "webexapis.com");
  for (auto const* words :
       {"", "Please use evil.example", "Please use https://webexapis.com@evil.example",
        "Please use evilwebexapis.com", "Please use webexapis.com.evil.example",
        "Please use .webex.com", "Please use a..webex.com", "Please use a:b.webex.com"})
    EXPECT_EQ(region_host(body(words)), std::nullopt) << words;
  EXPECT_NE(refused(451, body("Please use api-eu.webexapis.com"))
                .what.find("set webex.api to https://api-eu.webexapis.com/v1"),
            std::string::npos);
  EXPECT_EQ(refused(451, body("Please use evil.example")).kind, ErrorKind::denied);
}

TEST(Refusal, carries_the_tracking_id_and_the_words_of_the_service) {
  auto const error = refused(500, R"({"message":"why"})", {{"trackingID", "ROUTER_1"}});
  EXPECT_NE(error.what.find("answered 500"), std::string::npos);
  EXPECT_NE(error.what.find(": why (tracking id ROUTER_1)"), std::string::npos) << error.what;
}

TEST_F(Api, does_not_take_a_page_of_html_for_an_answer) {
  http.always("/people", FakeHttpClient::reply(200, "<!DOCTYPE html><title>Sign in</title>",
                                               {{"TrackingID", "ROUTER_2"}}));
  auto const answer = run(api.get("/people/me"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::malformed);
  EXPECT_NE(answer.error().what.find("it is not JSON (tracking id ROUTER_2)"), std::string::npos)
      << answer.error().what;
}

TEST_F(Api, sends_nothing_that_would_leave_the_configured_service) {
  WebexApi bare({http, tokens, clock, random}, {.base_url = "https://webexapis.com"});
  for (auto const* path : {"@evil.example/x", ".evil.example/x", ":444/x"}) {
    auto const answer = run(bare.get(path));
    ASSERT_FALSE(answer) << path;
    EXPECT_EQ(answer.error().kind, ErrorKind::denied);
  }
  EXPECT_TRUE(http.requests.empty());
}

}  // namespace
}  // namespace wardroom::webex
