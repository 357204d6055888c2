// T2: whatever the wall clock does, running or across restarts, no grant is dropped and no renewal
// repeats itself.
#include "token_server.hpp"
#include "vault_daemon.hpp"

namespace wardroom::oauth {
namespace {
using namespace std::chrono_literals;
using Daemon = VaultDaemon;
using std::chrono::days;
using std::chrono::years;
using test::TokenServer;
using test::WayToTokenServer;

struct Jump {
  char const* name;
  Milliseconds by;
};
/// Daylight saving moves local time only; a host that gets it wrong is an hour off.
constexpr Jump jumps[] = {{"an hour ahead, as by daylight saving", Milliseconds(1h)},
                          {"an hour back", Milliseconds(-1h)},
                          {"a year ahead", Milliseconds(years(1))},
                          {"a year back", Milliseconds(years(-1))},
                          {"past 2038", Milliseconds(years(13))},
                          {"to 1970", Milliseconds(years(-56))}};

/// A daemon whose wall clock is wrong by turns, and a server whose clock is right.
class Clocks {
 public:
  explicit Clocks(bool tell_date, Instant begun = some_day) : true_time_(begun) {
    server_.habits.tell_date = tell_date;
    server_.habits.life = days(14);
    server_.habits.rotation = test::Rotation::rotate_grace;
    way_.server_time = [this] { return true_now(); };
    start(Milliseconds(0));
    auto grant = daemon_->grant(14 * 24 * 3600, server_.begin(true_now()));
    grant.access = Secret(server_.access());
    EXPECT_TRUE(daemon_->now(daemon_->vault.put(grant)));
    daemon_->run();
  }
  void restart(Milliseconds wall_is_off) {
    true_time_ = true_now();
    disk_ = daemon_->database.disk();
    daemon_.reset();
    start(wall_is_off);
    daemon_->load();
    daemon_->run();
  }
  void jump(Milliseconds by) { daemon_->clock.jump_wall(by); }
  void live(days how_long, std::string const& where) {
    for (int day = 0; day < how_long.count(); ++day) {
      daemon_->clock.advance(24h);
      ASSERT_NE(daemon_->sign().state, GrantState::needs_login) << where;
      // A token that ended by the server's clock is answered 401, and replaced.
      if (!server_.accepts(daemon_->bearer(), true_now())) {
        auto const ended = daemon_->bearer();
        EXPECT_TRUE(daemon_->now(daemon_->vault.replace("admin", Secret(ended)))) << where;
      }
      ASSERT_TRUE(server_.accepts(daemon_->bearer(), true_now())) << where;
    }
  }
  TokenServer const& server() const { return server_; }
  Daemon& daemon() { return *daemon_; }

 private:
  Instant true_now() const {
    return true_time_ + std::chrono::floor<Milliseconds>(daemon_->clock.uptime() -
                                                         Uptime(std::chrono::hours(1)));
  }
  void start(Milliseconds wall_is_off) {
    daemon_ = std::make_unique<Daemon>(Daemon::Options{.disk = disk_,
                                                       .now = true_time_ + wall_is_off,
                                                       .identities = {identity_of("admin")},
                                                       .dice = ++lives_},
                                       &way_);
    way_.use(daemon_->clock);
  }
  TokenServer server_;
  WayToTokenServer way_{server_};
  test::FakeDisk disk_;
  Instant true_time_;
  std::unique_ptr<Daemon> daemon_;
  std::uint64_t lives_ = 0;
};

TEST(TokenVault, T2_clock_jumps_while_running_drop_no_grant_and_cause_no_renewal) {
  for (bool const tell_date : {true, false})
    for (auto const& [name, by] : jumps) {
      Clocks clocks(tell_date);
      clocks.jump(by);
      clocks.live(days(6), name);
      EXPECT_EQ(clocks.server().requests, 0) << name;
      clocks.live(days(54), name);
      EXPECT_LE(clocks.server().requests, 9) << name;
      EXPECT_EQ(clocks.daemon().sign().level, SignLevel::good) << clocks.daemon().sign().sentence;
    }
}

TEST(TokenVault, T2_clock_jumps_across_restarts_drop_no_grant_and_cause_no_loop_of_renewals) {
  for (bool const tell_date : {true, false})
    for (auto const& [name, by] : jumps) {
      Clocks clocks(tell_date);
      int restarts = 0;
      for (int turn = 0; turn < 6; ++turn) {
        clocks.restart(turn % 2 == 0 ? by : Milliseconds(0));
        clocks.live(days(5), name);
        ++restarts;
      }
      EXPECT_LE(clocks.server().requests, restarts + 6) << name;
      clocks.live(days(30), name);
    }
}

TEST(TokenVault, T2_the_end_of_32_bit_time_passes_unnoticed) {
  using namespace std::chrono;
  Clocks clocks(true, Instant(sys_days(year(2038) / 1 / 15)));
  clocks.live(days(30), "2038");
  EXPECT_LE(clocks.server().requests, 5);
  clocks.restart(Milliseconds(0));
  clocks.live(days(3), "after 2038");
  EXPECT_EQ(clocks.daemon().sign().level, SignLevel::good) << clocks.daemon().sign().sentence;
}

}  // namespace
}  // namespace wardroom::oauth
