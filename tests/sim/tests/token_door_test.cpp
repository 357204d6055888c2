// Tokens, logins, messages and mail over real sockets and through the control API.
#include "sim/tests/door.hpp"

namespace wardroom::sim::test {
namespace {

struct TokenDoorTest : DoorTest {
  http::ClientRequest refresh_request(std::string const& refresh_token,
                                      Milliseconds limit = Milliseconds(10000)) {
    http::ClientRequest r;
    r.method = http::Method::post;
    r.url = sim->rest_origin() + "/v1/access_token";
    r.headers.add("Content-Type", "application/x-www-form-urlencoded");
    r.body = http::to_query({{"grant_type", "refresh_token"},
                             {"refresh_token", refresh_token},
                             {"client_id", "C-wardroom-guests"},
                             {"client_secret", "demo-guests-secret"}});
    r.timeout = limit;
    return r;
  }
  void script(json answer) {
    answer["door"] = "token";
    ASSERT_TRUE(ask(http::Method::post, "/sim/faults", {{"answers", {std::move(answer)}}})
                    .contains("faults"));
  }
  json counters() { return ask(http::Method::get, "/sim/state")["counters"]["oauth"]; }
  json log() { return ask(http::Method::get, "/sim/oauth/log")["requests"]; }
  std::string text(std::string const& path) {
    http::ClientRequest r;
    r.url = sim->rest_origin() + path;
    return run_task(io, client.send(r)).value().body;
  }
  static inline std::string const seed = "sim-service-app-refresh";
};

TEST_F(TokenDoorTest, T1_a_refresh_begun_before_the_last_one_was_answered_is_an_overlap) {
  script({{"delay_ms", 200}, {"count", 1}});
  auto both = [this]() -> Task<bool> {
    TaskGroup tasks(io.get_executor(), [](std::string_view, std::exception_ptr) {});
    bool first_done = false;
    tasks.spawn("first", [&]() -> Task<void> {
      auto const a = co_await client.send(refresh_request(seed));
      first_done = a && a->status == 200;
    });
    co_await clock.sleep_for(Milliseconds(50));
    auto const second = co_await client.send(refresh_request(seed));
    for (int i = 0; i < 200 && !first_done; ++i) co_await clock.sleep_for(Milliseconds(10));
    co_return second && second->status == 200 && first_done;
  };
  EXPECT_TRUE(run_task(io, both()));
  EXPECT_EQ(counters()["refresh_overlaps"], 1);
  EXPECT_EQ(log().back()["overlap"], true);
  run_task(io, client.send(refresh_request(seed)));
  EXPECT_EQ(counters()["refresh_overlaps"], 1) << "one after the other is none";
}

TEST_F(TokenDoorTest, T1_a_refresh_after_its_client_gave_up_is_no_overlap) {
  for (auto const& answer : {json{{"delay_ms", 60000}}, json{{"wire", "hang"}}}) {
    script(answer);
    EXPECT_FALSE(run_task(io, client.send(refresh_request(seed, Milliseconds(150)))));
    auto const again = run_task(io, client.send(refresh_request(seed)));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->status, 200);
  }
  EXPECT_EQ(counters()["refresh_overlaps"], 0);
}

TEST_F(TokenDoorTest, a_lost_answer_is_a_reset_without_a_byte_after_the_work_was_done) {
  ask(http::Method::post, "/sim/faults", {{"refresh_mode", "rotate"}});
  script({{"wire", "lost"}});
  EXPECT_FALSE(run_task(io, client.send(refresh_request(seed))));
  EXPECT_EQ(log().back()["outcome"], "rotated, not delivered");
  EXPECT_EQ(run_task(io, client.send(refresh_request(seed)))->status, 400);
  EXPECT_EQ(counters()["refresh_reuses"], 1);
}

TEST_F(TokenDoorTest, a_gateway_may_answer_200_with_a_page_instead_of_tokens) {
  script({{"status", 200}, {"body", "html"}});
  auto const a = run_task(io, client.send(refresh_request(seed)));
  ASSERT_TRUE(a);
  EXPECT_EQ(a->status, 200);
  EXPECT_EQ(a->headers.get("Content-Type"), "text/html");
  EXPECT_EQ(log().back()["outcome"], "scripted 200");
}

TEST_F(TokenDoorTest, answers_come_chunked_dripping_or_shorter_than_they_say) {
  script({{"wire", "chunked"}});
  auto const whole = run_task(io, client.send(refresh_request(seed)));
  ASSERT_TRUE(whole);
  EXPECT_TRUE(json::parse(whole->body).contains("access_token"));
  script({{"wire", "wrong_length"}});
  EXPECT_FALSE(run_task(io, client.send(refresh_request(seed))));
  script({{"wire", "drip"}});
  EXPECT_FALSE(run_task(io, client.send(refresh_request(seed, Milliseconds(300)))));
  EXPECT_EQ(log().back()["outcome"], "refreshed, not delivered");
  EXPECT_EQ(run_task(io, client.send(refresh_request(seed)))->status, 200);
  EXPECT_EQ(counters()["refresh_overlaps"], 0);
  for (auto body : {"bad_utf8", "unknown_fields"}) {
    script({{"status", 200}, {"body", body}});
    EXPECT_EQ(run_task(io, client.send(refresh_request(seed)))->status, 200);
  }
}

TEST_F(TokenDoorTest, one_grant_is_revoked_by_its_name) {
  auto const grants = ask(http::Method::get, "/sim/state")["grants"];
  ASSERT_EQ(grants[0]["kind"], "service_app");
  EXPECT_TRUE(ask(http::Method::post, "/sim/faults", {{"revoke_grant", "g77"}}).contains("error"));
  ask(http::Method::post, "/sim/faults", {{"revoke_grant", grants[0]["id"]}});
  EXPECT_EQ(run_task(io, client.send(refresh_request(seed)))->status, 400);
  auto const state = ask(http::Method::get, "/sim/state");
  EXPECT_EQ(state["grants"][0]["revoked"], true);
  EXPECT_EQ(state.dump().find(seed), std::string::npos) << "the state shows no secret";
}

TEST_F(TokenDoorTest, a_device_login_is_approved_through_the_control_api) {
  http::ClientRequest begin;
  begin.method = http::Method::post;
  begin.url = sim->rest_origin() + "/v1/device/authorize";
  begin.headers.add("Content-Type", "application/x-www-form-urlencoded");
  begin.body = "client_id=C-wardroom-demo&scope=spark%3Apeople_read";
  auto const begun = json::parse(run_task(io, client.send(begin))->body);
  auto const code = begun["user_code"].get<std::string>();
  auto decide = [&](json wish) { return ask(http::Method::post, "/sim/device", std::move(wish)); };
  EXPECT_TRUE(decide({{"user_code", code}}).contains("error"));
  EXPECT_TRUE(decide({{"user_code", "x"}, {"deny", true}}).contains("error"));
  EXPECT_TRUE(decide({{"user_code", code}, {"email", "nobody@x"}}).contains("error"));
  EXPECT_EQ(decide({{"user_code", code}, {"email", "ada@acme.example"}})["state"], "approved");
  EXPECT_TRUE(decide({{"user_code", code}, {"deny", true}}).contains("error"));
  EXPECT_EQ(ask(http::Method::get, "/sim/state")["device_attempts"][0]["state"], "approved");
  EXPECT_EQ(log().back()["kind"], "device_start");
  EXPECT_NE(text("/verify").find("The code that it shows"), std::string::npos);
}

TEST_F(TokenDoorTest, a_mail_by_smtp_and_a_message_are_told_and_cleared_by_reset) {
  auto conversation = [this]() -> Task<std::string> {
    auto socket = dial("http://127.0.0.1:" + std::to_string(sim->smtp_port()));
    std::string const said =
        "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nSubject: hi\r\n\r\nyou\r\n.\r\n"
        "QUIT\r\n";
    co_await asio::async_write(socket, asio::buffer(said), use_task);
    boost::system::error_code end;
    co_return co_await read_all(socket, end);
  };
  auto const heard = run_task(io, conversation());
  EXPECT_TRUE(heard.starts_with("220 ")) << heard;
  EXPECT_NE(heard.find("\r\n221 "), std::string::npos) << heard;
  auto const mails = ask(http::Method::get, "/sim/mail")["mails"];
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_EQ(mails[0]["text"], "you\r\n");
  EXPECT_NE(text("/mail?id=1").find("<h1>hi</h1>"), std::string::npos);

  http::ClientRequest post;
  post.method = http::Method::post;
  post.url = sim->rest_origin() + "/v1/messages";
  post.bearer = Secret("sim-bot-token");
  post.headers.add("Content-Type", "application/json");
  post.body = json{{"roomId", sim->addresses()["operations_room"]}, {"markdown", "**hi**"}}.dump();
  EXPECT_EQ(run_task(io, client.send(post))->status, 200);
  EXPECT_EQ(ask(http::Method::get, "/sim/messages")["messages"][0]["markdown"], "**hi**");
  ask(http::Method::post, "/sim/faults", {{"reset", true}});
  EXPECT_EQ(ask(http::Method::get, "/sim/messages")["messages"].size(), 0u);
  EXPECT_EQ(ask(http::Method::get, "/sim/mail")["mails"].size(), 0u);
}

TEST_F(TokenDoorTest, the_mail_port_can_cut_the_line_after_taking_a_mail) {
  ask(http::Method::post, "/sim/faults", {{"smtp_refuse", "cut_after_data"}});
  boost::system::error_code end;
  auto conversation = [&]() -> Task<std::string> {
    auto socket = dial("http://127.0.0.1:" + std::to_string(sim->smtp_port()));
    std::string const said = "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nyou\r\n.\r\n";
    co_await asio::async_write(socket, asio::buffer(said), use_task);
    co_return co_await read_all(socket, end);
  };
  auto const heard = run_task(io, conversation());
  EXPECT_EQ(heard.find("250 2.0.0"), std::string::npos) << heard;
  EXPECT_EQ(end, asio::error::connection_reset);
  EXPECT_EQ(ask(http::Method::get, "/sim/mail")["mails"].size(), 1u);
}

}  // namespace
}  // namespace wardroom::sim::test
