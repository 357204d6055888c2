// Channels that take each other's place: for a new token, when DNS changes,
// after an audit, and between two instances.
#include "session_world.hpp"

#include <gtest/gtest.h>

namespace wardroom::xsi {
namespace {

using namespace std::chrono_literals;
using test::FakeXsps;
using test::World;

double seconds(BootClock::duration d) { return std::chrono::duration<double>(d).count(); }

XsiSettings some_xsps(int count) {
  XsiSettings settings;
  settings.application_id = "wardroom-test";
  for (int i = 1; i <= count; ++i) settings.endpoints.push_back("http://xsp" + std::to_string(i));
  return settings;
}

/// The place of the first request like `what` after `from`; npos-like when
/// there is none.
std::size_t place(std::vector<FakeXsps::Seen> const& all, std::string const& what,
                  std::size_t from = 0) {
  for (; from < all.size(); ++from)
    if (all[from].what.find(what) != std::string::npos) break;
  return from;
}

TEST(XsiRolling, moves_every_stream_to_the_new_token_before_the_old_one_ends) {
  for (int const count : {1, 3}) {
    World world(some_xsps(count));
    world.tokens.ends = {{"token-1", world.clock.uptime() + 2h},
                         {"token-2", world.clock.uptime() + 14 * 24h}};
    world.start();
    world.clock.advance(2s);
    world.net.watch_from_now();
    world.clock.advance(50min);
    world.tokens.current = "token-2";
    auto const opened = static_cast<std::size_t>(count);
    world.clock.advance(5min);
    EXPECT_EQ(world.net.count("async"), opened) << "the old token has more than an hour left";
    world.clock.advance(10min);
    EXPECT_EQ(world.net.count("async"), 2 * opened);
    EXPECT_EQ(world.net.streams(), opened);
    EXPECT_EQ(world.warm.size(), opened) << "the successors still acknowledge there";
    auto const all = world.net.all("http");
    for (int i = 1; i <= count; ++i) {
      auto const host = "http://xsp" + std::to_string(i) + "/";
      auto const first = place(all, "POST " + host + "com.broadsoft.async");
      auto const second = place(all, "POST " + host + "com.broadsoft.async", first + 1);
      ASSERT_LT(second, all.size());
      EXPECT_EQ(all[second].token, "token-2");
      EXPECT_LT(second, place(all, "DELETE " + host)) << "opened before the other is deleted";
    }
    EXPECT_EQ(world.net.truly_blind(), 0);
    EXPECT_EQ(world.session.health().channels.size(), opened);
    EXPECT_EQ(world.session.health().reconnects, 0u);
    EXPECT_EQ(world.sink.resyncs.size(), 1u) << "nothing was lost";
    world.clock.advance(24h);
    EXPECT_EQ(world.net.count("async"), 2 * opened) << "once is enough";
  }
}

TEST(XsiRolling, keeps_what_it_has_when_the_new_channel_does_not_open) {
  World world(some_xsps(1));
  world.tokens.ends = {{"token-1", world.clock.uptime() + 30min},
                       {"token-2", world.clock.uptime() + 24h}};
  world.start();
  world.net.rule = [](FakeXsps::Seen const& seen) -> std::optional<Result<http::ClientResponse>> {
    if (seen.what.find("async") == std::string::npos) return std::nullopt;
    return FakeXsps::answer(503);
  };
  world.tokens.current = "token-2";
  world.clock.advance(5min);
  EXPECT_EQ(world.net.streams("xsp1"), 1u);
  EXPECT_TRUE(world.session.health().channels.at(0).up);
  world.net.rule = nullptr;
  world.clock.advance(1min);
  EXPECT_EQ(world.net.streams("xsp1"), 1u);
  EXPECT_NE(world.net.channel_of("xsp1"), "channel-1");
  EXPECT_EQ(world.session.holdings().slots, 1u);
}

TEST(XsiRolling, of_one_xsp_that_opens_no_second_channel_does_not_stop_the_others) {
  World world(some_xsps(3));
  world.tokens.ends = {{"token-1", world.clock.uptime() + 30min},
                       {"token-2", world.clock.uptime() + 24h}};
  world.start();
  world.clock.advance(2s);
  world.net.rule = [](FakeXsps::Seen const& seen) -> std::optional<Result<http::ClientResponse>> {
    if (seen.what.find("xsp1/com.broadsoft.async") == std::string::npos) return std::nullopt;
    return FakeXsps::answer(503);
  };
  world.tokens.current = "token-2";
  auto const before = world.net.count("xsp1/com.broadsoft.async");
  world.clock.advance(5min);
  EXPECT_EQ(world.net.count("xsp2/com.broadsoft.async"), 2u);
  EXPECT_EQ(world.net.count("xsp3/com.broadsoft.async"), 2u);
  EXPECT_LE(world.net.count("xsp1/com.broadsoft.async"), before + 11) << "about twice a minute";
  EXPECT_EQ(world.net.streams("xsp1"), 1u);
}

TEST(XsiRolling, X1_X4_of_a_channel_that_was_dead_tells_it_and_asks_for_all_calls) {
  World world(some_xsps(1));
  world.tokens.ends = {{"token-1", world.clock.uptime() + 30min},
                       {"token-2", world.clock.uptime() + 24h}};
  world.start();
  for (int i = 0; i < 2; ++i) {
    world.net.feed("xsp1", World::heartbeat);
    world.clock.advance(15s);
  }
  auto const resyncs = world.sink.resyncs.size();
  auto const blind = world.session.health().blind_seconds;
  world.net.freeze("xsp1");  // half-open: too short for the silence to be noticed
  world.clock.advance(10s);
  world.tokens.current = "token-2";
  world.clock.advance(15s);
  EXPECT_EQ(world.net.streams("xsp1"), 1u);
  EXPECT_EQ(world.sink.resyncs.size(), resyncs + 1) << "what was told in between came nowhere";
  EXPECT_GT(world.session.health().blind_seconds, blind + 9);
  EXPECT_LT(world.session.health().blind_seconds, blind + 31) << "since the last heartbeat";
  EXPECT_EQ(world.session.health().channels.size(), 1u);
}

TEST(XsiDns, moves_channels_without_a_gap) {
  XsiSettings settings;
  World world(settings);
  world.srv.answer = SrvAnswer{{{"xsp1.example.net", 443, 1, 1}}, 30s};
  world.start();
  world.net.watch_from_now();
  world.net.down["xsp2.example.net"] = true;
  world.srv.answer = SrvAnswer{{{"xsp2.example.net", 443, 1, 1}}, 30s};
  world.clock.advance(10min);
  EXPECT_EQ(world.net.streams("xsp1.example.net"), 1u) << "nothing else serves yet";
  world.net.down.clear();
  world.clock.advance(35s);
  EXPECT_EQ(world.net.streams("xsp1.example.net"), 0u);
  EXPECT_EQ(world.net.streams("xsp2.example.net"), 1u);
  EXPECT_EQ(world.net.truly_blind(), 0);
  EXPECT_EQ(world.session.health().channels.size(), 1u);
}

TEST(XsiDns, is_asked_again_when_a_channel_breaks_and_the_answer_is_old) {
  World world((XsiSettings()));
  SrvRecord const stays{"xsp2.example.net", 443, 1, 1};
  world.srv.answer = SrvAnswer{{{"xsp1.example.net", 443, 1, 1}, stays}, 30s};
  world.start();
  world.clock.advance(20s);
  auto const asked = world.srv.names.size();
  world.net.cut("xsp1.example.net");
  world.clock.advance(1s);
  EXPECT_EQ(world.srv.names.size(), asked) << "the answer is still good";
  world.clock.advance(20s);
  world.srv.answer = SrvAnswer{{{"xsp9.example.net", 443, 1, 1}, stays}, 30s};
  world.net.down["xsp1.example.net"] = true;
  world.net.cut("xsp1.example.net");
  world.clock.advance(2s);
  EXPECT_EQ(world.srv.names.size(), asked + 1);
  EXPECT_EQ(world.net.streams("xsp9.example.net"), 1u);
}

TEST(XsiDns, the_endpoint_itself_serves_while_dns_has_never_answered) {
  World world((XsiSettings()));
  world.srv.answer = failure(ErrorKind::timed_out, "DNS is silent");
  world.start();
  EXPECT_EQ(world.net.streams("api.example.net"), 1u);
  ASSERT_EQ(world.session.health().warnings.size(), 1u);
  EXPECT_NE(world.session.health().warnings[0].find("DNS is silent"), std::string::npos);
  world.srv.answer = SrvAnswer{{{"xsp1.example.net", 443, 1, 1}}, 30s};
  world.clock.advance(31s);
  EXPECT_EQ(world.net.streams("xsp1.example.net"), 1u);
  EXPECT_EQ(world.net.streams("api.example.net"), 0u);
  EXPECT_TRUE(world.session.health().warnings.empty());
}

TEST(XsiDns, the_endpoints_are_asked_for_anew_after_five_blind_minutes) {
  World world((XsiSettings()));
  world.srv.answer = SrvAnswer{{{"xsp1.example.net", 443, 1, 1}}, 3600s};
  world.start();
  world.clock.advance(60s);
  world.net.down["xsp1.example.net"] = true;
  world.net.cut("xsp1.example.net");
  world.clock.advance(290s);
  EXPECT_EQ(world.organisation.asked, 1);
  world.clock.advance(20s);
  EXPECT_GE(world.organisation.asked, 2);
  world.clock.advance(1h);
  EXPECT_LE(world.organisation.asked, 125) << "then every half minute";
}

TEST(XsiOpenings, come_at_most_two_a_second_and_the_first_at_once_after_a_blackout) {
  World world(some_xsps(8));
  world.start();
  world.clock.advance(10s);
  EXPECT_EQ(world.net.streams(), 8u);
  for (int i = 1; i <= 8; ++i) world.net.down["xsp" + std::to_string(i)] = true;
  for (int i = 1; i <= 8; ++i) world.net.cut("xsp" + std::to_string(i));
  world.clock.advance(120s);
  auto const tries = world.net.all("async");
  for (std::size_t i = 10; i + 2 < tries.size(); ++i)
    EXPECT_GE(seconds(tries[i + 2].when - tries[i].when), 0.499);
  world.net.down.clear();
  auto const back = world.clock.uptime();
  while (!world.session.health().subscribed) world.clock.advance(10ms);
  EXPECT_LE(seconds(world.clock.uptime() - back), 5);
  world.clock.advance(10s);
  EXPECT_EQ(world.net.streams(), 8u);
}

// --- audits
// -----------------------------------------------------------------------------------------

TEST(XsiAudit, reopens_a_channel_the_server_does_not_list) {
  World world;
  world.start();
  world.clock.advance(1s);
  world.net.unlisted.insert(world.net.channel_of("xsp2"));
  world.live(299s);
  world.clock.advance(10s);
  EXPECT_EQ(world.net.count("POST http://xsp2/com.broadsoft.async"), 2u);
  EXPECT_EQ(world.net.count("POST http://xsp1/com.broadsoft.async"), 1u);
  EXPECT_NE(world.session.health().channels[1].last_error.find("does not list"), std::string::npos);
  world.live(1200s);
  EXPECT_EQ(world.net.count("POST http://xsp2/com.broadsoft.async"), 2u);
}

TEST(XsiAudit, does_not_reopen_for_ever_where_lists_are_not_whole) {
  World world;
  for (int i = 1; i < 50; i += 1) world.net.unlisted.insert("channel-" + std::to_string(i));
  world.start();
  world.clock.advance(1s);
  world.net.unlisted.erase(world.net.channel_of("xsp1"));
  world.live(3600s);
  EXPECT_EQ(world.net.count("POST http://xsp2/com.broadsoft.async"), 2u);
}

TEST(XsiAudit, deletes_a_channel_of_its_set_that_is_nobodys) {
  World world;
  world.start();
  world.net.ghosts.insert("channel-99");
  world.live(310s);
  EXPECT_EQ(world.net.count("DELETE "
                            "http://xsp1/com.broadsoft.xsi-events/v2.0/channel/channel-99"),
            1u);
  EXPECT_TRUE(world.net.ghosts.empty());
  EXPECT_EQ(world.net.count("async"), 2u);
}

TEST(XsiAudit, asks_another_xsp_when_one_hangs) {
  World world;
  world.net.hangs = [](FakeXsps::Seen const& seen) {
    return seen.what.find("xsp1") != std::string::npos &&
           seen.what.find("/serviceprovider/") != std::string::npos;
  };
  world.start();
  world.clock.advance(4500ms);
  EXPECT_TRUE(world.session.health().subscribed) << "the second one answers";
  EXPECT_EQ(world.net.count("POST http://xsp2/com.broadsoft.xsi-events/v2.0/serviceprovider"), 1u);
}

// --- two instances
// ----------------------------------------------------------------------------------

/// A second daemon with the same application id, on the same servers.
struct Rival {
  explicit Rival(World& world, std::uint64_t seed)
      : world_(world),
        dice(seed),
        session({world.io.get_executor(), world.clock, dice, world.net, world.net, world.tokens,
                 world.organisation, world.srv},
                test::two_xsps()) {
    running_ = true;
    boost::asio::co_spawn(world.io.get_executor(), session.run(sink),
                          boost::asio::bind_cancellation_slot(
                              stop_.slot(), [this](std::exception_ptr) { running_ = false; }));
    world.clock.advance(100ms);
  }
  ~Rival() { stop(); }
  void stop() {
    if (running_) stop_.emit(boost::asio::cancellation_type::total);
    for (int i = 0; running_ && i < 20'000; ++i) world_.clock.advance(1ms);
  }
  World& world_;
  SeededRandom dice;
  test::Listener sink;
  XsiSession session;
  boost::asio::cancellation_signal stop_;
  bool running_ = false;
};

TEST(XsiRivals, never_end_each_others_channels_in_a_loop) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    World world;
    world.dice = SeededRandom(seed * 31);
    world.start();
    world.clock.advance(1h);
    Rival rival(world, seed);
    ASSERT_TRUE(world.session.health().protection_down) << "told at once";
    EXPECT_TRUE(rival.session.health().subscribed);
    world.net.watch_from_now();
    auto const began = world.clock.uptime();
    for (int minute = 0; minute < 24 * 60; ++minute) {
      world.clock.advance(60s);
      if (minute % 60 == 0) world.net.forget_requests();
    }
    auto const& all = world.net.displacements;
    for (std::size_t i = 1; i < all.size(); ++i)
      EXPECT_GE(seconds(all[i] - all[i - 1]), 299) << "seed " << seed;
    std::size_t in_the_last_twelve_hours = 0;
    for (auto const when : all) in_the_last_twelve_hours += when > began + 12h ? 1 : 0;
    EXPECT_LE(all.size(), 40u) << "seed " << seed;
    EXPECT_LE(in_the_last_twelve_hours, 14u);
    EXPECT_LT(world.net.truly_blind(), 60) << "somebody watches all the time";
  }
}

TEST(XsiRivals, take_over_again_when_the_other_one_is_gone) {
  World world;
  world.start();
  {
    Rival rival(world, 5);
    world.clock.advance(60s);
  }
  world.clock.advance(330s);
  EXPECT_TRUE(world.session.health().subscribed);
  EXPECT_FALSE(world.session.health().protection_down);
}

}  // namespace
}  // namespace wardroom::xsi
