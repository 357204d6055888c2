// The vault: one renewal at a time, and no crash, clock or server oddity loses a grant.
#include "oauth/token_vault.hpp"

#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/fake_http_client.hpp"
#include "support/run_task.hpp"
#include "support/seed.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <gtest/gtest.h>

namespace wardroom::oauth {
namespace {
using namespace std::chrono_literals;
using test::FakeHttpClient;

std::string token(std::string const& access, int life_s, std::string const& refresh = "",
                  int refresh_life_s = 7'776'000) {
  auto body = R"({"access_token":")" + access + R"(","expires_in":)" + std::to_string(life_s);
  if (!refresh.empty())
    body += R"(,"refresh_token":")" + refresh + R"(","refresh_token_expires_in":)" +
            std::to_string(refresh_life_s);
  return body + "}";
}
std::string const invalid_grant =
    R"({"message":"bad","errors":[{"description":"The refresh token is invalid or revoked."}]})";

/// One run of a daemon; `disk` makes the next one find what this one left.
struct Daemon {
  boost::asio::io_context io;
  test::FakeClock clock;
  test::FakeDatabase database;
  FakeHttpClient http;
  SeededRandom random{test::seed()};
  TaskGroup tasks{io.get_executor(), [](auto, auto) { ADD_FAILURE() << "a task failed"; }};
  crypto::MasterKey key;
  crypto::Sealer sealer{key, random};
  TokenVault vault;

  explicit Daemon(test::FakeDisk disk = nullptr, Instant now = from_unix_ms(1'795'255'200'000),
                  char key_fill = 'k')
      : clock(io, now),
        database(io, clock, {grants_migration}, std::move(disk)),
        key(*crypto::MasterKey::from_bytes(std::string(32, key_fill))),
        vault(io.get_executor(), {database, http, clock, random, tasks, sealer},
              {{"admin",
                {"https://w.test/authorize", "https://w.test/access_token",
                 "https://d.test/oauth/callback", "C1", Secret("s")},
                {"a", "b"}},
               {"guests",
                {"https://w.test/authorize", "https://w.test/access_token", "", "C2", Secret("s")},
                {}}}) {}
  ~Daemon() {
    test::start_task(io, tasks.stop(clock, 0ms));
    clock.advance(100ms);
  }

