// Hours of mixed faults in virtual time: whatever happened, the session comes
// back to exactly what it held before. WARDROOM_COUNT = hours.
#include "session_world.hpp"
#include "support/random_runs.hpp"

#include <gtest/gtest.h>

namespace wardroom::xsi {
namespace {

using namespace std::chrono_literals;
using test::FakeXsps;
using test::World;
using Special = std::optional<Result<http::ClientResponse>>;

class Storm {
 public:
  Storm(World& world, std::uint64_t seed) : world_(world), dice_(seed) {
    for (int i = 1; i <= 4; ++i) hosts_.push_back("xsp" + std::to_string(i) + ".example.net");
    world_.net.rule = [this](FakeXsps::Seen const& seen) { return answer(seen); };
    world_.net.hangs = [this](FakeXsps::Seen const& seen) {
      return hanging_ && seen.what.find(*hanging_) != std::string::npos;
    };
    name_xsps(3);
    new_token();
  }

  void strike() {
    auto const& host = hosts_[dice_.below(hosts_.size())];
    static constexpr char const* reasons[] = {"Expired", "ExplicitDelete", "NonResponsiveChannel",
                                              "UnknownChannel", "SomethingNew"};
    switch (dice_.below(16)) {
      case 0:
        world_.net.cut(host);
        break;
      case 1:
        world_.net.cut(host, Error{ErrorKind::unavailable, "connection reset", {}});
        break;
      case 2:
        world_.net.freeze(host);
        break;
      case 3:
        world_.net.terminate(world_.net.channel_of(host), reasons[dice_.below(5)]);
        break;
      case 4:
        world_.net.down[host] = true;
        break;
      case 5:
        world_.net.down.clear();
        break;
      case 6:
        status_ = static_cast<int>(dice_.between(1, 3)) == 1 ? 401 : 503;
        break;
      case 7:
        status_ = dice_.one_in(2) ? 404 : 403;
        break;
      case 8:
        hanging_ = dice_.one_in(2) ? "/heartbeat" : host;
        break;
      case 9:
        name_xsps(1 + dice_.below(4));
        break;
      case 10:
        world_.srv.answer = failure(ErrorKind::timed_out, "DNS is silent");
        break;
      case 11:
        world_.organisation.error = Error{ErrorKind::unavailable, "503", {}};
        break;
      case 12:
        new_token();
        break;
      case 13:
        world_.net.ghosts.insert("channel-9" + std::to_string(dice_.below(100'000)));
        break;
      case 14:
        world_.net.feed(host, "<broken");
        break;
      default:
        world_.net.feed(host, world_.event(static_cast<int>(++event_)));
        break;
    }
  }
  void calm() {
    status_.reset();
    hanging_.reset();
    world_.net.down.clear();
    world_.net.ghosts.clear();
    world_.organisation.error.reset();
    name_xsps(3);
  }
  void pass(Milliseconds time) {
    for (auto left = time; left.count() > 0; left -= Milliseconds(20'000)) {
      world_.clock.advance(std::min(left, Milliseconds(20'000)));
      world_.net.feed_all(World::heartbeat);
      if (token_ends_ - world_.clock.uptime() < 1h) new_token();
    }
  }

 private:
  Special answer(FakeXsps::Seen const& seen) {
    if (!status_ || !dice_.one_in(3) || seen.what.find("async") != std::string::npos)
      return std::nullopt;
    return FakeXsps::answer(*status_);
  }
  void name_xsps(std::uint64_t count) {
    SrvAnswer answer;
    answer.ttl = 60s;
    for (std::uint64_t i = 0; i < count; ++i) answer.records.push_back({hosts_[i], 443, 1, 1});
    world_.srv.answer = answer;
  }
  void new_token() {
    auto const name = "token-" + std::to_string(++tokens_);
    world_.tokens.ends.clear();
    token_ends_ = world_.clock.uptime() + 2h;
    world_.tokens.ends[name] = token_ends_;
    world_.tokens.current = name;
  }

  World& world_;
  test::Dice dice_;
  std::vector<std::string> hosts_;
  std::optional<int> status_;
  std::optional<std::string> hanging_;
  std::uint64_t event_ = 0, tokens_ = 0;
  Uptime token_ends_{};
};

TEST(XsiSoak, X1_holds_after_hours_of_mixed_faults_what_it_held_before) {
  auto const seed = test::random_seed();
  auto const hours = test::random_count(3);
  XsiSettings settings;
  World world(settings);
  world.dice = SeededRandom(seed);
  Storm storm(world, seed);
  test::Dice pauses(seed + 1);
  world.start();
  storm.pass(20min);
  auto const held = world.session.holdings();
  auto const timers = world.clock.pending();
  ASSERT_EQ(held.slots, 3u);
  for (std::uint64_t hour = 0; hour < hours; ++hour) {
    auto const until = world.clock.uptime() + 1h;
    while (world.clock.uptime() < until) {
      storm.strike();
      storm.pass(Milliseconds(pauses.between(50, 15'000)));
    }
    storm.calm();
    storm.pass(20min);  // enough for refusals, backoffs, audits and a look at DNS
    auto const health = world.session.health();
    ASSERT_TRUE(health.subscribed) << "hour " << hour;
    ASSERT_FALSE(health.protection_down) << *health.protection_down;
    ASSERT_FALSE(health.blind_since);
    auto now = world.session.holdings();
    EXPECT_LE(now.warnings, 8u);
    now.warnings = held.warnings;
    EXPECT_EQ(now, held) << "hour " << hour << ": " << now.slots << " slots, " << now.tasks
                         << " tasks; before: " << held.tasks;
    EXPECT_EQ(world.net.streams(), 3u) << "hour " << hour;
    EXPECT_NEAR(double(world.clock.pending()), double(timers), 3) << "hour " << hour;
    EXPECT_NEAR(world.sink.told_blind(), health.blind_seconds, 1e-3);
    world.net.forget_requests();
  }
  auto const health = world.session.health();
  RecordProperty("reconnects", static_cast<int>(health.reconnects));
  std::printf(
      "%llu hours: %llu channels lost, %llu resyncs, %.0f s blind in "
      "%llu times\n",
      static_cast<unsigned long long>(hours), static_cast<unsigned long long>(health.reconnects),
      static_cast<unsigned long long>(health.resyncs), health.blind_seconds,
      static_cast<unsigned long long>(health.blind_times));
  EXPECT_LT(std::chrono::duration<double>(world.stop()).count(), 3);
}

}  // namespace
}  // namespace wardroom::xsi
