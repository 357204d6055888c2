// Channels: opening, granting, heartbeats, ending. Source: xsi.md 3, 4, 12.
#include "sim/tests/neighbour.hpp"

namespace wardroom::sim::test {
namespace {
using http::Method;
using std::chrono::seconds;
struct ChannelTest : Neighbour {
  std::string ended(Channel const& c) { return between(c.pipe->text, "<xsi:reason>", "</"); }
  int beat(std::size_t which, Channel const& c, http::Headers headers = {}) {
    return events(which, Method::put, "channel/" + c.id + "/heartbeat", "", std::move(headers))
        .response.status;
  }
  std::size_t beats(Channel const& c) {
    return std::size_t(std::count_if(
        c.pipe->documents.begin(), c.pipe->documents.end(),
        [](auto const& d) { return d.find("ChannelHeartBeat") != std::string::npos; }));
  }
};

TEST_F(ChannelTest, opens_on_the_async_path_with_post_and_a_token_only) {
  auto const path = "/com.broadsoft.async/com.broadsoft.xsi-events/v2.0/channel";
  auto const body = channel_body("s", "app");
  EXPECT_EQ(xsp(0, Method::get, path).response.status, 405);
  EXPECT_EQ(xsp(0, Method::post, "/com.broadsoft.xsi-events/v2.0/channel", body).response.status,
            404);
  EXPECT_EQ(xsp(0, Method::post, path, body, {}, false).response.status, 401);
  EXPECT_EQ(
      xsp(0, Method::post, path, body, {{"Content-Type", "application/json"}}).response.status,
      415);
  auto const c = open(0, body);
  EXPECT_EQ(c.status, 200);
  EXPECT_EQ(c.id.size(), 36u);
  EXPECT_NE(c.pipe->text.find("<expires>7200</expires>"), std::string::npos);
  EXPECT_NE(c.cookies.find("JSESSIONID="), std::string::npos);
}

TEST_F(ChannelTest, a_token_without_the_xsi_scope_gets_403) {
  admin_token = token_for("ada@acme.example", "spark:people_read");
  EXPECT_EQ(open(0, channel_body("s", "app")).status, 403);
}

TEST_F(ChannelTest, refuses_wrong_documents_with_error_info_in_latin1) {
  auto const good = channel_body("s", "app");
  auto without = [&](std::string what, std::string by) {
    auto out = good;
    return out.replace(out.find(what), what.size(), by);
  };
  for (auto const& bad :
       {std::string(), std::string("<Channel"), without("schema.broadsoft", "schema.other"),
        without("<priority>1</priority>",
                ""
                "<channelId>x</channelId>"),
        without("<weight>50</weight><expires>7200</expires>",
                "<expires>7200</expires><weight>50</weight>"),
        without("7200", "soon"), without("<channelSetId>s<", "<channelSetId><"),
        "<!DOCTYPE x>" + without("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "")}) {
    auto const a =
        xsp(0, Method::post, "/com.broadsoft.async/com.broadsoft.xsi-events/v2.0/channel", bad);
    EXPECT_EQ(a.response.status, 400) << bad;
    EXPECT_NE(a.response.body.find("encoding=\"ISO-8859-1\""), std::string::npos);
    EXPECT_NE(a.response.body.find("<errorCode>"), std::string::npos);
    EXPECT_FALSE(is_valid_utf8(a.response.body));
  }
}

TEST_F(ChannelTest, clamps_expires_and_ends_what_is_not_refreshed) {
  sim.faults.client_heartbeat_timeout_s = 1'000'000;
  auto const low = open(0, channel_body("s", "app", 60));
  EXPECT_NE(low.pipe->text.find("<expires>3600</expires>"), std::string::npos);
  auto const never = open(0, channel_body("s", "app", 2147483647));
  EXPECT_NE(never.pipe->text.find("<expires>86400</expires>"), std::string::npos);
  clock.advance(seconds(3000));
  auto const refreshed = events(
      0, Method::put, "channel/" + low.id,
      "<Channel xmlns=\"http://schema.broadsoft.com/xsi\"><expires>7200</expires></Channel>");
  EXPECT_EQ(refreshed.response.status, 200);
  clock.advance(seconds(7199));
  EXPECT_EQ(ended(low), "");
  clock.advance(seconds(1));
  EXPECT_EQ(ended(low), "Expired");
  EXPECT_EQ(low.pipe->ended, Ending::clean);
  EXPECT_EQ(beat(0, low), 404);
  EXPECT_EQ(beat(0, never), 200);
}

TEST_F(ChannelTest, a_delete_ends_it_with_explicit_delete_at_its_own_xsp_only) {
  auto const c = open(0, channel_body("s", "app"));
  EXPECT_EQ(events(1, Method::delete_, "channel/" + c.id).response.status, 404);
  EXPECT_EQ(events(0, Method::delete_, "channel/" + c.id).response.status, 200);
  EXPECT_EQ(ended(c), "ExplicitDelete");
  EXPECT_EQ(events(0, Method::delete_, "channel/" + c.id).response.status, 404);
}

TEST_F(ChannelTest, a_new_set_of_the_same_application_ends_the_old_one) {
  auto const a = open(0, channel_body("old", "app")), b = open(1, channel_body("old", "app")),
             other = open(0, channel_body("x", "another"));
  subscribe(org(), "old");
  auto const fresh = open(0, channel_body("new", "app"));
  EXPECT_EQ(ended(a), "DuplicateChannelSet");
  EXPECT_EQ(ended(b), "DuplicateChannelSet");
  EXPECT_EQ(ended(other), "");
  EXPECT_EQ(ended(fresh), "");
  EXPECT_TRUE(sim.xsi.subscriptions().empty());
}

TEST_F(ChannelTest, server_heartbeats_come_by_timer_as_echo_or_not_at_all) {
  sim.faults.client_heartbeat_timeout_s = 1'000'000;
  auto const c = open(0, channel_body("s", "app"));
  clock.advance(seconds(90));
  EXPECT_EQ(beats(c), 3u);
  sim.faults.server_heartbeats = "echo";
  clock.advance(seconds(60));
  EXPECT_EQ(beats(c), 3u);
  EXPECT_EQ(beat(0, c), 200);
  EXPECT_EQ(beats(c), 4u);
  sim.faults.server_heartbeats = "none";
  beat(0, c);
  clock.advance(seconds(60));
  EXPECT_EQ(beats(c), 4u);
}

TEST_F(ChannelTest, without_client_heartbeats_the_channel_is_dropped) {
  auto const c = open(0, channel_body("s", "app"));
  clock.advance(seconds(50));
  EXPECT_EQ(beat(1, c), 404) << "another XSP does not know it";
  EXPECT_EQ(beat(0, c), 200);
  clock.advance(seconds(59));
  EXPECT_FALSE(c.pipe->ended);
  clock.advance(seconds(1));
  EXPECT_EQ(c.pipe->ended, Ending::fin);
  EXPECT_EQ(beat(0, c), 404);
}

TEST_F(ChannelTest, with_affinity_heartbeats_need_the_cookies_of_the_channel) {
  sim.faults.affinity = true;
  auto const c = open(0, channel_body("s", "app"));
  EXPECT_EQ(beat(0, c), 404);
  EXPECT_EQ(beat(0, c, {{"Cookie", "SIMLB=xsp1"}}), 404);
  EXPECT_EQ(beat(0, c, {{"Cookie", c.cookies}}), 200);
}

TEST_F(ChannelTest, streams_can_break_at_any_byte_in_four_ways) {
  for (auto how : {"clean", "fin", "reset"}) {
    sim.faults.stream_cut_at = 77;
    sim.faults.stream_cut_count = 1;
    sim.faults.stream_cut_how = how;
    auto const c = open(0, channel_body("s", "app"));
    EXPECT_EQ(c.pipe->text.size(), 77u);
    EXPECT_EQ(c.pipe->ended, ending_of(how));
    EXPECT_EQ(sim.xsi.live_channels(), 0u);
  }
  sim.faults.stream_cut_count = 1;
  sim.faults.stream_cut_how = "silence";
  auto const c = open(0, channel_body("s", "app"));
  EXPECT_EQ(sim.xsi.live_channels(), 1u) << "half-open: the server still believes in it";
  clock.advance(seconds(40));
  EXPECT_EQ(c.pipe->text.size(), 77u);
}

TEST_F(ChannelTest, a_client_that_leaves_takes_the_channel_with_it) {
  auto const c = open(0, channel_body("s", "app"));
  c.pipe->gone();
  clock.drain();
  EXPECT_EQ(sim.xsi.live_channels(), 0u);
  EXPECT_EQ(beat(0, c), 404);
}

TEST_F(ChannelTest, the_channel_set_can_be_audited) {
  auto const a = open(0, channel_body("s", "app")), b = open(1, channel_body("s", "app"));
  auto const audit = events(1, Method::get, "channelset/s");
  EXPECT_EQ(audit.response.status, 200);
  EXPECT_NE(audit.response.body.find(a.id), std::string::npos);
  EXPECT_NE(audit.response.body.find(b.id), std::string::npos);
  auto const unknown = events(0, Method::get, "channelset/other");
  EXPECT_EQ(unknown.response.status, 403);
  EXPECT_NE(unknown.response.body.find("<errorCode>110842</errorCode>"), std::string::npos);
}

TEST_F(ChannelTest, the_channel_document_can_come_late_and_the_opening_be_refused) {
  sim.faults.channel_document_delay_ms = 5000;
  auto const c = open(0, channel_body("s", "app"));
  EXPECT_EQ(c.pipe->text, "");
  clock.advance(seconds(5));
  EXPECT_NE(c.pipe->text.find("<channelId>"), std::string::npos);
  sim.faults.refuse_channel = 503;
  EXPECT_EQ(open(0, channel_body("s", "app")).status, 503);
}

}  // namespace
}  // namespace wardroom::sim::test
