// Blindness and resyncs of a whole session: told once, right to a second, and
// coalesced.
#include "session_world.hpp"
#include "support/random_runs.hpp"

#include <gtest/gtest.h>

namespace wardroom::xsi {
namespace {

using namespace std::chrono_literals;
using test::FakeXsps;
using test::World;

XsiSettings one_xsp() {
  auto settings = test::two_xsps();
  settings.endpoints = {"http://xsp1"};
  return settings;
}

TEST(XsiSight, X4_of_a_silent_channel_ends_with_its_last_byte) {
  World world(one_xsp());
  world.start();
  world.net.feed("xsp1", World::heartbeat);
  world.clock.advance(20s);
  world.net.feed("xsp1", World::heartbeat);
  auto const before = world.session.health().blind_seconds;
  auto const last_byte = world.clock.uptime();
  world.clock.advance(59s);
  EXPECT_FALSE(world.session.health().blind_since);
  world.clock.advance(1s);
  world.clock.drain();
  EXPECT_EQ(world.session.health().blind_since, last_byte) << "found out afterwards";
  ASSERT_TRUE(world.session.health().protection_down) << "red at once: it was blind for long";
  world.clock.advance(1s);
  EXPECT_NEAR(world.session.health().blind_seconds - before, 60, 0.5);
  EXPECT_NEAR(world.sink.told_blind(), world.session.health().blind_seconds, 1e-6);
  EXPECT_EQ(world.sink.resyncs.back(), "no channel was open for a while");
}

TEST(XsiSight, X4_of_a_channel_whose_heartbeats_fail_ends_with_the_last_good_one) {
  World world(one_xsp());
  world.start();
  world.clock.advance(40s);
  auto const beats = world.net.all("/heartbeat");
  auto const last_good = beats.back().when;
  auto const before = world.session.health().blind_seconds;
  world.net.hangs = [](FakeXsps::Seen const&) { return true; };
  world.net.down["xsp1"] = true;
  while (!world.session.health().blind_since && world.clock.uptime() < last_good + 2min)
    world.clock.advance(100ms);
  EXPECT_EQ(world.session.health().blind_since, last_good);
  EXPECT_NEAR(world.session.health().blind_seconds - before,
              std::chrono::duration<double>(world.clock.uptime() - last_good).count(), 0.01);
}

TEST(XsiSight, X4_of_a_stream_that_ends_long_after_its_last_byte_begins_there) {
  for (bool const reset : {false, true}) {
    World world(one_xsp());
    world.start();
    for (int i = 0; i < 3; ++i) {
      world.clock.advance(15s);
      world.net.feed("xsp1", World::heartbeat);
    }
    auto const last_byte = world.clock.uptime();
    world.clock.advance(30s);
    world.net.down["xsp1"] = true;
    if (reset)
      world.net.cut("xsp1", Error{ErrorKind::unavailable, "connection reset", {}});
    else
      world.net.cut("xsp1");
    world.clock.advance(1s);
    EXPECT_EQ(world.session.health().blind_since, last_byte);
    EXPECT_NEAR(world.sink.told_blind(), 0, 1) << "told when it is over";
    world.net.down.clear();
    world.clock.advance(20s);
    EXPECT_NEAR(world.sink.told_blind(), world.session.health().blind_seconds, 1e-6);
  }
}

TEST(XsiSight, X4_a_question_asked_before_all_channels_broke_proves_nothing) {
  World world(one_xsp());
  world.start();
  auto const is_question = [](FakeXsps::Seen const& seen) {
    return seen.what.starts_with("GET") && seen.what.find("/subscription/") != std::string::npos;
  };
  world.net.delays = [=](auto const& seen) { return Milliseconds(is_question(seen) ? 3'000 : 0); };
  while (world.net.count("GET http://xsp1/com.broadsoft.xsi-events/v2.0/subscription/") == 0 &&
         world.clock.uptime() < Uptime(24h))
    world.clock.advance(100ms);
  world.net.down["xsp1"] = true;
  world.net.cut("xsp1");
  world.net.down.clear();  // the answer on its way is a good one
  world.net.silent_heads = true;
  world.clock.advance(4s);
  world.net.delays = nullptr;
  world.net.rule = [=](auto const& seen) -> std::optional<Result<http::ClientResponse>> {
    if (is_question(seen)) return FakeXsps::answer(404);  // it ended with its channels
    return std::nullopt;
  };
  auto const made = world.net.count("/serviceprovider/");
  world.net.silent_heads = false;
  world.clock.advance(20s);
  EXPECT_EQ(world.net.count("/serviceprovider/"), made + 1);
}

TEST(XsiSight, X4_tells_a_blind_time_that_is_found_while_another_channel_sees) {
  World world;
  world.start();
  world.net.feed("xsp1", World::heartbeat);
  world.net.feed("xsp2", World::heartbeat);
  world.net.freeze("xsp2");
  world.clock.advance(10s);
  world.net.cut("xsp1");
  world.net.down["xsp1"] = true;
  world.clock.advance(5s);
  EXPECT_FALSE(world.session.health().blind_since) << "xsp2 is believed to see";
  world.net.down.clear();
  while (world.session.health().reconnects < 2 && world.net.truly_blind() < 120)
    world.clock.advance(100ms);
  EXPECT_GE(world.session.health().blind_seconds, 4.5);
  EXPECT_GE(world.sink.sights.size(), 4u);
  EXPECT_NEAR(world.sink.told_blind(), world.session.health().blind_seconds, 1e-6);
}

TEST(XsiSight, X4_agrees_with_the_truth_over_random_histories_of_breaks) {
  test::Dice dice(test::random_seed());
  auto const runs = test::random_count(12);
  for (std::uint64_t run = 0; run < runs; ++run) {
    World world;
    world.net.watch_from_now();
    world.start();
    bool const with_silence = run % 2 == 1;
    int frozen = 0;
    for (int step = 0; step < 60; ++step) {
      std::string const host = dice.one_in(2) ? "xsp1" : "xsp2";
      switch (dice.below(with_silence ? 7 : 6)) {
        case 0:
          world.net.cut(host);
          break;
        case 1:
          world.net.cut(host, Error{ErrorKind::unavailable, "connection reset", {}});
          break;
        case 2:
          world.net.down[host] = true;
          world.net.cut(host);
          break;
        case 3:
          world.net.down.clear();
          break;
        case 4:
          world.net.terminate(world.net.channel_of(host), "Expired");
          break;
        case 5:
          world.net.cut("xsp1");
          world.net.cut("xsp2");
          break;
        default:
          world.net.freeze(host);
          ++frozen;
          break;
      }
      world.clock.advance(Milliseconds(dice.between(1, 40'000)));
      world.net.feed_all(World::heartbeat);
    }
    world.net.down.clear();
    for (int i = 0; i < 6; ++i) {
      world.clock.advance(20s);
      world.net.feed_all(World::heartbeat);
    }
    auto const counted = world.session.health().blind_seconds, truth = world.net.truly_blind();
    EXPECT_NEAR(world.sink.told_blind(), counted, 1e-3) << "run " << run;
    if (frozen == 0) {
      EXPECT_NEAR(counted, truth, 1) << "run " << run;
    } else {
      EXPECT_GE(counted, truth - 1) << "run " << run << ": never too low";
      EXPECT_LE(counted, truth + 61 * frozen) << "run " << run;
    }
  }
}

TEST(XsiSight, asks_for_one_resync_soon_after_a_flap_and_not_one_per_flap) {
  World world;
  world.start();
  world.clock.advance(10s);
  auto const before = world.sink.resyncs.size();
  world.net.cut("xsp1");
  world.clock.advance(400ms);
  EXPECT_EQ(world.sink.resyncs.size(), before);
  world.clock.advance(2s);
  EXPECT_EQ(world.sink.resyncs.size(), before + 1) << "break and return are one";
  world.clock.advance(60s);
  EXPECT_EQ(world.sink.resyncs.size(), before + 1);
  for (int i = 0; i < 60; ++i) {
    world.net.cut("xsp1");
    world.clock.advance(500ms);
  }
  EXPECT_LE(world.sink.resyncs.size(), before + 13) << "30 s of flapping: one every three seconds";
  EXPECT_GE(world.sink.resyncs.size(), before + 8);
}

TEST(XsiSight, asks_again_when_a_channel_returns_long_after_it_broke) {
  World world;
  world.start();
  world.clock.advance(10s);
  world.net.down["xsp1"] = true;
  world.net.cut("xsp1");
  world.clock.advance(60s);
  EXPECT_EQ(world.sink.resyncs.back(), "a channel broke");
  auto const before = world.sink.resyncs.size();
  world.net.down.clear();
  world.clock.advance(5s);
  ASSERT_EQ(world.sink.resyncs.size(), before + 1);
  EXPECT_EQ(world.sink.resyncs.back(), "a channel was opened again");
}

TEST(XsiSight, the_health_tells_of_every_channel) {
  World world;
  world.start();
  world.net.feed("xsp2", world.event(1));
  auto const heard = world.clock.now();
  world.clock.advance(10s);
  auto const health = world.session.health();
  ASSERT_EQ(health.channels.size(), 2u);
  EXPECT_EQ(health.channels[0].events, 0u);
  EXPECT_EQ(health.channels[1].events, 1u);
  EXPECT_EQ(health.channels[1].last_heard, heard);
  ASSERT_TRUE(health.channels[0].refresh_due && health.subscription_refresh_due);
  EXPECT_NEAR(std::chrono::duration<double>(*health.channels[0].refresh_due - heard).count(), 3600,
              1);
  EXPECT_NEAR(std::chrono::duration<double>(*health.subscription_refresh_due - heard).count(), 3600,
              1);
}

// --- stopping
// ---------------------------------------------------------------------------------------

TEST(XsiSession, stops_within_three_seconds_whatever_hangs) {
  using Breaks = std::function<void(World&)>;
  std::vector<Breaks> const all = {
      [](World& w) { w.net.hangs = [](auto const&) { return true; }; },
      [](World& w) { w.net.silent_heads = true; },
      [](World& w) { w.net.silent_documents = true; },
      [](World& w) { w.tokens.hangs = &w.clock; },
      [](World& w) {
        w.organisation.clock = &w.clock;
        w.organisation.delay = Milliseconds(60'000);
      },
      [](World& w) {
        w.srv.clock = &w.clock;
        w.srv.delay = Milliseconds(60'000);
      },
      [](World& w) { w.net.down = {{"xsp1", true}, {"xsp2", true}, {"api.example.net", true}}; },
  };
  for (bool const fixed : {true, false})
    for (std::size_t i = 0; i < all.size(); ++i)
      for (bool const before : {true, false}) {
        World world(fixed ? test::two_xsps() : XsiSettings{});
        if (before) all[i](world);
        world.start();
        world.clock.advance(7s);
        if (!before) all[i](world);
        world.net.cut("xsp1");
        world.net.feed("xsp2", world.event(1));
        world.clock.advance(20ms);
        EXPECT_LT(std::chrono::duration<double>(world.stop()).count(), 3) << i << before << fixed;
        EXPECT_FALSE(world.running());
      }
}

}  // namespace
}  // namespace wardroom::xsi
