// The token endpoint: what is asked, and what each kind of answer means for the grant.
#include "oauth/code_flow.hpp"

#include "base/encoding.hpp"
#include "base/time_text.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_http_client.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

namespace wardroom::oauth {
namespace {
using namespace std::chrono_literals;

Instant const noon = from_unix_ms(1'795'255'200'000);

OAuthClient client() {
  return {"https://webex.test/v1/authorize", "https://webex.test/v1/access_token",
          "https://ward.test/oauth/callback", "C1", Secret("s3cret&=")};
}

TokenResult judge(int status, std::string body, http::Headers headers = {}) {
  return judge_token_answer({status, std::move(headers), std::move(body), ""}, noon);
}

std::string const good =
    R"({"access_token":"A1","expires_in":1209599,"refresh_token":"R1","refresh_token_expires_in":7775999,)"
    R"("token_type":"Bearer","scope":"spark:people_read spark-admin:xsi"})";

TEST(AuthorizeUrl, escapes_everything_and_sends_spaces_as_percent_20) {
  auto const url = authorize_url(client(), {"spark:people_read", "spark-admin:xsi"}, "st", "ch");
  EXPECT_EQ(
      url,
      "https://webex.test/v1/authorize?response_type=code&client_id=C1&redirect_uri="
      "https%3A%2F%2Fward.test%2Foauth%2Fcallback&scope=spark%3Apeople_read%20spark-admin%3Axsi"
      "&state=st&code_challenge=ch&code_challenge_method=S256");
}

TEST(Pkce, has_a_challenge_that_is_the_digest_of_the_verifier) {
  SeededRandom random(7);
  auto const pkce = make_pkce(random);
  EXPECT_GE(pkce.verifier.reveal().size(), 43u);
  EXPECT_EQ(pkce.challenge, to_base64url(sha256(pkce.verifier.reveal())));
  EXPECT_NE(pkce.challenge, make_pkce(random).challenge);
}

TEST(TokenAnswer, is_counted_from_the_servers_date) {
  auto const answer = judge(200, good, {{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->issued_at, from_unix_ms(784'111'777'000));
  EXPECT_EQ(answer->access_expires_at - answer->issued_at, 1209599s);
  EXPECT_EQ(*answer->refresh_expires_at - answer->issued_at, 7775999s);
  EXPECT_EQ(answer->access.reveal(), "A1");
  EXPECT_EQ(answer->refresh->reveal(), "R1");
  EXPECT_EQ(answer->scopes->size(), 2u);
}

TEST(TokenAnswer, may_lack_refresh_token_scope_and_date) {
  auto const answer = judge(200, R"({"access_token":"A","expires_in":"30"})");
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->refresh);
  EXPECT_FALSE(answer->scopes);
  EXPECT_FALSE(answer->refresh_expires_at);
  EXPECT_EQ(answer->issued_at, noon);
  EXPECT_EQ(answer->access_expires_at, noon + 30s);
}

TEST(TokenAnswer, without_a_usable_life_is_taken_for_an_hour) {
  for (auto const* life : {"", R"(,"expires_in":-5)", R"(,"expires_in":0)",
                           R"(,"expires_in":1e300)", R"(,"expires_in":"soon")"}) {
    auto const answer =
        judge(200, R"({"access_token":"A","refresh_token":"R")" + std::string(life) + "}");
    ASSERT_TRUE(answer) << life;
    EXPECT_TRUE(answer->refresh) << "a rotated one must not be thrown away";
    EXPECT_FALSE(answer->life_told) << life;
    EXPECT_EQ(answer->access_expires_at, noon + 1h) << life;
  }
}

TEST(TokenAnswer, of_200_without_a_usable_token_is_transient) {
  for (auto const* body : {"", "<html>", "[]", "{}", R"({"access_token":7,"expires_in":5})"}) {
    auto const answer = judge(200, body);
    ASSERT_FALSE(answer) << body;
    EXPECT_EQ(answer.error().refusal, Refusal::transient) << body;
  }
}

TEST(TokenRefusal, retires_a_grant_only_when_the_words_say_so) {
  for (
      auto const* body :
      {R"({"error":"invalid_grant","error_description":"x"})",
       R"({"message":"malformed syntax.","errors":[{"description":"invalid_grant"}]})",
       R"({"message":"m","errors":[{"description":"The refresh token provided is expired, revoked, malformed, or invalid."}]})",
       R"({"message":"The refresh_token has been revoked"})",
       R"({"errors":[{"description":"Unable to refresh the access token: The token is malformed."}]})",
       R"({"errors":[{"description":"Authorization code is invalid"}]})"})
    for (int status : {400, 401}) {
      auto const answer = judge(status, body);
      ASSERT_FALSE(answer);
      EXPECT_EQ(answer.error().refusal, Refusal::retired) << body;
      EXPECT_EQ(answer.error().error.kind, ErrorKind::unauthorized);
    }
}

TEST(TokenRefusal, of_the_client_is_a_matter_of_configuration) {
  for (
      auto const* body :
      {R"({"message":"The request could not be understood by the server due to malformed syntax.","errors":[{"description":"Client Id is invalid"}]})",
       R"({"message":"malformed syntax.","errors":[{"description":"missing refresh_token"}]})",
       R"({"error":"invalid_client"})", R"({"error":"invalid_scope"})",
       R"({"message":"Unable to refresh the access token: Client Id is invalid"})",
       R"({"error":"invalid_request","error_description":"refresh_token is required"})", "{}"}) {
    auto const answer = judge(400, body);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().refusal, Refusal::configuration) << body;
  }
}

TEST(TokenRefusal, by_a_proxy_or_a_server_in_trouble_never_discards_anything) {
  struct Case {
    int status;
    char const* body;
    ErrorKind kind;
  };
  for (auto const& [status, body, kind] :
       {Case{403, "<html>invalid_grant</html>", ErrorKind::malformed},
        Case{403, R"({"error":"invalid_grant"})", ErrorKind::malformed},
        Case{400, "<html>invalid_grant refresh token expired</html>", ErrorKind::malformed},
        Case{500, R"({"error":"invalid_grant"})", ErrorKind::unavailable},
        Case{503, "", ErrorKind::unavailable}, Case{302, "", ErrorKind::malformed}}) {
    auto const answer = judge(status, body);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().refusal, Refusal::transient) << status << body;
    EXPECT_EQ(answer.error().error.kind, kind) << status;
  }
}

TEST(TokenRefusal, of_429_says_how_long_to_wait) {
  auto const answer = judge(429, "", {{"Retry-After", "17"}});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().refusal, Refusal::transient);
  EXPECT_EQ(answer.error().error.retry_after, 17s);
  EXPECT_EQ(judge(429, "", {{"Retry-After", "rand(30),add(30)"}}).error().error.retry_after, 15s);
}

TEST(TokenRefusal, T3_repeats_no_token_the_server_echoes) {
  std::string const token(64, 'f');
  auto const answer = judge(400, R"({"message":"refresh token )" + token + R"( is invalid"})");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().error.what.find(token), std::string::npos);
}

struct Endpoint : testing::Test {
  boost::asio::io_context io;
  test::FakeClock clock{io};
  test::FakeHttpClient http;
};

TEST_F(Endpoint, gets_the_code_with_verifier_secret_and_exact_redirect) {
  http.always("access_token", test::FakeHttpClient::reply(200, good));
  auto const answer =
      test::run_task(io, exchange_code(http, clock, client(), Secret("c0de"), Secret("verifier")));
  ASSERT_TRUE(answer);
  auto const form = *http::parse_query(http.last().body);
  EXPECT_EQ(http::find(form, "grant_type"), "authorization_code");
  EXPECT_EQ(http::find(form, "code"), "c0de");
  EXPECT_EQ(http::find(form, "code_verifier"), "verifier");
  EXPECT_EQ(http::find(form, "redirect_uri"), client().redirect_uri);
  EXPECT_EQ(http::find(form, "client_id"), "C1");
  EXPECT_EQ(http::find(form, "client_secret"), "s3cret&=");
  EXPECT_EQ(http.last().url, client().token_url);
  EXPECT_TRUE(http.last().once);
}

TEST_F(Endpoint, that_does_not_answer_is_transient) {
  http.always("access_token", test::FakeHttpClient::fail(ErrorKind::timed_out));
  auto const answer = test::run_task(io, refresh_grant(http, clock, client(), Secret("R")));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().refusal, Refusal::transient);
  EXPECT_EQ(answer.error().error.kind, ErrorKind::timed_out);
}

TEST(HttpDate, is_read_strictly) {
  EXPECT_EQ(parse_http_date("Tue, 19 Jan 2038 03:14:08 GMT"), from_unix_ms(2'147'483'648'000));
  for (auto const* bad : {"", "Sun, 06 Nov 1994 08:49:37 PST", "Sun, 31 Feb 1994 08:49:37 GMT",
                          "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
                          "Sunday, 06-Nov-94 08:49:37 GMT"})
    EXPECT_FALSE(parse_http_date(bad)) << bad;
}

}  // namespace
}  // namespace wardroom::oauth
