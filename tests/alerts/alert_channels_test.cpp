// The two ways out: what Webex and the mail server are asked, and what their answers mean.
#include "alerts/mail_channel.hpp"
#include "alerts/webex_channel.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_http_client.hpp"
#include "support/run_task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace wardroom::alerts {
namespace {

using namespace std::chrono_literals;
using test::FakeHttpClient;
using testing::HasSubstr;

struct FakeTokens final : oauth::AccessTokens {
  Task<Result<Secret>> bearer(std::string identity) override {
    EXPECT_EQ(identity, "admin");
    co_return token;
  }
  Task<Result<Secret>> replace(std::string, Secret) override {
    ++replaced;
    co_return Secret("newer");
  }
  Result<Secret> token = Secret("login");
  int replaced = 0;
};

struct Kit {
  Result<std::string> send(std::string to) {
    WebexChannel channel({http, tokens, clock}, settings);
    return test::run_task(io, channel.send(std::move(to), {"subject", "text", "**text**", "1"}));
  }
  std::string bearer() const { return std::string(http.last().bearer->reveal()); }

  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  FakeHttpClient http;
  FakeTokens tokens;
  WebexChannel::Settings settings{.api = "https://webexapis.com/v1", .space = "SPACE"};
};

TEST(WebexChannel, posts_into_the_space_or_to_each_administrator) {
  Kit kit;
  kit.http.always("/v1/messages", FakeHttpClient::reply(200, "{}", {{"trackingid", "ROUTER_1"}}));
  kit.settings.admins = [] { return std::vector<std::string>{"ada@acme.example", "uuid-1"}; };
  WebexChannel const channel({kit.http, kit.tokens, kit.clock}, kit.settings);
  EXPECT_EQ(channel.targets(), (std::vector<std::string>{"SPACE", "ada@acme.example", "uuid-1"}));
  auto const done = kit.send("SPACE");
  ASSERT_TRUE(done);
  EXPECT_THAT(*done, HasSubstr("ROUTER_1"));
  EXPECT_EQ(kit.http.last().body, R"({"markdown":"**text**","roomId":"SPACE","text":"text"})");
  EXPECT_TRUE(kit.http.last().once);
  EXPECT_EQ(kit.bearer(), "login");
  kit.send("ada@acme.example");
  EXPECT_THAT(kit.http.last().body, HasSubstr(R"("toPersonEmail":"ada@acme.example")"));
  kit.send("uuid-1");
  EXPECT_THAT(kit.http.last().body, HasSubstr(R"("toPersonId":"uuid-1")"));
}

TEST(WebexChannel, a_bot_needs_no_login) {
  Kit kit;
  kit.settings.bot_token = Secret("bot");
  kit.tokens.token = failure(ErrorKind::unauthorized, "nobody has logged in yet");
  kit.http.always("/v1/messages", FakeHttpClient::reply(200));
  EXPECT_TRUE(kit.send("SPACE"));
  EXPECT_EQ(kit.bearer(), "bot");
}

TEST(WebexChannel, an_ended_login_cannot_carry_the_news_of_its_end_and_says_so) {
  Kit kit;
  kit.tokens.token = failure(ErrorKind::unauthorized, "the grant was revoked");
  auto const done = kit.send("SPACE");
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().what, testing::AllOf(HasSubstr("cannot carry it"), HasSubstr("revoked"),
                                                HasSubstr("bot_token_file")));
  EXPECT_TRUE(kit.http.requests.empty());
}

TEST(WebexChannel, a_token_refused_once_is_renewed_once) {
  Kit kit;
  kit.http.next("/v1/messages", FakeHttpClient::reply(401));
  kit.http.next("/v1/messages", FakeHttpClient::reply(200));
  EXPECT_TRUE(kit.send("SPACE"));
  EXPECT_EQ(kit.bearer(), "newer");
  kit.http.always("/v1/messages", FakeHttpClient::reply(401));
  auto const done = kit.send("SPACE");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::unauthorized);
  EXPECT_EQ(kit.tokens.replaced, 2);
}

TEST(WebexChannel, every_refusal_has_its_remedy) {
  struct Row {
    int status;
    bool bot;
    ErrorKind kind;
    char const* says;
  };
  for (auto const& row : {Row{401, true, ErrorKind::unauthorized, "new bot token"},
                          Row{403, true, ErrorKind::denied, "add the bot"},
                          Row{403, false, ErrorKind::denied, "spark:messages_write"},
                          Row{404, false, ErrorKind::not_found, "alerts.webex_space"},
                          Row{400, false, ErrorKind::malformed, "400"},
                          Row{503, false, ErrorKind::unavailable, "503"}}) {
    Kit kit;
    if (row.bot) kit.settings.bot_token = Secret("bot");
    kit.http.always("/v1/messages", FakeHttpClient::reply(row.status));
    auto const done = kit.send("SPACE");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, row.kind) << row.status;
    EXPECT_THAT(done.error().what, HasSubstr(row.says));
  }
  Kit kit;
  kit.http.always("/v1/messages", FakeHttpClient::reply(429, "", {{"Retry-After", "7"}}));
  auto const done = kit.send("SPACE");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().retry_after, 7s);
}

struct FakeMailer final : mail::Mailer {
  Task<Result<std::string>> send(mail::Message message) override {
    last = std::move(message);
    co_return "250 ok";
  }
  mail::Message last;
};

TEST(MailChannel, one_mail_a_person_with_a_message_id_that_stays) {
  boost::asio::io_context io{1};
  FakeMailer mailer;
  MailChannel channel(mailer, "wardroom@acme.example", {"ops@acme.example", "night@acme.example"});
  EXPECT_EQ(channel.targets().size(), 2u);
  EXPECT_TRUE(
      test::run_task(io, channel.send("ops@acme.example", {"subject", "text", "md", "5.7"})));
  EXPECT_EQ(mailer.last.to.size(), 1u);
  EXPECT_EQ(mailer.last.subject, "subject");
  EXPECT_EQ(mailer.last.body.body, "text");
  EXPECT_EQ(mailer.last.message_id, "wardroom.5.7@acme.example");
}

}  // namespace
}  // namespace wardroom::alerts
