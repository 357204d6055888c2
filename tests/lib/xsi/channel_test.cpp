// One channel's life within a session: heartbeats, silence, refusals,
// terminations, tokens, backoff.
#include "session_world.hpp"

#include <gtest/gtest.h>

namespace wardroom::xsi {
namespace {

using namespace std::chrono_literals;
using test::FakeXsps;
using test::World;
using Special = std::optional<Result<http::ClientResponse>>;

double seconds(BootClock::duration d) { return std::chrono::duration<double>(d).count(); }

XsiSettings one_xsp() {
  XsiSettings settings;
  settings.endpoints = {"http://xsp1"};
  return settings;
}

bool is_heartbeat(FakeXsps::Seen const& seen) {
  return seen.what.find("/heartbeat") != std::string::npos;
}
bool opens(FakeXsps::Seen const& seen) { return seen.what.find("async") != std::string::npos; }

FakeXsps::Rule heartbeats_answer(int status, std::string body = "") {
  return [=](FakeXsps::Seen const& seen) -> Special {
    if (!is_heartbeat(seen)) return std::nullopt;
    return FakeXsps::answer(status, body);
  };
}

TEST(XsiChannel, beats_at_once_and_then_every_fifteen_seconds_within_one) {
  World world(one_xsp());
  world.start();
  world.clock.advance(301s);
  auto const beats = world.net.all("/heartbeat");
  ASSERT_GE(beats.size(), 19u);
  EXPECT_EQ(beats[0].what,
            "PUT "
            "http://xsp1/com.broadsoft.xsi-events/v2.0/channel/channel-1/heartbeat");
  EXPECT_EQ(beats[0].request.headers.get("Cookie"), "lb=xsp1");
  EXPECT_EQ(beats[0].request.connect_to, "192.0.2.7:443");
  bool differ = false;
  for (std::size_t i = 1; i < beats.size(); ++i) {
    auto const gap = seconds(beats[i].when - beats[i - 1].when);
    EXPECT_NEAR(gap, 15, 1);
    differ |= std::abs(gap - 15) > 0.1;
  }
  EXPECT_TRUE(differ) << "channels must not beat in step";
  EXPECT_EQ(world.net.count("async"), 1u);
}

TEST(XsiChannel, reopens_at_once_when_a_heartbeat_says_that_it_is_unknown) {
  for (auto const& [status, body] : std::vector<std::pair<int, std::string>>{
           {404, ""}, {409, ""}, {410, ""}, {403, test::xsi_fixture("error_info.xml")}}) {
    World world(one_xsp());
    world.start();
    std::optional<Uptime> told;
    world.net.rule = [&](FakeXsps::Seen const& seen) -> Special {
      if (!is_heartbeat(seen) || told) return std::nullopt;
      told = seen.when;
      return FakeXsps::answer(status, body);
    };
    world.clock.advance(17s);
    ASSERT_TRUE(told);
    auto const tries = world.net.all("async");
    ASSERT_EQ(tries.size(), 2u) << status;
    EXPECT_LE(seconds(tries[1].when - *told), 0.26);
    EXPECT_EQ(world.net.streams("xsp1"), 1u);
  }
}

TEST(XsiChannel, keeps_the_stream_when_heartbeats_are_denied_or_unauthorized) {
  for (int const status : {401, 403, 429}) {
    World world(one_xsp());
    world.start();
    world.net.rule = heartbeats_answer(status);
    world.clock.advance(120s);
    EXPECT_EQ(world.net.count("async"), 1u) << status;
  }
}

TEST(XsiChannel, takes_two_unanswered_heartbeats_for_death_within_35_seconds) {
  World world(one_xsp());
  world.start();
  world.net.hangs = is_heartbeat;
  auto const began = world.clock.uptime();
  while (world.net.count("async") < 2 && world.clock.uptime() < began + 60s)
    world.clock.advance(100ms);
  EXPECT_LE(seconds(world.clock.uptime() - began), 35);
  EXPECT_GE(seconds(world.clock.uptime() - began), 20) << "one failure alone is not death";
}

TEST(XsiChannel, does_not_reopen_for_503_while_the_stream_flows) {
  World world(one_xsp());
  world.start();
  world.net.rule = heartbeats_answer(503);
  for (int i = 0; i < 120; ++i) {
    world.clock.advance(1s);
    world.net.feed("xsp1", World::heartbeat);
  }
  EXPECT_EQ(world.net.count("async"), 1u);
  world.clock.advance(31s);
  EXPECT_GE(world.net.count("async"), 2u) << "silent and failing is dead";
}

TEST(XsiChannel, notices_silence_after_60_seconds_once_heartbeats_were_seen) {
  World world(one_xsp());
  world.start();
  world.net.feed("xsp1", World::heartbeat);
  world.clock.advance(59s);
  EXPECT_EQ(world.net.count("async"), 1u);
  world.clock.advance(2s);
  EXPECT_EQ(world.net.count("async"), 2u);
  EXPECT_NE(world.session.health().channels[0].state, "");
}

TEST(XsiChannel, never_notices_silence_where_the_server_sends_no_heartbeats) {
  World world(one_xsp());
  world.start();
  world.clock.advance(30min);
  EXPECT_EQ(world.net.count("async"), 1u);
}

TEST(XsiChannel, gives_up_on_a_head_or_a_channel_document_that_does_not_come) {
  for (bool const head : {false, true}) {
    World world(one_xsp());
    (head ? world.net.silent_documents : world.net.silent_heads) = true;
    world.start();
    world.clock.advance(9800ms);
    EXPECT_EQ(world.net.count("async"), 1u);
    EXPECT_FALSE(world.session.health().channels[0].up);
    world.clock.advance(1s);
    EXPECT_EQ(world.net.count("async"), 2u);
    EXPECT_NE(world.session.health().channels[0].state, "up");
  }
}

TEST(XsiChannel, reopens_after_every_reason_of_termination_that_is_not_final) {
  struct Case {
    char const* reason;
    bool at_once;
    char const* warning;  ///< what an operator is told; empty = nothing
  };
  for (auto const& [reason, at_once, warning] :
       {Case{"ExplicitDelete", false, ""}, Case{"Expired", true, "expire"},
        Case{"NonResponsiveChannel", true, "acknowledgements did not reach"},
        Case{"UnknownChannel", true, "status 404"}, Case{"BrandNewReason", false, ""}}) {
    World world(one_xsp());
    world.start();
    world.net.feed("xsp1", world.terminated("xsp1", reason));
    world.clock.advance(300ms);
    EXPECT_EQ(world.net.streams("xsp1"), at_once ? 1u : 0u) << reason;
    world.clock.advance(1s);
    EXPECT_EQ(world.net.streams("xsp1"), 1u) << reason;
    EXPECT_EQ(world.net.count("async"), 2u);
    auto const warnings = world.session.health().warnings;
    ASSERT_EQ(warnings.size(), *warning == 0 ? 0u : 1u) << reason;
    if (!warnings.empty()) EXPECT_NE(warnings[0].find(warning), std::string::npos) << warnings[0];
    world.live(3700s);
    EXPECT_TRUE(world.session.health().warnings.empty()) << "it is forgotten after an hour";
  }
}

TEST(XsiChannel, stops_and_says_so_when_the_owner_was_deleted) {
  World world(one_xsp());
  world.start();
  world.net.feed("xsp1", world.terminated("xsp1", "UserDeleted"));
  world.clock.advance(60s);
  EXPECT_EQ(world.net.count("async"), 1u);
  EXPECT_NE(world.session.health().protection_down->find("was deleted"), std::string::npos);
}

TEST(XsiChannel, backs_off_with_jitter_but_never_longer_than_three_seconds) {
  World world(one_xsp());
  world.net.down["xsp1"] = true;
  world.start();
  world.clock.advance(120s);
  auto const tries = world.net.all("async");
  ASSERT_GE(tries.size(), 40u);
  double longest = 0;
  for (std::size_t i = 1; i < tries.size(); ++i)
    longest = std::max(longest, seconds(tries[i].when - tries[i - 1].when));
  EXPECT_LE(longest, 3.01);
  EXPECT_GE(longest, 2);
  EXPECT_LE(seconds(tries[1].when - tries[0].when), 0.26);
  EXPECT_NE(world.session.health().channels[0].state.find("backing off"), std::string::npos);
}

TEST(XsiChannel, does_not_slow_down_for_an_xsp_that_is_gone_while_calls_run) {
  World world;
  world.start();
  world.net.down["xsp1"] = true;
  world.net.cut("xsp1");
  for (int i = 0; i < 60; ++i) {
    world.net.feed("xsp2", world.event(i));
    world.live(60s);
  }
  auto const before = world.net.count("POST http://xsp1/com.broadsoft.async");
  world.live(60s);
  EXPECT_GE(world.net.count("POST http://xsp1/com.broadsoft.async") - before, 20u);
}

TEST(XsiChannel, slows_down_for_an_xsp_that_is_gone_for_good_and_hurries_when_the_other_goes_too) {
  World world;
  world.start();
  world.net.down["xsp1"] = true;
  world.net.cut("xsp1");
  world.live(3600s);
  auto const before = world.net.count("POST http://xsp1/com.broadsoft.async");
  world.live(600s);
  EXPECT_LE(world.net.count("POST http://xsp1/com.broadsoft.async") - before, 100u);
  world.net.down["xsp2"] = true;
  world.net.cut("xsp2");
  world.clock.drain();
  auto const dark = world.net.count("POST http://xsp1/com.broadsoft.async");
  world.clock.advance(30s);
  EXPECT_GE(world.net.count("POST http://xsp1/com.broadsoft.async") - dark, 8u);
}

TEST(XsiChannel, renews_a_rejected_token_once_and_opens_with_the_new_one) {
  World world(one_xsp());
  world.tokens.next = "token-2";
  world.net.rule = [](FakeXsps::Seen const& seen) -> Special {
    if (seen.token == "token-1") return FakeXsps::answer(401);
    return std::nullopt;
  };
  world.start();
  auto const tries = world.net.all("async");
  ASSERT_EQ(tries.size(), 2u);
  EXPECT_EQ(tries[1].token, "token-2");
  EXPECT_EQ(world.tokens.replaced, 1);
  EXPECT_TRUE(world.session.health().subscribed);
}

TEST(XsiChannel, does_not_hammer_with_a_rejected_token_but_takes_a_new_one_at_once) {
  World world(one_xsp());
  world.net.rule = [](FakeXsps::Seen const& seen) -> Special {
    if (opens(seen) && seen.token == "token-1") return FakeXsps::answer(401);
    return std::nullopt;
  };
  world.start();
  world.clock.advance(25s);
  EXPECT_EQ(world.net.count("async"), 2u);
  EXPECT_EQ(world.session.health().channels[0].state, "waiting for a token");
  world.tokens.current = "token-9";
  world.clock.advance(1100ms);
  EXPECT_TRUE(world.session.health().channels[0].up);
}

TEST(XsiChannel, waits_for_the_first_login) {
  World world(one_xsp());
  world.tokens.current.clear();
  world.start();
  world.clock.advance(30s);
  EXPECT_EQ(world.net.count("async"), 0u);
  EXPECT_NE(world.session.health().protection_down->find("login"), std::string::npos);
  world.tokens.current = "token-1";
  world.clock.advance(1100ms);
  EXPECT_TRUE(world.session.health().subscribed);
}

TEST(XsiChannel, tries_slowly_when_it_is_forbidden_and_minds_retry_after) {
  World world(one_xsp());
  world.net.rule = [](FakeXsps::Seen const& seen) -> Special {
    if (opens(seen)) return FakeXsps::answer(403, "<html>no</html>");
    return std::nullopt;
  };
  world.start();
  world.clock.advance(299s);
  EXPECT_EQ(world.net.count("async"), 1u);
  World busy(one_xsp());
  busy.net.rule = [](FakeXsps::Seen const& seen) -> Special {
    if (opens(seen)) return FakeXsps::answer(503, "", {{"Retry-After", "20"}});
    return std::nullopt;
  };
  busy.start();
  busy.clock.advance(19s);
  EXPECT_EQ(busy.net.count("async"), 1u);
  busy.clock.advance(2s);
  EXPECT_EQ(busy.net.count("async"), 2u);
}

}  // namespace
}  // namespace wardroom::xsi