  /// Runs without letting time pass; the task must end by itself.
  template <class T>
  T now(Task<T> task) {
    std::optional<T> out;
    boost::asio::co_spawn(io.get_executor(), std::move(task), [&](std::exception_ptr e, T value) {
      if (e) std::rethrow_exception(e);
      out.emplace(std::move(value));
    });
    clock.drain();
    if (!out) throw std::runtime_error("the task waits for time to pass");
    return std::move(*out);
  }
  void run() {
    tasks.spawn("vault", [this] { return vault.run(); });
    clock.drain();
  }
  void log_in(int life_s = 3600, std::string const& refresh = "R1") {
    Grant grant;
    grant.identity = "admin";
    grant.access = Secret("A1");
    grant.refresh = Secret(refresh);
    grant.scopes = {"a", "b"};
    grant.issued_at = clock.now();
    grant.access_expires_at = clock.now() + std::chrono::seconds(life_s);
    grant.refresh_expires_at = clock.now() + 90 * 24h;
    grant.who = {"id", "Ada", "ada@acme.example", "org"};
    ASSERT_TRUE(now(vault.put(grant)));
  }
  std::string bearer() {
    auto token = now(vault.bearer("admin"));
    return token ? std::string(token->reveal()) : "error: " + std::string(name(token.error().kind));
  }
  GrantSign sign() { return vault.signs().front(); }
  std::string sent_refresh(std::size_t nth) {
    return *http::find(*http::parse_query(http.requests.at(nth).body), "refresh_token");
  }
};

TEST(TokenVault, hands_out_the_token_of_a_login_and_keeps_it_over_a_restart) {
  test::FakeDisk disk;
  {
    Daemon d;
    EXPECT_EQ(d.bearer(), "error: unauthorized");
    EXPECT_EQ(d.sign().state, GrantState::missing);
    d.log_in();
    EXPECT_EQ(d.bearer(), "A1");
    EXPECT_EQ(d.sign().level, SignLevel::good);
    disk = d.database.disk();
  }
  Daemon d(disk);
  ASSERT_TRUE(d.now(d.vault.load()));
  EXPECT_EQ(d.bearer(), "A1");
  EXPECT_EQ(d.vault.grants().front().who.email, "ada@acme.example");
  EXPECT_TRUE(d.http.requests.empty());
}

TEST(TokenVault, T1_a_hundred_users_of_an_expired_token_cause_one_renewal) {
  Daemon d;
  d.log_in(60);
  d.clock.advance(2min);
  d.http.always(
      "access_token",
      FakeHttpClient::after(d.clock, 200ms, FakeHttpClient::reply(200, token("A2", 3600, "R2"))));
  int served = 0;
  for (int i = 0; i < 100; ++i)
    test::start_task(d.io, [](TokenVault& vault, int& count) -> Task<void> {
      auto token = co_await vault.bearer("admin");
      if (token && token->reveal() == "A2") ++count;
    }(d.vault, served));
  d.clock.advance(1s);
  EXPECT_EQ(served, 100);
  EXPECT_EQ(d.http.count("access_token"), 1u);
}

TEST(TokenVault, T1_storms_of_users_401s_and_timers_never_overlap_two_renewals) {
  auto const storms = test::count(300);
  test::Dice dice;
  for (std::size_t storm = 0; storm < storms; ++storm) {
    Daemon d;
    d.log_in(60);
    d.run();
    int version = 1;
    d.http.always("access_token", [&](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
      co_await d.clock.sleep_for(Milliseconds(dice.below(900)));
      if (dice.one_in(4)) co_return failure(ErrorKind::unavailable, "down");
      ++version;
      co_return http::ClientResponse{
          200, {}, token("A" + std::to_string(version), 60, "R" + std::to_string(version)), ""};
    });
    int ended = 0;
    for (int i = 0; i < 20; ++i)
      test::start_task(
          d.io, [](Daemon& daemon, Milliseconds wait, bool refused, int& count) -> Task<void> {
            co_await daemon.clock.sleep_for(wait);
            auto token = co_await daemon.vault.bearer("admin");
            if (token && refused) co_await daemon.vault.replace("admin", *token);
            ++count;
          }(d, Milliseconds(55'000 + dice.below(10'000)), dice.one_in(3), ended));
    d.clock.advance(2min);
    ASSERT_EQ(ended, 20) << "storm " << storm;
    ASSERT_EQ(d.http.most_in_flight, 1) << "storm " << storm;
  }
}

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

TEST(TokenVault, warns_when_the_refresh_token_gets_no_new_life_although_renewals_succeed) {
  Daemon d;
  d.log_in(100);
  d.http.always("access_token",
                FakeHttpClient::reply(200, token("A2", 1'209'600, "R1", 5 * 24 * 3600)));
  d.run();
  d.clock.advance(1min);
  EXPECT_EQ(d.sign().state, GrantState::valid);
  EXPECT_EQ(d.sign().level, SignLevel::warning);
  EXPECT_NE(d.sign().sentence.find("7 d"), std::string::npos);
  EXPECT_FALSE(d.sign().remedy.empty());
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

TEST(TokenVault, remembers_over_a_restart_that_a_grant_was_retired) {
  test::FakeDisk disk;
  {
    Daemon d;
    d.log_in(60);
    d.http.always("access_token", FakeHttpClient::reply(400, invalid_grant));
    d.run();
    d.clock.advance(40s);
    disk = d.database.disk();
  }
  Daemon d(disk);
  ASSERT_TRUE(d.now(d.vault.load()));
  EXPECT_EQ(d.sign().state, GrantState::needs_login);
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

TEST(TokenVault, T2_a_crash_inside_the_renewal_loses_no_grant) {
  // The server rotates, but takes the one before the last as well, as long as the newest was not
  // used.
  for (std::string const when : {"before the answer", "before the commit", "after the commit"}) {
    test::FakeDisk disk;
    Instant now;
    {
      Daemon d;
      d.log_in(100);
      if (when == "before the answer")
        d.http.always("access_token", FakeHttpClient::hang(d.clock));
      else
        d.http.always(
            "access_token", [&](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
              if (when == "before the commit")
                d.database.fail_next_commit({ErrorKind::unavailable, "the plug is pulled"});
              co_return http::ClientResponse{200, {}, token("A2", 100, "R2"), ""};
            });
      d.run();
      d.clock.advance(44s);
      while (d.http.requests.empty()) d.clock.advance(100ms);
      disk = d.database.disk();
      now = d.clock.now();
    }
    Daemon d(disk, now + 1s);
    ASSERT_TRUE(d.now(d.vault.load()));
    EXPECT_EQ(d.vault.grants().front().state, GrantState::valid) << when;
    d.http.always("access_token", FakeHttpClient::reply(200, token("A9", 100, "R9")));
    d.run();
    d.clock.advance(1s);
    bool const committed = when == "after the commit";
    EXPECT_EQ(d.http.count("access_token"), committed ? 0u : 1u) << when;
    EXPECT_EQ(d.bearer(), committed ? "A2" : "A9") << when;
  }
}

TEST(TokenVault, T2_clock_jumps_drop_no_grant) {
  using std::chrono::years;
  for (auto jump : {Milliseconds(1h), Milliseconds(-1h), Milliseconds(years(1)),
                    Milliseconds(years(-1)), Milliseconds(years(12))}) {
    test::FakeDisk disk;
    Instant now;
    {
      Daemon d;
      d.log_in(3600);
      d.run();
      d.clock.jump_wall(jump);
      d.clock.advance(1min);
      EXPECT_EQ(d.bearer(), "A1") << "a running daemon does not look at the wall";
      EXPECT_TRUE(d.http.requests.empty());
      disk = d.database.disk();
      now = d.clock.now();
    }
    Daemon d(disk, now);
    ASSERT_TRUE(d.now(d.vault.load()));
    d.http.always("access_token", FakeHttpClient::reply(200, token("A2", 3600, "R2")));
    auto const got = d.bearer();
    EXPECT_TRUE(got == "A1" || got == "A2") << got;
    EXPECT_NE(d.vault.grants().front().state, GrantState::needs_login);
  }
}

TEST(TokenVault, T3_a_wrong_master_key_is_one_clear_error_and_changes_nothing) {
  test::FakeDisk disk;
  {
    Daemon d;
    d.log_in();
    disk = d.database.disk();
  }
  {
    Daemon d(disk, from_unix_ms(1'795'255'200'000), 'x');
    auto const loaded = d.now(d.vault.load());
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().kind, ErrorKind::denied);
    EXPECT_NE(loaded.error().what.find("master key"), std::string::npos);
    EXPECT_EQ(loaded.error().what.find("A1"), std::string::npos);
  }
  Daemon d(disk);
  ASSERT_TRUE(d.now(d.vault.load()));
  EXPECT_EQ(d.bearer(), "A1");
}

TEST(TokenVault, T3_no_column_of_the_store_holds_a_token) {
  Daemon d;
  d.log_in(100, "canary-refresh");
  std::string all;
  d.database.sql().query("SELECT access, refresh, previous_refresh FROM grants", {},
                         [&](store::Row const& row) {
                           for (std::size_t i = 0; i < 3; ++i) all += row.blob(i);
                         });
  EXPECT_GT(all.size(), 100u);
  EXPECT_EQ(all.find("canary"), std::string::npos);
}

TEST(TokenVault, uses_a_renewed_token_that_cannot_be_stored_and_stores_it_later) {
  Daemon d;
  d.log_in(100);
  d.http.next("access_token", [&](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
    d.database.fail_next_commit({ErrorKind::unavailable, "disk full"});
    co_return http::ClientResponse{200, {}, token("A2", 100, "R2"), ""};
  });
  d.run();
  d.clock.advance(45s);
  while (d.http.requests.empty()) d.clock.advance(100ms);
  EXPECT_EQ(d.bearer(), "A2");
  EXPECT_EQ(d.sign().level, SignLevel::bad);
  EXPECT_NE(d.sign().sentence.find("disk full"), std::string::npos);
  d.clock.advance(2s);
  EXPECT_EQ(d.sign().level, SignLevel::good);
  Daemon next(d.database.disk(), d.clock.now());
  ASSERT_TRUE(next.now(next.vault.load()));
  EXPECT_EQ(next.bearer(), "A2");
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

TEST(TokenVault, a_login_during_a_renewal_wins) {
  Daemon d;
  d.log_in(100);
  d.http.next("access_token", FakeHttpClient::after(
                                  d.clock, 5s, FakeHttpClient::reply(200, token("A2", 100, "R2"))));
  d.run();
  d.clock.advance(56s);
  d.log_in(3600, "R7");
  d.clock.advance(10s);
  EXPECT_EQ(d.bearer(), "A1");
  EXPECT_EQ(d.vault.grants().front().access_expires_at, d.clock.now() - 10s + 3600s);
  Daemon next(d.database.disk(), d.clock.now());
  ASSERT_TRUE(next.now(next.vault.load()));
  EXPECT_EQ(next.vault.grants().front().access_expires_at,
            d.vault.grants().front().access_expires_at);
}

TEST(TokenVault, an_impatient_user_does_not_cancel_the_renewal_of_the_others) {
  Daemon d;
  d.log_in(10);
  d.clock.advance(1min);
  d.http.always(
      "access_token",
      FakeHttpClient::after(d.clock, 1s, FakeHttpClient::reply(200, token("A2", 3600, "R2"))));
  boost::asio::cancellation_signal signal;
  bool cancelled = false;
  boost::asio::co_spawn(
      d.io.get_executor(), d.vault.bearer("admin"),
      boost::asio::bind_cancellation_slot(
          signal.slot(), [&](std::exception_ptr e, auto) { cancelled = e != nullptr; }));
  d.clock.drain();
  signal.emit(boost::asio::cancellation_type::terminal);
  d.clock.advance(2s);
  EXPECT_TRUE(cancelled);
  EXPECT_EQ(d.bearer(), "A2");
  EXPECT_EQ(d.http.count("access_token"), 1u);
}

TEST(TokenVault, logout_forgets_the_grant_here_and_in_the_store) {
  Daemon d;
  d.log_in();
  ASSERT_TRUE(d.now(d.vault.remove("admin")));
  EXPECT_EQ(d.bearer(), "error: unauthorized");
  EXPECT_EQ(d.now(d.vault.remove("admin")).error().kind, ErrorKind::not_found);
  Daemon next(d.database.disk());
  ASSERT_TRUE(next.now(next.vault.load()));
  EXPECT_EQ(next.bearer(), "error: unauthorized");
}

TEST(TokenVault, a_forced_renewal_happens_once_and_not_twice_in_a_minute) {
  Daemon d;
  d.log_in();
  d.http.always("access_token", FakeHttpClient::reply(200, token("A2", 3600, "R2")));
  auto const until = d.now(d.vault.renew_now("admin"));
  ASSERT_TRUE(until);
  EXPECT_EQ(*until, d.clock.now() + 3600s);
  EXPECT_EQ(d.now(d.vault.renew_now("admin")).error().kind, ErrorKind::throttled);
  EXPECT_EQ(d.http.count("access_token"), 1u);
}

TEST(TokenVault, a_failing_renewal_during_stop_ends_and_those_who_wait_hear_of_it) {
  Daemon d;
  d.log_in(10);
  d.clock.advance(1min);
  d.http.always("access_token", FakeHttpClient::hang(d.clock));
  std::optional<Result<Secret>> got;
  boost::asio::co_spawn(d.io.get_executor(), d.vault.bearer("admin"),
                        [&](std::exception_ptr, Result<Secret> value) { got = std::move(value); });
  d.clock.drain();
  test::start_task(d.io, d.tasks.stop(d.clock, 100ms));
  d.clock.advance(1s);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->error().kind, ErrorKind::cancelled);
  EXPECT_EQ(d.tasks.running(), 0u);
}

}  // namespace
}  // namespace wardroom::oauth
