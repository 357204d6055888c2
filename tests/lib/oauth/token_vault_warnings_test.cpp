// What the vault says before it is too late: refresh tokens that end, scopes that are missing.
#include "token_server.hpp"
#include "vault_daemon.hpp"

namespace wardroom::oauth {
namespace {
using namespace std::chrono_literals;
using Daemon = VaultDaemon;
using std::chrono::days;

TEST(TokenVault, warns_when_the_refresh_token_gets_no_new_life_although_renewals_succeed) {
  Daemon d;
  d.log_in(100);
  d.http.always("access_token",
                FakeHttpClient::reply(200, token("A2", 1'209'600, "R1", 5 * 24 * 3600)));
  d.run();
  d.clock.advance(1min);
  EXPECT_EQ(d.sign().state, GrantState::valid);
  EXPECT_EQ(d.sign().level, SignLevel::warning);
  EXPECT_NE(d.sign().sentence.find("ends in 4 d"), std::string::npos) << d.sign().sentence;
  EXPECT_NE(d.sign().remedy.find("wardroomctl login"), std::string::npos);
  EXPECT_EQ(d.view().refresh_days_left, 4);
  EXPECT_EQ(d.sign().days_left, 7) << "the warning in force";
}

TEST(TokenVault, warns_once_each_at_14_7_and_1_days_and_says_the_end_when_it_comes) {
  test::TokenServer server;
  server.habits.rolling = false;
  server.habits.tell_date = true;
  server.habits.life = days(14);
  test::WayToTokenServer way(server);
  Daemon d({.identities = {identity_of("admin")}}, &way);
  way.use(d.clock);
  std::vector<std::pair<int, int>> told;  // day since login, days left
  auto const begun = d.clock.now();
  way.server_time = [&, boot = d.clock.uptime()] {
    return begun + std::chrono::floor<Milliseconds>(d.clock.uptime() - boot);
  };
  d.vault.on_warning([&](GrantWarning const& w) {
    EXPECT_EQ(w.identity, "admin");
    EXPECT_LT(w.ends_at, begun + days(90) + 1min);
    EXPECT_GT(w.ends_at, begun + days(90) - 1min);
    EXPECT_NE(w.remedy.find("login"), std::string::npos);
    told.emplace_back(std::chrono::floor<days>(d.clock.now() - begun).count(), w.days_left);
  });
  auto grant = d.grant(14 * 24 * 3600, server.begin(d.clock.now()));
  grant.access = Secret(server.access());
  ASSERT_TRUE(d.now(d.vault.put(grant)));
  d.run();
  d.clock.advance(days(88));
  // A renewal may fall on the very moment of the limit: then a whole day more is left.
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].first, 76);
  EXPECT_EQ(told[1].first, 83);
  EXPECT_NEAR(told[0].second, 13.5, 0.5);
  EXPECT_NEAR(told[1].second, 6.5, 0.5);
  EXPECT_EQ(d.sign().state, GrantState::valid);
  EXPECT_EQ(d.sign().level, SignLevel::warning);
  d.clock.jump_wall(std::chrono::years(-1));
  d.clock.advance(days(31));
  ASSERT_EQ(told.size(), 3u) << "no clock repeats a warning";
  EXPECT_LE(told.back().second, 1);
  EXPECT_EQ(d.sign().state, GrantState::needs_login);
  EXPECT_LE(server.requests, 60) << "an end that comes near must not make it creep";
  EXPECT_EQ(d.figures().retired, 1u);
}

TEST(TokenVault, warns_anew_after_a_login_and_not_when_the_life_is_renewed) {
  Daemon d;
  int told = 0;
  d.vault.on_warning([&](GrantWarning const&) { ++told; });
  auto grant = d.grant(3600);
  grant.refresh_expires_at = d.clock.now() + days(5);
  ASSERT_TRUE(d.now(d.vault.put(grant)));
  d.run();
  EXPECT_EQ(told, 1);
  d.http.always("access_token", FakeHttpClient::reply(200, token("A2", 3600, "R2")));
  d.clock.advance(2h);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(d.sign().level, SignLevel::good);
  ASSERT_TRUE(d.now(d.vault.put(grant)));
  EXPECT_EQ(told, 2);
}

TEST(TokenVault, names_the_scopes_that_were_not_granted_and_who_needs_them) {
  auto admin = identity_of("admin", {"a", "b", "c", "spark:people_read"});
  admin.scope_users = {{"c", "call_blocking, alerts"}};
  Daemon d({.identities = {admin}});
  d.log_in();
  EXPECT_EQ(d.view().missing_scopes,
            (std::vector<MissingScope>{{"c", "call_blocking, alerts"}, {"spark:people_read", ""}}));
  EXPECT_EQ(d.sign().state, GrantState::valid);
  EXPECT_EQ(d.sign().level, SignLevel::warning);
  EXPECT_NE(d.sign().sentence.find("c (for call_blocking, alerts)"), std::string::npos)
      << d.sign().sentence;
  EXPECT_NE(d.sign().remedy.find("register"), std::string::npos);
  EXPECT_NE(d.sign().remedy.find("wardroomctl login"), std::string::npos);
  // A renewal may tell others; one that is silent changes nothing.
  d.http.next("access_token", FakeHttpClient::reply(200, token("A2", 3600)));
  ASSERT_TRUE(d.now(d.vault.renew_now("admin")));
  EXPECT_EQ(d.view().missing_scopes.size(), 2u);
  d.clock.advance(2min);
  auto told = token("A3", 3600);
  told.insert(told.size() - 1, R"(,"scope":"spark:all c b a")");
  d.http.next("access_token", FakeHttpClient::reply(200, told));
  ASSERT_TRUE(d.now(d.vault.renew_now("admin")));
  EXPECT_TRUE(d.view().missing_scopes.empty()) << "spark:all holds spark:people_read";
  EXPECT_EQ(d.sign().level, SignLevel::good);
}

}  // namespace
}  // namespace wardroom::oauth
