// The device grant: every answer of webex-rest.md 1.6, and the pace of asking, on virtual time.
#include "oauth/device_flow.hpp"

#include "base/encoding.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_http_client.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

namespace wardroom::oauth {
namespace {
using namespace std::chrono_literals;
using test::FakeHttpClient;
using Why = DevicePending::Why;

Instant const noon = from_unix_ms(1'795'255'200'000);

OAuthClient client() {
  return {"https://webex.test/v1/authorize",
          "https://webex.test/v1/access_token",
          "https://ward.test/oauth/callback",
          "C1",
          Secret("s3cret&="),
          "https://webex.test/v1/device/authorize",
          "https://webex.test/v1/device/token"};
}

std::string const started =
    R"({"device_code":"canary-device","expires_in":300,"user_code":"729703",)"
    R"("verification_uri":"https://helper.test/verify",)"
    R"("verification_uri_complete":"https://helper.test/verify?userCode=aa","interval":2})";
std::string const token =
    R"({"access_token":"A1","expires_in":1209599,"refresh_token":"R1","refresh_token_expires_in":7775999,)"
    R"("scope":"spark:people_read"})";

std::string description(std::string const& words) {
  return R"({"message":"m","errors":[{"description":")" + words + R"("}],"trackingId":"T"})";
}

DeviceStart start(std::string body, int status = 200, http::Headers headers = {}) {
  return judge_device_start({status, std::move(headers), std::move(body), ""}, noon);
}
DeviceAnswer poll(int status, std::string body, http::Headers headers = {}) {
  return judge_device_answer({status, std::move(headers), std::move(body), ""}, noon);
}

TEST(DeviceStart, tells_code_addresses_life_and_interval) {
  auto const code = start(started);
  ASSERT_TRUE(code);
  EXPECT_EQ(code->device_code.reveal(), "canary-device");
  EXPECT_EQ(code->user_code, "729703");
  EXPECT_EQ(code->url, "https://helper.test/verify");
  EXPECT_EQ(code->url_complete, "https://helper.test/verify?userCode=aa");
  EXPECT_EQ(code->life, 300s);
  EXPECT_EQ(code->interval, 2s);
}

TEST(DeviceStart, is_read_robustly) {
  auto const odd = start(
      R"({"device_code":"d","expires_in":"120","user_code":729703,"verification_url":"https://h.test/v","interval":"0"})");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->user_code, "729703");
  EXPECT_EQ(odd->url, "https://h.test/v");
  EXPECT_EQ(odd->url_complete, "");
  EXPECT_EQ(odd->life, 120s);
  EXPECT_EQ(odd->interval, 1s) << "never a hot loop";
  auto const bare =
      start(R"({"device_code":"d","user_code":"AB-12","verification_uri":"https://h.test"})");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->life, 300s);
  EXPECT_EQ(bare->interval, 5s) << "RFC 8628";
  auto const endless = start(
      R"({"device_code":"d","user_code":"1","verification_uri":"https://h.test","expires_in":100000,"interval":99999})");
  ASSERT_TRUE(endless);
  EXPECT_EQ(endless->life, 30min);
  EXPECT_EQ(endless->interval, 1min);
}

TEST(DeviceStart, without_a_usable_code_or_address_is_no_start) {
  for (auto const* body :
       {"", "<html>", "[]", "{}", R"({"device_code":"d","user_code":"1"})",
        R"({"user_code":"1","verification_uri":"https://h.test"})",
        R"({"device_code":"d","user_code":"","verification_uri":"https://h.test"})",
        R"({"device_code":"d","user_code":"\u001b[2J","verification_uri":"https://h.test"})",
        R"({"device_code":"d","user_code":"1","verification_uri":"javascript:x"})
    ",
    R"({"device_code":"d","user_code":"1","verification_uri":"https://h.test/\u001b[2J"})"}) {
    auto const code = start(body);
    ASSERT_FALSE(code) << body;
    EXPECT_EQ(code.error().end, DeviceEnd::unavailable) << body;
    EXPECT_FALSE(code.error().remedy.empty());
  }
}

TEST(DeviceStart, refused_says_why_and_what_to_do) {
  auto const scope = start(description("invalid_scope"), 400);
  EXPECT_EQ(scope.error().end, DeviceEnd::configuration);
  EXPECT_NE(scope.error().remedy.find("developer portal"), std::string::npos);
  EXPECT_EQ(start(description("Client Id is invalid"), 400).error().end, DeviceEnd::configuration);
  EXPECT_EQ(start("", 503).error().end, DeviceEnd::unavailable);
  EXPECT_EQ(start("<html>", 403).error().end, DeviceEnd::unavailable);
  auto const busy = start("", 429, {{"Retry-After", "40"}});
  EXPECT_EQ(busy.error().error.kind, ErrorKind::throttled);
  EXPECT_EQ(busy.error().error.retry_after, 40s);
  EXPECT_NE(busy.error().remedy.find("40 s"), std::string::npos);
  EXPECT_EQ(start("", 429, {{"Retry-After", "rand(30),add(30)"}}).error().error.retry_after, 15s);
}

TEST(DeviceAnswer, of_428_and_of_authorization_pending_means_wait) {
  for (auto const& [status, body] : std::initializer_list<std::pair<int, std::string>>{
           {428, ""},
           {428, "{}"},
           {428, "<html>"},
           {428, "[1,2]"},
           {428, description("authorization pending")},
           {400, description("authorization_pending")},
           {400, R"({"error":"authorization_pending"})"},
           {400, R"({"message":"Authorization_Pending"})"}}) {
    auto const answer = poll(status, body);
    ASSERT_TRUE(std::holds_alternative<DevicePending>(answer)) << status << body;
    EXPECT_EQ(std::get<DevicePending>(answer).why, Why::waiting) << status << body;
  }
}

TEST(DeviceAnswer, of_slow_down_and_429_says_how_to_go_on) {
  EXPECT_EQ(std::get<DevicePending>(poll(400, description("slow_down"))).why, Why::slow_down);
  EXPECT_EQ(std::get<DevicePending>(poll(428, R"({"error":"slow_down"})")).why, Why::slow_down);
  struct Case {
    char const* retry_after;
    Milliseconds pause;
  };
  for (auto const& [retry_after, pause] :
       {Case{"17", 17s}, Case{"0", 0s}, Case{"", 15s}, Case{"rand(30),add(30)", 15s},
        Case{"99999999", 300s}, Case{"-4", 15s}}) {
    auto const answer = poll(429, "<html>busy</html>", {{"Retry-After", retry_after}});
    ASSERT_TRUE(std::holds_alternative<DevicePending>(answer));
    EXPECT_EQ(std::get<DevicePending>(answer).why, Why::throttled);
    EXPECT_EQ(std::get<DevicePending>(answer).pause, pause) << retry_after;
  }
  EXPECT_EQ(std::get<DevicePending>(poll(423, "")).pause, 15s);
  EXPECT_EQ(std::get<DevicePending>(poll(429, description("slow_down"))).why, Why::slow_down);
}

TEST(DeviceAnswer, with_a_keyword_of_refusal_is_the_end) {
  struct Case {
    int status;
    char const* keyword;
    DeviceEnd end;
  };
  for (auto const& [status, keyword, end] :
       {Case{400, "access_denied", DeviceEnd::denied},
        Case{403, "access_denied", DeviceEnd::denied},
        Case{400, "expired_token", DeviceEnd::expired},
        Case{400, "invalid_grant", DeviceEnd::code_gone},
        Case{400, "invalid_client", DeviceEnd::configuration},
        Case{401, "invalid_client", DeviceEnd::configuration},
        Case{400, "invalid_request", DeviceEnd::configuration},
        Case{400, "unsupported_grant_type", DeviceEnd::configuration},
        Case{400, "tokenlimit_reached", DeviceEnd::token_limit},
        Case{401, "Client credentials wrong", DeviceEnd::configuration},
        Case{400, "the moon is in the wrong house", DeviceEnd::unknown}}) {
    auto const answer = poll(status, description(keyword), {{"TrackingID", "ROUTER_1"}});
    ASSERT_TRUE(std::holds_alternative<DeviceRefusal>(answer)) << keyword;
    auto const& refusal = std::get<DeviceRefusal>(answer);
    EXPECT_EQ(refusal.end, end) << keyword;
    EXPECT_FALSE(refusal.remedy.empty()) << keyword;
    EXPECT_NE(refusal.error.what.find("ROUTER_1"), std::string::npos) << keyword;
    EXPECT_NE(refusal.error.what.find(keyword), std::string::npos) << keyword;
  }
}

TEST(DeviceAnswer, that_no_server_of_webex_gave_never_ends_the_attempt) {
  for (auto const& [status, body] :
       std::initializer_list<std::pair<int, std::string>>{{500, description("access_denied")},
                                                          {502, "<html>bad gateway</html>"},
                                                          {503, ""},
                                                          {504, R"({"error":"expired_token"})"},
                                                          {400, "<html>access_denied</html>"},
                                                          {403, "<html>proxy</html>"},
                                                          {407, ""},
                                                          {401, ""},
                                                          {404, description("not here")},
                                                          {302, ""},
                                                          {200, "<html>captive portal</html>"},
                                                          {200, "{}"},
                                                          {204, ""}}) {
    auto const answer = poll(status, body);
    ASSERT_TRUE(std::holds_alternative<DevicePending>(answer)) << status << body;
    EXPECT_EQ(std::get<DevicePending>(answer).why, Why::trouble) << status << body;
  }
}

TEST(DeviceAnswer, of_200_is_a_token) {
  auto const answer = poll(200, token);
  ASSERT_TRUE(std::holds_alternative<TokenAnswer>(answer));
  EXPECT_EQ(std::get<TokenAnswer>(answer).access.reveal(), "A1");
}

TEST(DevicePace, grows_by_five_seconds_for_good_and_backs_off_in_trouble) {
  DevicePace pace(2s);
  EXPECT_EQ(pace.after({Why::waiting}), 2s);
  EXPECT_EQ(pace.after({Why::slow_down}), 7s);
  EXPECT_EQ(pace.after({Why::waiting}), 7s);
  EXPECT_EQ(pace.after({Why::slow_down}), 12s);
  EXPECT_EQ(pace.after({Why::throttled, 3s}), 12s);
  EXPECT_EQ(pace.after({Why::throttled, 90s}), 90s);
  EXPECT_EQ(pace.after({Why::trouble}), 24s);
  EXPECT_EQ(pace.after({Why::trouble}), 48s);
  EXPECT_EQ(pace.after({Why::trouble}), 60s);
  EXPECT_EQ(pace.after({Why::waiting}), 12s);
  EXPECT_EQ(pace.after({Why::trouble}), 24s);
}

TEST(DeviceTokenUrl, follows_from_where_it_starts) {
  EXPECT_EQ(device_token_url("https://webexapis.com/v1/device/authorize"),
            "https://webexapis.com/v1/device/token");
  EXPECT_EQ(device_token_url("https://h.test/x/authorize?a=b"), "https://h.test/x/token");
  EXPECT_EQ(device_token_url("https://h.test/start"), "https://h.test/start/token");
}

struct Waiting : testing::Test {
  boost::asio::io_context io;
  test::FakeClock clock{io};
  FakeHttpClient http;
  std::vector<DeviceNews> news;
  std::optional<DeviceResult> result;

  void begin(Milliseconds life = 300s, Milliseconds interval = 2s) {
    auto code = start(started).value();
    code.life = life;
    code.interval = interval;
    boost::asio::co_spawn(io.get_executor(),
                          await_device(http, clock, client(), std::move(code),
                                       [this](DeviceNews const& one) { news.push_back(one); }),
                          [this](std::exception_ptr why, DeviceResult got) {
                            if (why) std::rethrow_exception(why);
                            result.emplace(std::move(got));
                          });
    clock.drain();
  }
};

TEST_F(Waiting, start_sends_client_and_scopes_and_no_secret) {
  http.always("/device/authorize", FakeHttpClient::reply(200, started));
  auto const code = test::run_task(
      io, start_device(http, clock, client(), {"spark:people_read", "spark-admin:xsi"}));
  ASSERT_TRUE(code);
  auto const form = *http::parse_query(http.last().body);
  EXPECT_EQ(http::find(form, "client_id"), "C1");
  EXPECT_EQ(http::find(form, "scope"), "spark:people_read spark-admin:xsi");
  EXPECT_EQ(form.size(), 2u);
  EXPECT_FALSE(http.last().basic);
}

TEST_F(Waiting, asks_with_basic_until_the_token_comes) {
  for (int i = 0; i < 3; ++i) http.next("/device/token", FakeHttpClient::reply(428));
  http.next("/device/token", FakeHttpClient::reply(200, token));
  begin();
  EXPECT_EQ(http.requests.size(), 0u) << "not before the interval has passed";
  clock.advance(2s);
  ASSERT_EQ(http.requests.size(), 1u);
  auto const form = *http::parse_query(http.last().body);
  EXPECT_EQ(http::find(form, "grant_type"), "urn:ietf:params:oauth:grant-type:device_code");
  EXPECT_EQ(http::find(form, "device_code"), "canary-device");
  EXPECT_EQ(http::find(form, "client_id"), "C1");
  ASSERT_TRUE(http.last().basic);
  EXPECT_EQ(http.last().basic->first, "C1");
  EXPECT_EQ(http.last().basic->second.reveal(), "s3cret&=");
  EXPECT_TRUE(http.last().once);
  clock.advance(6s);
  ASSERT_TRUE(result && *result);
  EXPECT_EQ((*result)->access.reveal(), "A1");
  EXPECT_EQ(http.requests.size(), 4u);
}

TEST_F(Waiting, slows_down_by_five_seconds_each_time_it_is_told) {
  http.next("/device/token", FakeHttpClient::reply(400, description("slow_down")));
  http.next("/device/token", FakeHttpClient::reply(400, description("slow_down")));
  http.always("/device/token", FakeHttpClient::reply(428));
  begin();
  clock.advance(2s);
  EXPECT_EQ(http.requests.size(), 1u);
  clock.advance(6s + 900ms);
  EXPECT_EQ(http.requests.size(), 1u);
  clock.advance(100ms);
  EXPECT_EQ(http.requests.size(), 2u);
  clock.advance(12s);
  EXPECT_EQ(http.requests.size(), 3u);
  int slowed = 0;
  for (auto const& one : news)
    if (one.slowed) ++slowed;
  EXPECT_EQ(slowed, 2);
  EXPECT_EQ(news.back().interval, 12s);
}

TEST_F(Waiting, goes_on_through_trouble_with_longer_pauses_until_it_works) {
  http.next("/device/token", FakeHttpClient::fail(ErrorKind::unavailable, "reset"));
  http.next("/device/token", FakeHttpClient::reply(502, "<html>"));
  http.next("/device/token", FakeHttpClient::reply(200, "<html>"));
  http.next("/device/token", FakeHttpClient::reply(200, token));
  begin();
  clock.advance(2s);  // reset: 4 s
  clock.advance(4s);  // 502: 8 s
  clock.advance(8s);  // HTML: 16 s
  EXPECT_EQ(http.requests.size(), 3u);
  EXPECT_FALSE(result);
  clock.advance(16s);
  ASSERT_TRUE(result && *result);
}

TEST_F(Waiting, honours_a_pause_and_gives_up_when_it_outlasts_the_code) {
  http.next("/device/token", FakeHttpClient::reply(429, "", {{"Retry-After", "30"}}));
  http.always("/device/token", FakeHttpClient::reply(429, "", {{"Retry-After", "300"}}));
  begin(60s);
  clock.advance(31s);
  EXPECT_EQ(http.requests.size(), 1u);
  clock.advance(1s);
  EXPECT_EQ(http.requests.size(), 2u);
  clock.advance(27s);
  EXPECT_FALSE(result);
  clock.advance(1s);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error().end, DeviceEnd::expired);
  EXPECT_EQ(http.requests.size(), 2u);
}

TEST_F(Waiting, ends_by_the_boot_time_clock_whatever_the_wall_clock_does) {
  http.always("/device/token", FakeHttpClient::fail(ErrorKind::timed_out, "no way there"));
  begin(60s);
  clock.jump_wall(std::chrono::hours(24 * 365));
  clock.advance(59s);
  EXPECT_FALSE(result);
  clock.jump_wall(-std::chrono::hours(24 * 365 * 2));
  clock.advance(1s);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error().end, DeviceEnd::expired);
  EXPECT_EQ(result->error().error.kind, ErrorKind::timed_out);
  EXPECT_NE(result->error().error.what.find("no way there"), std::string::npos)
      << "says that the way was bad: " << result->error().error.what;
}

TEST_F(Waiting, stops_at_a_refusal_and_asks_no_more) {
  http.always("/device/token", FakeHttpClient::reply(400, description("access_denied")));
  begin();
  clock.advance(10min);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error().end, DeviceEnd::denied);
  EXPECT_EQ(http.requests.size(), 1u);
}

TEST_F(Waiting, tells_every_five_seconds_how_long_is_left) {
  http.always("/device/token", FakeHttpClient::reply(428));
  begin(60s, 30s);
  clock.advance(29s);
  ASSERT_EQ(news.size(), 5u);
  EXPECT_EQ(news.front().left, 55s);
  EXPECT_EQ(news.back().left, 35s);
}

TEST_F(Waiting, T3_no_refusal_repeats_what_looks_like_a_token) {
  std::string const secret(64, 'f');
  auto const answer = poll(400, description("bad code " + secret));
  auto const& refusal = std::get<DeviceRefusal>(answer);
  EXPECT_EQ((refusal.error.what + refusal.remedy).find(secret), std::string::npos);
}

}  // namespace
}  // namespace wardroom::oauth
