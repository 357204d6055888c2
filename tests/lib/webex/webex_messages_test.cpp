// Messages to a person: what the service is asked, and what its answers, or their lack, mean.
#include "cisco/webex/webex_messages.hpp"

#include "support/fake_clock.hpp"
#include "support/fake_http_client.hpp"
#include "support/run_task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wardroom::webex {
namespace {

using test::FakeHttpClient;
using testing::HasSubstr;

struct FakeTokens final : oauth::AccessTokens {
  Task<Result<Secret>> bearer(std::string identity) override {
    asked.push_back(std::move(identity));
    co_return token;
  }
  Task<Result<Secret>> replace(std::string, Secret) override {
    ++replaced;
    co_return newer;
  }
  Result<Secret> token = Secret("login"), newer = Secret("newer");
  std::vector<std::string> asked;
  int replaced = 0;
};

struct Kit {
  Result<std::string> send(std::string who = "Y2lz") {
    WebexMessages messages({http, tokens, clock}, settings);
    return test::run_task(io, messages.to_person(std::move(who), {"text", "**text**"}));
  }
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  FakeHttpClient http;
  FakeTokens tokens;
  WebexMessagesSettings settings{.api = "https://webexapis.com/v1", .identity = "calls"};
};

TEST(WebexMessages, go_to_a_person_by_id_or_address_in_the_name_of_the_identity) {
  Kit kit;
  kit.http.always("/v1/messages", FakeHttpClient::reply(200, "{}", {{"trackingid", "T_1"}}));
  auto const done = kit.send();
  ASSERT_TRUE(done);
  EXPECT_THAT(*done, HasSubstr("T_1"));
  EXPECT_EQ(kit.http.last().body, R"({"markdown":"**text**","text":"text","toPersonId":"Y2lz"})");
  EXPECT_TRUE(kit.http.last().once);
  EXPECT_EQ(kit.tokens.asked, std::vector<std::string>{"calls"});
  ASSERT_TRUE(kit.send("bela@acme.example"));
  EXPECT_THAT(kit.http.last().body, HasSubstr(R"("toPersonEmail":"bela@acme.example")"));
}

TEST(WebexMessages, a_bot_needs_no_login) {
  Kit kit;
  kit.settings.bot_token = Secret("bot");
  kit.http.always("/v1/messages", FakeHttpClient::reply(200));
  ASSERT_TRUE(kit.send());
  EXPECT_EQ(kit.http.last().bearer->reveal(), "bot");
  EXPECT_TRUE(kit.tokens.asked.empty());
}

TEST(WebexMessages, every_refusal_has_its_kind_and_its_remedy) {
  struct Row {
    int status;
    bool bot;
    ErrorKind kind;
    char const* says;
  };
  for (auto const& row :
       {Row{401, false, ErrorKind::unauthorized, "wardroomctl login"},
        Row{401, true, ErrorKind::unauthorized, "new bot token"},
        Row{403, false, ErrorKind::denied, "spark:messages_write"},
        Row{404, false, ErrorKind::not_found, "cannot write to itself"},
        Row{400, false, ErrorKind::malformed, "400"}, Row{302, false, ErrorKind::malformed, "302"},
        Row{500, false, ErrorKind::unavailable, "500"}}) {
    Kit kit;
    if (row.bot) kit.settings.bot_token = Secret("bot");
    kit.http.always("/v1/messages", FakeHttpClient::reply(row.status));
    auto const done = kit.send();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, row.kind) << row.status;
    EXPECT_THAT(done.error().what, HasSubstr(row.says));
  }
}

TEST(WebexMessages, too_many_requests_say_how_long_to_wait) {
  Kit kit;
  kit.http.always("/v1/messages", FakeHttpClient::reply(429, "", {{"Retry-After", "7"}}));
  auto const done = kit.send();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::throttled);
  EXPECT_EQ(done.error().retry_after, std::chrono::seconds(7));
}

TEST(WebexMessages, a_lost_answer_is_a_conflict_and_a_request_that_never_left_is_none) {
  for (auto const kind : {ErrorKind::timed_out, ErrorKind::unavailable, ErrorKind::malformed}) {
    Kit kit;
    kit.http.always("/v1/messages", FakeHttpClient::fail(kind));
    EXPECT_EQ(kit.send().error().kind, ErrorKind::conflict);
    EXPECT_EQ(kit.http.count("messages"), 1u) << "not repeated by itself";
  }
  Kit kit;
  kit.http.always("/v1/messages", [](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
    Error never{ErrorKind::unavailable, "connection refused"};
    never.not_done = true;
    co_return std::unexpected(never);
  });
  EXPECT_EQ(kit.send().error().kind, ErrorKind::unavailable);
}

TEST(WebexMessages, a_token_refused_once_is_renewed_once) {
  Kit kit;
  kit.http.next("/v1/messages", FakeHttpClient::reply(401));
  kit.http.next("/v1/messages", FakeHttpClient::reply(200));
  EXPECT_TRUE(kit.send());
  EXPECT_EQ(kit.http.last().bearer->reveal(), "newer");
  kit.http.always("/v1/messages", FakeHttpClient::reply(401));
  EXPECT_EQ(kit.send().error().kind, ErrorKind::unauthorized);
  EXPECT_EQ(kit.tokens.replaced, 2);
}

TEST(WebexMessages, without_a_login_nothing_is_sent_and_the_way_out_is_named) {
  Kit kit;
  kit.tokens.token = failure(ErrorKind::unauthorized, "nobody has logged in yet");
  auto const done = kit.send();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::unauthorized);
  EXPECT_THAT(done.error().what,
              testing::AllOf(HasSubstr("calls login"), HasSubstr("bot_token_file")));
  EXPECT_TRUE(kit.http.requests.empty());
}

}  // namespace
}  // namespace wardroom::webex
