// T2: no crash loses a grant, and when a server makes that unavoidable, it is said.
#include "token_server.hpp"
#include "vault_daemon.hpp"

namespace wardroom::oauth {
namespace {
using namespace std::chrono_literals;
using Daemon = VaultDaemon;
using test::Rotation;
using test::TokenServer;
using test::WayToTokenServer;

/// A server, the disk of its daemon, and the lives that daemon has.
struct Story {
  TokenServer server;
  WayToTokenServer way{server};
  test::FakeDisk disk;
  Instant time = some_day;
  std::uint64_t lives = 0;

  std::unique_ptr<Daemon> start() {
    auto d = std::make_unique<Daemon>(
        Daemon::Options{
            .disk = disk, .now = time, .identities = {identity_of("admin")}, .dice = ++lives},
        &way);
    way.use(d->clock);
    return d;
  }
  /// The process is gone: nothing more of it reaches the disk or the server.
  void kill(std::unique_ptr<Daemon> d) {
    d->mortal.die();
    way.cut = true;
    disk = d->database.disk();
    time = d->clock.now() + 1s;
  }
  void log_in(Daemon& d) {
    auto grant = d.grant(static_cast<int>(server.habits.life.count()), server.begin(d.clock.now()));
    grant.access = Secret(server.access());
    ASSERT_TRUE(d.now(d.vault.put(grant)));
  }
};

/// Runs `task` for `steps` turns of the loop; whether it ended before.
bool run_steps(Daemon& d, Task<Result<Instant>> task, int steps) {
  auto done = std::make_shared<bool>(false);  // the task outlives this call
  boost::asio::co_spawn(d.io.get_executor(), std::move(task),
                        [done](std::exception_ptr, Result<Instant>) { *done = true; });
  d.io.restart();
  for (int step = 0; step < steps && !*done; ++step)
    if (d.io.poll_one() == 0) d.io.restart();
  return *done;
}

/// Restarts after a kill, and checks that the grant lives or that its end is said in words.
void see_what_is_left(Story& story, bool lost, std::string const& where) {
  auto d = story.start();
  d->load();
  d->run();
  d->clock.advance(3min);
  if (lost) {
    EXPECT_EQ(d->sign().state, GrantState::needs_login) << where;
    EXPECT_EQ(d->sign().level, SignLevel::bad) << where;
    EXPECT_NE(d->sign().sentence.find("never arrived"), std::string::npos) << d->sign().sentence;
    EXPECT_NE(d->sign().remedy.find("wardroomctl login"), std::string::npos) << where;
  } else {
    EXPECT_EQ(d->sign().state, GrantState::valid) << where;
    auto const got = d->bearer();
    EXPECT_TRUE(story.server.accepts(got, d->clock.now())) << where << ": " << got;
    // And the next renewal works as well.
    auto const renewals = story.server.renewals;
    d->clock.advance(40min);
    EXPECT_GT(story.server.renewals, renewals) << where;
    EXPECT_TRUE(story.server.accepts(d->bearer(), d->clock.now())) << where;
  }
  EXPECT_EQ(story.server.overlaps, 0);
}

struct Lost {
  int points = 0, lost = 0;
};

/// Kills the daemon after each turn of the loop within one renewal.
Lost kill_at_every_point(TokenServer::Habits const& habits, bool after_a_restore) {
  Lost out;
  for (int steps = 0;; ++steps) {
    Story story;
    story.server.habits = habits;
    auto d = story.start();
    story.log_in(*d);
    if (after_a_restore) {
      EXPECT_TRUE(d->now(d->vault.renew_now("admin")));
      d->clock.advance(2min);
      story.server.forget_last_rotation();
    }
    auto const before = story.server.renewals;
    bool const done = run_steps(*d, d->vault.renew_now("admin"), steps);
    auto const stored = d->database.sql().one("SELECT generation FROM grants")->integer(0);
    bool const committed = stored == (after_a_restore ? 3 : 2);
    story.kill(std::move(d));
    bool const rotated = story.server.renewals > before;
    bool const lost = habits.rotation == Rotation::rotate && rotated && !committed;
    see_what_is_left(story, lost, "killed after turn " + std::to_string(steps));
    ++out.points;
    out.lost += lost ? 1 : 0;
    if (done || testing::Test::HasFailure()) return out;
  }
}

TEST(TokenVault, T2_a_kill_at_any_point_of_a_renewal_loses_no_grant) {
  for (auto const rotation : {Rotation::same, Rotation::rotate_grace})
    for (bool const kills_access : {false, true}) {
      TokenServer::Habits habits;
      habits.rotation = rotation;
      habits.family_revocation = true;
      habits.kills_access = kills_access;
      auto const got = kill_at_every_point(habits, false);
      EXPECT_GT(got.points, 6) << "a renewal has more turns than that";
      EXPECT_EQ(got.lost, 0);
    }
}

TEST(TokenVault, T2_a_kill_that_a_server_without_grace_makes_final_is_said_in_words) {
  TokenServer::Habits habits;
  habits.rotation = Rotation::rotate;
  habits.family_revocation = true;
  auto const got = kill_at_every_point(habits, false);
  EXPECT_GT(got.lost, 0) << "the window between the server's rotation and our commit";
  EXPECT_LT(got.lost, got.points / 2);
}

TEST(TokenVault, T2_a_kill_while_the_token_before_the_last_rotation_is_tried_loses_no_grant) {
  TokenServer::Habits habits;
  habits.rotation = Rotation::rotate_grace;
  auto const got = kill_at_every_point(habits, true);
  EXPECT_GT(got.points, 8);
}

TEST(TokenVault, T2_hundreds_of_kills_at_random_points_of_one_grants_life_lose_it_never) {
  auto const kills = test::count(300);
  test::Dice dice;
  for (auto const rotation : {Rotation::same, Rotation::rotate_grace}) {
    Story story;
    story.server.habits.rotation = rotation;
    story.server.habits.family_revocation = true;
    story.server.habits.life = 10min;
    story.way.delay = [&] { return Milliseconds(dice.below(2) * dice.below(9'000)); };
    auto d = story.start();
    story.log_in(*d);
    std::size_t inside = 0;
    for (std::size_t kill = 0; kill < kills; ++kill) {
      d->run();
      d->clock.advance(Milliseconds(dice.below(420'000)));
      if (dice.one_in(2))  // right inside a renewal
        for (int i = 0; i < 6000 && story.server.in_flight == 0; ++i) d->clock.advance(100ms);
      for (auto turns = dice.below(6); turns > 0; --turns) d->io.poll_one();
      inside += story.server.in_flight > 0 ? 1u : 0u;
      story.kill(std::move(d));
      d = story.start();
      d->load();
      ASSERT_NE(d->sign().state, GrantState::needs_login)
          << "kill " << kill << ": " << d->sign().sentence;
    }
    story.way.delay = [] { return 0ms; };
    d->run();
    d->clock.advance(6min);
    EXPECT_TRUE(story.server.accepts(d->bearer(), d->clock.now()));
    EXPECT_GT(inside, kills / 5);
    EXPECT_EQ(story.server.overlaps, 0);
  }
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

}  // namespace
}  // namespace wardroom::oauth
