// Renewals: before the end, one at a time, further and further apart when they fail.
#include "vault_daemon.hpp"

namespace wardroom::oauth {
namespace {
using namespace std::chrono_literals;
using Daemon = VaultDaemon;

TEST(TokenVault, renews_before_the_end_without_anybody_asking) {
  Daemon d;
  d.log_in(30);
  d.http.always("access_token", FakeHttpClient::reply(200, token("A2", 30, "R2")));
  d.run();
  d.clock.advance(13s);
  EXPECT_EQ(d.http.count("access_token"), 0u);
  d.clock.advance(4s);
  EXPECT_EQ(d.http.count("access_token"), 1u);
  EXPECT_EQ(d.bearer(), "A2");
  d.clock.advance(5min);
  EXPECT_LE(d.http.count("access_token"), 24u);
  EXPECT_GE(d.http.count("access_token"), 18u);
}

TEST(TokenVault, serves_the_old_token_while_the_new_one_is_on_its_way) {
  Daemon d;
  d.log_in(3600);
  d.http.always("access_token", FakeHttpClient::hang(d.clock));
  d.run();
  d.clock.advance(40min);
  EXPECT_EQ(d.http.in_flight, 1);
  EXPECT_EQ(d.bearer(), "A1");
}

TEST(TokenVault, stores_the_rotated_refresh_token_and_uses_it_next) {
  test::FakeDisk disk;
  Instant later;
  {
    Daemon d;
    d.log_in(100);
    d.http.next("access_token", FakeHttpClient::reply(200, token("A2", 100, "R2")));
    d.http.next("access_token", FakeHttpClient::reply(200, token("A3", 100, "R3")));
    d.run();
    d.clock.advance(130s);
    ASSERT_EQ(d.http.requests.size(), 2u);
    EXPECT_EQ(d.sent_refresh(0), "R1");
    EXPECT_EQ(d.sent_refresh(1), "R2");
    disk = d.database.disk();
    later = d.clock.now();
  }
  Daemon d(disk, later + 1h);
  ASSERT_TRUE(d.now(d.vault.load()));
  d.http.always("access_token", FakeHttpClient::reply(200, token("A4", 100, "R4")));
  EXPECT_EQ(d.bearer(), "A4");
  EXPECT_EQ(d.sent_refresh(0), "R3");
}

TEST(TokenVault, keeps_the_refresh_token_when_the_answer_has_none) {
  Daemon d;
  d.log_in(100);
  d.http.next("access_token", FakeHttpClient::reply(200, token("A2", 100)));
  d.http.next("access_token", FakeHttpClient::reply(200, token("A3", 100)));
  d.run();
  d.clock.advance(130s);
  ASSERT_EQ(d.http.requests.size(), 2u);
  EXPECT_EQ(d.sent_refresh(1), "R1");
}

TEST(TokenVault, tries_again_with_backoff_after_server_errors_and_recovers) {
  Daemon d;
  d.log_in(60);
  d.http.always("access_token", FakeHttpClient::reply(503));
  d.run();
  d.clock.advance(34s);
  EXPECT_EQ(d.sign().state, GrantState::renewing_fails);
  EXPECT_EQ(d.bearer(), "A1");
  d.clock.advance(30min);
  EXPECT_EQ(d.sign().state, GrantState::expired);
  EXPECT_LE(d.http.count("access_token"), 60u) << "it must not hammer a server in trouble";
  d.http.always("access_token", FakeHttpClient::reply(200, token("A2", 3600, "R2")));
  d.clock.advance(5min);
  EXPECT_EQ(d.bearer(), "A2");
  EXPECT_EQ(d.sign().level, SignLevel::good);
}

TEST(TokenVault, T2_a_renewal_on_request_that_failed_is_tried_again_although_it_is_not_due) {
  Daemon d;
  d.log_in(12 * 3600);
  d.http.next("access_token", FakeHttpClient::reply(503));
  d.http.next("access_token", FakeHttpClient::reply(200, token("A2", 12 * 3600, "R2")));
  d.run();
  EXPECT_FALSE(d.now(d.vault.renew_now("admin")));
  EXPECT_EQ(d.vault.grants()[0].state, GrantState::renewing_fails);
  d.clock.advance(2s);
  EXPECT_EQ(d.bearer(), "A2");
  EXPECT_EQ(d.vault.grants()[0].state, GrantState::valid);
}

TEST(TokenVault, tells_users_when_the_next_try_is_while_an_expired_token_cannot_be_renewed) {
  Daemon d;
  d.log_in(10);
  d.clock.advance(1min);
  d.http.always("access_token", FakeHttpClient::reply(429, "", {{"Retry-After", "40"}}));
  EXPECT_EQ(d.bearer(), "error: throttled");
  EXPECT_EQ(d.bearer(), "error: throttled");
  EXPECT_EQ(d.http.count("access_token"), 1u);
  auto const again = d.now(d.vault.bearer("admin"));
  EXPECT_EQ(again.error().retry_after, 40s);
  EXPECT_EQ(d.sign().state, GrantState::expired);
  d.clock.advance(40s);
  d.http.next("access_token", FakeHttpClient::reply(200, token("A2", 3600, "R2")));
  EXPECT_EQ(d.bearer(), "A2");
}

TEST(TokenVault, says_who_must_log_in_after_invalid_grant_and_asks_the_server_no_more) {
  Daemon d;
  d.log_in(60);
  d.http.always("access_token", FakeHttpClient::reply(400, invalid_grant));
  d.run();
  d.clock.advance(40s);
  EXPECT_EQ(d.sign().state, GrantState::needs_login);
  EXPECT_EQ(d.sign().level, SignLevel::bad);
  EXPECT_NE(d.sign().remedy.find("wardroomctl login"), std::string::npos);
  EXPECT_EQ(d.bearer(), "A1") << "the access token still lives";
  d.clock.advance(10min);
  auto const dead = d.now(d.vault.bearer("admin"));
  ASSERT_FALSE(dead);
  EXPECT_EQ(dead.error().kind, ErrorKind::unauthorized);
  EXPECT_NE(dead.error().what.find("wardroomctl login"), std::string::npos);
  EXPECT_EQ(d.http.count("access_token"), 1u);
  // A login mends it.
  d.log_in(3600, "R9");
  EXPECT_EQ(d.bearer(), "A1");
  EXPECT_EQ(d.sign().state, GrantState::valid);
}

TEST(TokenVault, blames_a_lost_answer_only_when_the_request_may_have_arrived) {
  for (bool const arrived : {true, false}) {
    Daemon d;
    d.log_in(100);
    d.clock.advance(2min);
    d.http.next("access_token",
                [arrived](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
                  Error broken{ErrorKind::unavailable, "the connection broke", std::nullopt};
                  broken.not_done = !arrived;
                  co_return std::unexpected(std::move(broken));
                });
    d.http.next("access_token", FakeHttpClient::reply(429, "", {{"Retry-After", "1"}}));
    d.http.always("access_token", FakeHttpClient::reply(400, invalid_grant));
    d.run();
    d.clock.advance(10min);
    EXPECT_EQ(d.sign().state, GrantState::needs_login);
    EXPECT_EQ(d.sign().sentence.find("never arrived") != std::string::npos, arrived)
        << d.sign().sentence;
  }
}

TEST(TokenVault, tries_the_refresh_token_before_the_last_rotation_once_before_it_gives_up) {
  Daemon d;
  d.log_in(100);
  d.http.next("access_token", FakeHttpClient::reply(200, token("A2", 100, "R2")));
  d.run();
  d.clock.advance(60s);
  d.http.next("access_token", FakeHttpClient::reply(400, invalid_grant));
  d.http.next("access_token", FakeHttpClient::reply(200, token("A3", 100, "R3")));
  d.clock.advance(60s);
  ASSERT_EQ(d.http.requests.size(), 3u);
  EXPECT_EQ(d.sent_refresh(1), "R2");
  EXPECT_EQ(d.sent_refresh(2), "R1");
  EXPECT_EQ(d.bearer(), "A3");
}

TEST(TokenVault, keeps_the_grant_when_only_the_client_is_refused) {
  Daemon d;
  d.log_in(60);
  d.http.next("access_token",
              FakeHttpClient::reply(401, R"({"errors":[{"description":"Client Id is invalid"}]})"));
  d.http.always("access_token", FakeHttpClient::reply(200, token("A2", 3600, "R2")));
  d.run();
  d.clock.advance(40s);
  EXPECT_EQ(d.sign().state, GrantState::renewing_fails);
  d.clock.advance(2min);
  EXPECT_EQ(d.bearer(), "A2");
}

TEST(TokenVault, a_refused_newest_token_is_renewed_once_at_once_then_with_pauses) {
  Daemon d;
  d.log_in(3600);
  int version = 1;
  d.http.always("access_token", [&](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
    ++version;
    co_return http::ClientResponse{200, {}, token("A" + std::to_string(version), 3600), ""};
  });
  auto used = [&] { return *d.now(d.vault.bearer("admin")); };
  auto first = d.now(d.vault.replace("admin", used()));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->reveal(), "A2");
  auto second = d.now(d.vault.replace("admin", used()));  // the one more
  ASSERT_TRUE(second);
  EXPECT_EQ(second->reveal(), "A3");
  auto third = d.now(d.vault.replace("admin", used()));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().kind, ErrorKind::unauthorized);
  EXPECT_TRUE(third.error().retry_after);
  EXPECT_EQ(d.http.count("access_token"), 2u);
  d.clock.advance(61s);
  EXPECT_TRUE(d.now(d.vault.replace("admin", used())));
  EXPECT_EQ(d.http.count("access_token"), 3u);
  for (int minute = 0; minute < 24 * 60; ++minute) {
    d.clock.advance(1min);
    (void)d.now(d.vault.replace("admin", used()));
  }
  EXPECT_LE(d.http.count("access_token"), 400u)
      << "a product that always says 401 must not cause a "
         "renewal every minute";
}

TEST(TokenVault, an_older_refused_token_is_answered_by_the_newer_one_without_a_renewal) {
  Daemon d;
  d.log_in(3600);
  auto const answer = d.now(d.vault.replace("admin", Secret("A0")));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->reveal(), "A1");
  EXPECT_TRUE(d.http.requests.empty());
}

TEST(TokenVault, does_not_renew_into_the_blue_when_the_intent_cannot_be_stored) {
  Daemon d;
  d.log_in(100);
  d.http.always("access_token", FakeHttpClient::reply(200, token("A2", 3600, "R2")));
  d.run();
  d.database.fail_next_commit({ErrorKind::unavailable, "disk full"});
  d.clock.advance(56s);
  EXPECT_EQ(d.sign().state == GrantState::renewing_fails || d.http.count("access_token") == 1u,
            true);
  d.clock.advance(10s);
  EXPECT_EQ(d.http.count("access_token"), 1u);
  EXPECT_EQ(d.bearer(), "A2");
}

}  // namespace
}  // namespace wardroom::oauth
