// The vault: who gets a token, logins and logouts, and what lies in the store.
#include "vault_daemon.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <gtest/gtest-spi.h>

namespace wardroom::oauth {
namespace {
using namespace std::chrono_literals;
using Daemon = VaultDaemon;

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

TEST(TokenVault, a_logout_meant_for_a_login_that_was_replaced_meanwhile_keeps_the_new_one) {
  Daemon d;
  d.log_in();
  auto const meant = d.view().login;
  d.http.always("access_token", FakeHttpClient::reply(200, token("A2", 3600, "R2")));
  ASSERT_TRUE(d.now(d.vault.renew_now("admin")));
  EXPECT_EQ(d.view().login, meant) << "a renewal is the same login";
  d.log_in(3600, "R7");
  auto const removed = d.now(d.vault.remove("admin", meant));
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().kind, ErrorKind::conflict);
  EXPECT_EQ(d.bearer(), "A1");
  ASSERT_TRUE(d.now(d.vault.remove("admin", d.view().login)));
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

TEST(TokenVault, T2_an_exception_inside_a_renewal_is_a_failure_like_others_and_it_is_tried_again) {
  Daemon d;
  d.log_in(100);
  d.http.next("access_token", [](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
    throw std::runtime_error("a broken invariant");
    co_return http::ClientResponse{};
  });
  d.http.always("access_token", FakeHttpClient::reply(200, token("A2", 3600, "R2")));
  d.run();
  EXPECT_NONFATAL_FAILURE(d.clock.advance(56s), "a task failed");
  d.clock.advance(10s);
  EXPECT_EQ(d.http.count("access_token"), 2u) << "without anybody asking for a token";
  EXPECT_EQ(d.bearer(), "A2");
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
