// Every behaviour of token endpoints that the reference calls uncertain is survived, and none makes
// the vault ask more often than it should. Source: webex-rest.md 1.4 and 13.
#include "token_server.hpp"
#include "vault_daemon.hpp"

namespace wardroom::oauth {
namespace {
using namespace std::chrono_literals;
using Daemon = VaultDaemon;
using std::chrono::days;
using std::chrono::seconds;
using test::Rotation;
using test::TokenServer;
using test::WayToTokenServer;

/// One daemon with one login at a server of these habits.
struct Site {
  TokenServer server;
  WayToTokenServer way{server};
  std::unique_ptr<Daemon> d;

  explicit Site(TokenServer::Habits const& habits) {
    server.habits = habits;
    d = std::make_unique<Daemon>(Daemon::Options{.identities = {identity_of("admin")}}, &way);
    way.use(d->clock);
    auto grant = d->grant(static_cast<int>(habits.life.count()), server.begin(d->clock.now()));
    grant.access = Secret(server.access());
    grant.refresh_expires_at = d->clock.now() + habits.refresh_life;
    EXPECT_TRUE(d->now(d->vault.put(grant)));
    d->run();
  }
  /// Whether a token that the server takes can be had, at worst after one 401.
  bool served() {
    if (server.accepts(d->bearer(), d->clock.now())) return true;
    auto const token = d->now(d->vault.replace("admin", Secret(d->bearer())));
    return token && server.accepts(token->reveal(), d->clock.now());
  }
  void live(days how_long) {
    for (int day = 0; day < how_long.count(); ++day) {
      d->clock.advance(24h);
      // At the very end of a life the server may be late with the next token; it is asked again
      // after the pauses of failures, which grow from a second on.
      for (int waited = 0; waited < 60 && d->sign().state != GrantState::valid; ++waited)
        d->clock.advance(1s);
      ASSERT_EQ(d->sign().state, GrantState::valid) << "day " << day << d->sign().sentence;
      ASSERT_TRUE(served()) << "day " << day;
    }
  }
};

TEST(TokenOddities, a_year_with_any_rotation_costs_two_requests_a_token_and_no_grant) {
  for (auto const rotation : {Rotation::same, Rotation::rotate, Rotation::rotate_grace})
    for (bool const kills_access : {false, true}) {
      TokenServer::Habits habits;
      habits.rotation = rotation;
      habits.family_revocation = true;
      habits.kills_access = kills_access;
      habits.life = days(14);
      Site site(habits);
      site.live(days(365));
      EXPECT_GE(site.server.requests, 47);
      EXPECT_LE(site.server.requests, 59);
      EXPECT_EQ(site.server.reuses, 0);
    }
}

TEST(TokenOddities, a_year_of_renewals_that_change_nothing_is_a_few_requests_a_token) {
  for (auto const& [life, how_long] :
       {std::pair(seconds(days(14)), days(365)), std::pair(seconds(12h), days(40))})
    for (auto const no_op : {Milliseconds(24h), Milliseconds(days(400))}) {
      TokenServer::Habits habits;
      habits.life = life;
      habits.no_op = no_op;
      habits.rotation = Rotation::same;
      Site site(habits);
      site.live(how_long);
      auto const tokens = seconds(how_long) / life + 1;
      EXPECT_LE(site.server.requests, 8 * tokens) << life.count() << " " << no_op.count();
      auto const figures = site.d->figures();
      EXPECT_EQ(figures.renewals, static_cast<std::uint64_t>(site.server.requests));
      EXPECT_EQ(figures.unchanged > 0, no_op > life / 2);
    }
}

TEST(TokenOddities, a_server_that_gives_the_ended_token_for_ever_is_asked_with_pauses) {
  Daemon d;
  d.log_in(3600);
  d.http.always("access_token", FakeHttpClient::reply(200, token("A1", 0)));
  d.run();
  d.clock.advance(1h);
  auto const first = d.http.requests.size();
  EXPECT_LE(first, 10u);
  d.clock.advance(24h);
  EXPECT_LE(d.http.requests.size() - first, 800u) << "five minutes apart, more or less";
  EXPECT_EQ(d.sign().state, GrantState::expired);
  EXPECT_NE(d.sign().sentence.find("once more"), std::string::npos) << d.sign().sentence;
  d.http.always("access_token", FakeHttpClient::reply(200, token("A2", 3600)));
  d.clock.advance(6min);
  EXPECT_EQ(d.bearer(), "A2");
}

TEST(TokenOddities, answers_without_refresh_token_scope_or_life_are_good_answers) {
  TokenServer::Habits habits;
  habits.rotation = Rotation::same;
  habits.tell_refresh = false;
  habits.life = days(14);
  habits.expires_in = "";
  Site site(habits);
  site.live(days(30));
  // An hour is assumed of a life that is not told.
  EXPECT_LE(site.server.requests, 60 * 30);
  EXPECT_EQ(site.d->view().scopes, (std::vector<std::string>{"a", "b"}));
}

TEST(TokenOddities, a_rotated_refresh_token_is_kept_although_the_answer_tells_no_life) {
  TokenServer::Habits habits;
  habits.rotation = Rotation::rotate;
  habits.family_revocation = true;
  habits.life = seconds(6h);
  for (std::string const life : {"", "0", "-5", "\"soon\"", "null", "1e30", "[]"}) {
    habits.expires_in = life;
    Site site(habits);
    site.live(days(2));
    EXPECT_GE(site.server.requests, 8) << life;
    EXPECT_LE(site.server.requests, 2 * 60) << life;
  }
}

TEST(TokenOddities, lives_from_seconds_to_years_are_lived) {
  {
    TokenServer::Habits habits;
    habits.life = seconds(5);
    Site site(habits);
    site.d->clock.advance(10min);
    EXPECT_EQ(site.d->sign().state, GrantState::valid);
    EXPECT_LE(site.server.requests, 280);
    EXPECT_GE(site.server.requests, 200);
  }
  {
    // Longer than the refresh token, which only lives on because it is used in time.
    TokenServer::Habits habits;
    habits.life = days(365);
    Site site(habits);
    site.live(days(500));
    EXPECT_LE(site.server.requests, 13);
  }
  {
    // The server says ten years and means an hour: the 401 tells.
    TokenServer::Habits habits;
    habits.life = seconds(1h);
    habits.expires_in = "315360000";
    Site site(habits);
    for (int i = 0; i < 24 * 7; ++i) {
      site.d->clock.advance(1h);
      ASSERT_TRUE(site.served());
    }
    EXPECT_LE(site.server.requests, 24 * 7);
  }
}

TEST(TokenOddities, a_date_header_that_is_wrong_or_absent_changes_nothing) {
  for (std::string const date :
       {"", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 2099 00:00:00 GMT"}) {
    TokenServer::Habits habits;
    habits.life = days(14);
    habits.date = date;
    Site site(habits);
    bool warned = false;
    site.d->vault.on_warning([&](GrantWarning const&) { warned = true; });
    site.live(days(60));
    EXPECT_LE(site.server.requests, 10) << date;
    // Across a restart nothing worse than one renewal comes of it.
    auto const disk = site.d->database.disk();
    auto const now = site.d->clock.now();
    site.d.reset();
    site.d = std::make_unique<Daemon>(
        Daemon::Options{.disk = disk, .now = now, .identities = {identity_of("admin")}}, &site.way);
    site.way.use(site.d->clock);
    site.d->vault.on_warning([&](GrantWarning const&) { warned = true; });
    site.d->load();
    site.d->run();
    site.live(days(30));
    EXPECT_LE(site.server.requests, 16) << date;
    EXPECT_FALSE(warned) << date;
    EXPECT_EQ(site.d->sign().level, SignLevel::good) << site.d->sign().sentence;
  }
}

TEST(TokenOddities, a_shrinking_refresh_life_that_is_extended_after_all_brings_no_login) {
  TokenServer::Habits habits;
  habits.life = days(14);
  habits.rolling = false;
  Site site(habits);
  site.d->clock.advance(days(85));
  EXPECT_EQ(site.d->sign().level, SignLevel::warning);
  site.server.habits.rolling = true;
  site.d->clock.advance(days(3));
  EXPECT_EQ(site.d->sign().level, SignLevel::good) << site.d->sign().sentence;
  site.live(days(60));
}

TEST(TokenOddities, a_revoked_token_that_works_again_costs_one_renewal) {
  // 401, then 200: revocation is cached here and there. Source: webex-rest.md 1.9.
  TokenServer::Habits habits;
  habits.life = days(14);
  habits.no_op = days(400);
  Site site(habits);
  site.d->clock.advance(1h);
  auto const token = site.d->bearer();
  auto const again = site.d->now(site.d->vault.replace("admin", Secret(token)));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->reveal(), token) << "the server gave the same one again";
  EXPECT_EQ(site.server.requests, 1);
  for (int i = 0; i < 100; ++i) (void)site.d->now(site.d->vault.replace("admin", Secret(token)));
  EXPECT_LE(site.server.requests, 2) << "a 401 allows one more, then pauses";
  EXPECT_EQ(site.d->bearer(), token);
  EXPECT_EQ(site.d->sign().state, GrantState::valid);
}

TEST(TokenOddities, an_old_access_token_that_dies_at_the_renewal_is_replaced_without_another) {
  TokenServer::Habits habits;
  habits.kills_access = true;
  Site site(habits);
  auto const old = site.d->bearer();
  site.d->clock.advance(40min);
  ASSERT_EQ(site.server.requests, 1);
  EXPECT_FALSE(site.server.accepts(old, site.d->clock.now()));
  auto const token = site.d->now(site.d->vault.replace("admin", Secret(old)));
  ASSERT_TRUE(token);
  EXPECT_TRUE(site.server.accepts(token->reveal(), site.d->clock.now()));
  EXPECT_EQ(site.server.requests, 1);
}

}  // namespace
}  // namespace wardroom::oauth
