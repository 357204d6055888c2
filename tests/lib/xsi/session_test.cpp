// The session: opening, acknowledging, resync, reconnecting, blindness,
// stopping. Virtual time only.
#include "session_world.hpp"

#include <gtest/gtest.h>

namespace wardroom::xsi {
namespace {

using namespace std::chrono_literals;
using test::FakeXsps;
using test::World;

double seconds(BootClock::duration d) { return std::chrono::duration<double>(d).count(); }

TEST(XsiSession, opens_a_channel_to_every_xsp_in_one_set_and_subscribes_once) {
  World world;
  world.start();
  auto const opens = world.net.all("/com.broadsoft.async/com.broadsoft.xsi-events/v2.0/channel");
  ASSERT_EQ(opens.size(), 2u);
  auto set_of = [](std::string const& body) {
    auto const from = body.find("<channelSetId>");
    return body.substr(from, body.find("</channelSetId>") - from);
  };
  EXPECT_EQ(set_of(opens[0].request.body), set_of(opens[1].request.body));
  EXPECT_NE(opens[0].request.body.find("<applicationId>wardroom-test</applicationId>"),
            std::string::npos);
  EXPECT_EQ(opens[0].request.headers.get("Accept-Encoding"), "");
  EXPECT_EQ(opens[0].token, "token-1");
  auto const subscribes = world.net.all("POST http://xsp");
  ASSERT_EQ(world.net.count("/serviceprovider/0f1e2d3c-org"), 1u);
  auto const health = world.session.health();
  EXPECT_TRUE(health.monitoring);
  EXPECT_TRUE(health.subscribed);
  ASSERT_EQ(health.channels.size(), 2u);
  EXPECT_TRUE(health.channels[0].up);
  EXPECT_EQ(health.channels[1].state, "up");
  EXPECT_EQ(health.channels[1].host, "xsp2");
  EXPECT_FALSE(health.protection_down);
  EXPECT_EQ(world.sink.resyncs, std::vector<std::string>{"monitoring began"});
}

TEST(XsiSession, acknowledges_every_event_where_it_came_from_and_nothing_else) {
  World world;
  world.start();
  world.net.feed("xsp2", world.event(1) + World::heartbeat + world.event(2, "BrandNewEvent"));
  world.net.feed("xsp1", World::heartbeat);
  world.clock.advance(1s);
  auto const acks = world.net.all("/channel/eventresponse");
  ASSERT_EQ(acks.size(), 2u);
  EXPECT_EQ(acks[0].what, "POST http://xsp2/com.broadsoft.xsi-events/v2.0/channel/eventresponse");
  EXPECT_NE(acks[0].request.body.find("<eventID>event-1</eventID><statusCode>200</statusCode>"),
            std::string::npos);
  EXPECT_EQ(acks[0].request.connect_to, "192.0.2.7:443");
  EXPECT_EQ(acks[0].request.headers.get("Cookie"), "lb=xsp2");
  ASSERT_EQ(world.sink.events.size(), 2u);
  EXPECT_EQ(world.sink.events[0].id, EventId("event-1"));
  EXPECT_EQ(world.session.health().acks, 2u);
  EXPECT_EQ(world.sink.answers, (std::vector<int>{200, 200}));
  world.net.feed("xsp1", world.terminated("xsp1", "Expired"));
  world.clock.advance(1s);
  EXPECT_EQ(world.net.count("/channel/eventresponse"), 2u);
}

TEST(XsiSession, repeats_an_acknowledgement_quickly_and_forgets_one_that_is_refused) {
  World world;
  world.start();
  int asked = 0, status = 503;
  world.net.rule = [&](FakeXsps::Seen const& seen) -> std::optional<Result<http::ClientResponse>> {
    if (seen.what.find("eventresponse") == std::string::npos) return std::nullopt;
    ++asked;
    return FakeXsps::answer(status);
  };
  world.net.feed("xsp1", world.event(1));
  world.clock.advance(99ms);
  EXPECT_EQ(asked, 1);
  world.clock.advance(2ms);
  EXPECT_EQ(asked, 2);
  world.clock.advance(401ms);
  EXPECT_EQ(asked, 3);
  world.clock.advance(10s);
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(world.session.health().ack_failures, 1u);
  status = 404;
  world.net.feed("xsp1", world.event(2));
  world.clock.advance(10s);
  EXPECT_EQ(asked, 4);
  EXPECT_EQ(world.sink.events.size(), 2u) << "the decision never waits for the acknowledgement";
}

TEST(XsiSession, acknowledges_duplicates_but_delivers_them_once) {
  World world;
  world.start();
  world.net.feed("xsp1", world.event(1));
  world.net.feed("xsp2", world.event(1));
  world.clock.advance(1s);
  EXPECT_EQ(world.sink.events.size(), 1u);
  EXPECT_EQ(world.session.health().duplicates, 1u);
  EXPECT_EQ(world.net.count("eventresponse"), 2u);
}

TEST(XsiSession, asks_for_a_resync_when_a_number_stays_missing_for_two_seconds) {
  World world;
  world.start();
  world.net.feed("xsp1", world.event(1));
  world.net.feed("xsp2", world.event(3));
  world.clock.advance(1s);
  world.net.feed("xsp1", world.event(2));
  world.clock.advance(5s);
  EXPECT_EQ(world.sink.resyncs.size(), 1u) << "late is not lost";
  world.net.feed("xsp1", world.event(5));
  world.clock.advance(1900ms);
  EXPECT_EQ(world.sink.resyncs.size(), 1u);
  world.clock.advance(200ms);
  ASSERT_EQ(world.sink.resyncs.size(), 2u);
  EXPECT_NE(world.sink.resyncs[1].find("1 events never came"), std::string::npos);
}

TEST(XsiSession, salvages_a_broken_document_reopens_that_channel_and_resyncs) {
  World world;
  world.start();
  world.net.feed("xsp1", test::replaced(world.event(1), "</xsi:personality>", "</xsi:x>"));
  world.clock.advance(1s);
  EXPECT_EQ(world.session.health().malformed, 1u);
  EXPECT_EQ(world.net.count("eventresponse"), 1u);
  EXPECT_EQ(world.net.streams("xsp1"), 1u);
  EXPECT_EQ(world.session.health().reconnects, 1u);
  world.clock.advance(10s);
  EXPECT_EQ(world.sink.resyncs.size(), 2u) << "one for the document, the break and the return";
}

TEST(XsiSession, loses_nothing_while_another_channel_lives) {
  World world;
  world.start();
  world.net.cut("xsp1", Error{ErrorKind::unavailable, "connection reset", {}});
  world.clock.drain();
  EXPECT_FALSE(world.session.health().channels[0].up);
  EXPECT_NE(world.session.health().channels[0].last_error.find("connection reset"),
            std::string::npos);
  world.net.feed("xsp2", world.event(1));
  world.clock.advance(1s);
  EXPECT_TRUE(world.session.health().channels[0].up)
      << "the first retry comes within a quarter of a second";
  EXPECT_EQ(world.net.count("/serviceprovider/"), 1u);
  EXPECT_LT(world.session.health().blind_seconds, 0.1);
  world.clock.advance(10s);
  EXPECT_EQ(world.sink.resyncs.size(), 2u) << "an event may have died with the channel";
  EXPECT_EQ(world.net.count("DELETE http://xsp1/com.broadsoft.xsi-events/v2.0/channel/channel-1"),
            1u);
}

TEST(XsiSession, X4_counts_blind_seconds_and_resyncs_once_all_channels_were_down) {
  World world;
  world.start();
  world.clock.advance(10s);
  auto const before = world.session.health().blind_seconds;
  world.net.down["xsp1"] = world.net.down["xsp2"] = true;
  world.net.cut("xsp1");
  world.clock.advance(5s);
  EXPECT_DOUBLE_EQ(world.session.health().blind_seconds, before) << "xsp2 still sees";
  world.net.cut("xsp2");
  world.clock.drain();
  auto const went_blind = world.clock.uptime();
  world.clock.advance(14s);
  EXPECT_FALSE(world.session.health().protection_down);
  world.clock.advance(26s);
  ASSERT_TRUE(world.session.health().protection_down);
  EXPECT_NE(world.session.health().protection_down->find("40 s"), std::string::npos);
  EXPECT_EQ(world.session.health().blind_since, went_blind);
  EXPECT_NEAR(world.session.health().blind_seconds - before, 40, 0.01);
  world.net.down.clear();
  auto const back = world.clock.uptime();
  while (!world.session.health().subscribed && world.clock.uptime() < back + 10s)
    world.clock.advance(10ms);
  EXPECT_LE(seconds(world.clock.uptime() - back), 3.1) << "the backoff never exceeds 3 s";
  EXPECT_NEAR(world.session.health().blind_seconds - before,
              seconds(world.clock.uptime() - went_blind), 0.1);
  EXPECT_EQ(world.net.count("/subscription/sub-1"), 2u)
      << "the subscription was asked for when the first broke, and when the last one had";
  EXPECT_EQ(world.net.count("/serviceprovider/"), 1u) << "and lived";
  EXPECT_EQ(world.sink.resyncs.back(), "no channel was open for a while");
  EXPECT_FALSE(world.session.health().protection_down);
  ASSERT_EQ(world.sink.sights.size(), 4u);
  EXPECT_EQ(world.sink.sights[0].why, "monitoring begins");
  EXPECT_FALSE(world.sink.sights[2].sees);
  EXPECT_NE(world.sink.sights[2].why.find("xsp2: the server closed the stream"), std::string::npos);
  EXPECT_NEAR(world.sink.told_blind(), world.session.health().blind_seconds, 1e-6);
  EXPECT_EQ(world.session.health().blind_times, 1u);
}

TEST(XsiSession, X1_looks_for_the_xsps_within_two_seconds_of_a_login) {
  auto settings = test::two_xsps();
  settings.endpoints.clear();
  World world(settings);
  world.tokens.current.clear();
  world.organisation.error = Error{ErrorKind::unauthorized, "nobody is logged in"};
  world.start();
  world.clock.advance(std::chrono::minutes(10));
  auto const asked = world.organisation.asked;
  EXPECT_LT(asked, 30) << "without a token seldom, as every attempt is logged";
  world.tokens.current = "token-1";
  world.organisation.error.reset();
  world.clock.advance(std::chrono::seconds(2));
  EXPECT_EQ(world.organisation.asked, asked + 1);
}

TEST(XsiSession, X4_looks_for_the_xsps_within_two_seconds_of_another_token) {
  auto settings = test::two_xsps();
  settings.endpoints.clear();
  World world(settings);
  world.organisation.error = Error{ErrorKind::denied, "this token is refused"};
  world.start();
  world.clock.advance(std::chrono::minutes(1));
  auto const asked = world.organisation.asked;
  EXPECT_EQ(asked, 1) << "who is denied asks seldom";
  world.tokens.current = "another token";
  world.organisation.error.reset();
  world.clock.advance(std::chrono::seconds(2));
  EXPECT_EQ(world.organisation.asked, asked + 1);
}

TEST(XsiSession, X4_looks_for_the_xsps_soon_when_the_same_token_serves_again) {
  auto settings = test::two_xsps();
  settings.endpoints.clear();
  World world(settings);
  Error trouble{ErrorKind::denied, "admin: the token could not be renewed: 400: nobody knows why"};
  trouble.not_done = true;
  world.organisation.error = trouble;
  world.start();
  world.clock.advance(std::chrono::minutes(10));
  EXPECT_FALSE(world.session.health().subscribed);
  auto const said = world.session.health().protection_down.value_or("");
  EXPECT_EQ(said.find("enable XSI"), std::string::npos) << said;
  world.organisation.error.reset();
  world.clock.advance(32s);
  EXPECT_TRUE(world.session.health().subscribed);
}

TEST(XsiSession, subscribes_again_when_the_subscription_died_with_the_channels) {
  World world;
  world.start();
  world.net.rule = [](FakeXsps::Seen const& seen) -> std::optional<Result<http::ClientResponse>> {
    if (!seen.what.starts_with("GET") || !seen.what.ends_with("/subscription/sub-1"))
      return std::nullopt;
    return FakeXsps::answer(403, test::xsi_fixture("error_info.xml"));
  };
  world.net.cut("xsp1");
  world.net.cut("xsp2");
  world.clock.advance(2s);
  EXPECT_EQ(world.net.count("/serviceprovider/"), 2u);
  EXPECT_TRUE(world.session.health().subscribed);
  EXPECT_EQ(world.sink.resyncs.back(), "subscribed again");
}

TEST(XsiSession, X1_a_subscription_that_died_while_channels_broke_one_after_the_other_is_missed) {
  World world;
  world.start();
  world.net.rule = [](FakeXsps::Seen const& seen) -> std::optional<Result<http::ClientResponse>> {
    if (!seen.what.starts_with("GET") || !seen.what.ends_with("/subscription/sub-1"))
      return std::nullopt;
    return FakeXsps::answer(403, test::xsi_fixture("error_info.xml"));
  };
  world.net.cut("xsp1");  // xsp2 never breaks in our eyes
  world.clock.advance(2s);
  EXPECT_EQ(world.net.count("/serviceprovider/"), 2u);
  EXPECT_TRUE(world.session.health().subscribed);
  EXPECT_EQ(world.sink.resyncs.back(), "subscribed again");
}

TEST(XsiSession, subscribes_again_when_the_server_ends_the_subscription) {
  World world;
  world.start();
  world.net.feed("xsp1",
                 test::replaced(test::replaced(test::xsi_fixture("e09_subscription_terminated.xml"),
                                               "98b1c2d3-e4f5-4607-8899-a0b1c2d3e4f5", "sub-1"),
                                "0a1b2c3d-0009-4000-8000-000000000009", "the-end"));
  world.clock.advance(1s);
  EXPECT_EQ(world.net.count("/serviceprovider/"), 2u);
  EXPECT_EQ(world.net.count("eventresponse"), 1u);
  EXPECT_EQ(world.sink.resyncs.back(), "subscribed again");
}

TEST(XsiSession, refreshes_channels_and_subscription_at_half_of_what_was_granted) {
  World world;
  world.net.granted = 4000;
  world.start();
  world.live(1990s);
  EXPECT_EQ(world.net.count("<expires>"), 0u);
  auto refreshes = [&] {
    std::size_t n = 0;
    for (auto const& seen : world.net.all("PUT"))
      n += seen.what.find("heartbeat") == std::string::npos ? 1 : 0;
    return n;
  };
  EXPECT_EQ(refreshes(), 0u);
  world.live(20s);
  EXPECT_EQ(refreshes(), 3u) << "two channels and the subscription";
  EXPECT_EQ(world.net.count("PUT http://xsp1/com.broadsoft.xsi-events/v2.0/subscription/sub-1"),
            1u);
  world.live(1970s);
  EXPECT_EQ(refreshes(), 3u);
  world.live(40s);
  EXPECT_EQ(refreshes(), 6u);
}

TEST(XsiSession, audits_the_subscription_every_five_minutes) {
  World world;
  world.start();
  world.live(299s);
  EXPECT_EQ(world.net.count("GET"), 0u);
  world.live(2s);
  EXPECT_EQ(world.net.count("GET http://xsp1/com.broadsoft.xsi-events/v2.0/subscription/"), 1u);
  EXPECT_EQ(world.net.count("GET http://xsp1/com.broadsoft.xsi-events/v2.0/channelset/"), 1u);
  EXPECT_EQ(world.sink.resyncs.size(), 1u);
}

TEST(XsiSession, begins_a_new_channel_set_when_the_server_does_not_know_ours) {
  World world;
  int refusals = 0;
  world.net.rule = [&](FakeXsps::Seen const& seen) -> std::optional<Result<http::ClientResponse>> {
    if (seen.what.find("/serviceprovider/") == std::string::npos || refusals++ > 0)
      return std::nullopt;
    return FakeXsps::answer(
        403, test::replaced(test::xsi_fixture("error_info.xml"), "110862", "110842"));
  };
  world.start();
  world.clock.advance(3s);
  auto const subscribes = world.net.all("/serviceprovider/");
  ASSERT_EQ(subscribes.size(), 2u);
  EXPECT_NE(subscribes[0].request.body, subscribes[1].request.body);
  EXPECT_TRUE(world.session.health().subscribed);
}

TEST(XsiSession, yields_to_another_instance_and_tries_again_after_five_minutes) {
  World world;
  world.start();
  world.net.feed("xsp1", world.terminated("xsp1", "DuplicateChannelSet"));
  world.net.feed("xsp2", world.terminated("xsp2", "DuplicateChannelSet"));
  world.clock.drain();
  auto const opens = world.net.count("POST http://xsp1/com.broadsoft.async");
  ASSERT_TRUE(world.session.health().protection_down);
  EXPECT_NE(world.session.health().protection_down->find("another instance owns the organisation"),
            std::string::npos);
  EXPECT_TRUE(world.session.health().blind_since);
  EXPECT_FALSE(world.session.health().subscribed);
  world.clock.advance(299s);
  EXPECT_EQ(world.net.count("POST http://xsp1/com.broadsoft.async"), opens);
  world.clock.advance(77s);
  EXPECT_EQ(world.net.count("POST http://xsp1/com.broadsoft.async"), opens + 1);
  EXPECT_TRUE(world.session.health().subscribed);
  EXPECT_FALSE(world.session.health().protection_down);
  auto const bodies = world.net.all("POST http://xsp1/com.broadsoft.async");
  EXPECT_NE(bodies.front().request.body, bodies.back().request.body)
      << "with a channel set of its own";
}

TEST(XsiSession, deletes_the_subscription_then_the_channels_when_stopped) {
  World world;
  world.start();
  auto const took = world.stop();
  EXPECT_FALSE(world.running());
  EXPECT_EQ(world.failure, nullptr);
  EXPECT_LT(seconds(took), 3);
  auto const goodbyes = world.net.all("DELETE");
  ASSERT_EQ(goodbyes.size(), 3u);
  EXPECT_NE(goodbyes[0].what.find("/subscription/sub-1"), std::string::npos);
  EXPECT_NE(goodbyes[1].what.find("/channel/channel-"), std::string::npos);
  EXPECT_EQ(world.net.streams("xsp1") + world.net.streams("xsp2"), 0u);
  EXPECT_FALSE(world.session.health().monitoring);
  EXPECT_EQ(world.session.health().channels[0].state, "stopped");
}

TEST(XsiSession, stops_within_three_seconds_even_when_nobody_answers) {
  World world;
  world.start();
  world.net.feed("xsp1", world.event(1));
  world.net.hangs = [](FakeXsps::Seen const&) { return true; };
  world.net.feed("xsp1", world.event(2));
  EXPECT_LT(seconds(world.stop()), 3);
  EXPECT_FALSE(world.running());
}

TEST(XsiSession, runs_again_after_it_was_stopped) {
  World world;
  world.start();
  world.stop();
  auto const blind = world.session.health().blind_seconds;
  world.clock.advance(1h);
  EXPECT_DOUBLE_EQ(world.session.health().blind_seconds, blind)
      << "not monitoring is not blindness";
  world.start();
  EXPECT_TRUE(world.session.health().subscribed);
  world.net.feed("xsp1", world.event(1, "CallReceivedEvent", "sub-2"));
  EXPECT_EQ(world.sink.events.size(), 1u);
}

}  // namespace
}  // namespace wardroom::xsi
