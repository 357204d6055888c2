// How a session finds its XSPs and follows their coming and going.
#include "session_world.hpp"

#include <gtest/gtest.h>

namespace wardroom::xsi {
namespace {

using namespace std::chrono_literals;
using test::World;

TEST(XsiSession, finds_its_xsps_by_srv_and_follows_changes) {
  XsiSettings settings;
  World world(settings);
  world.srv.answer =
      SrvAnswer{{{"xsp1.example.net", 443, 1, 1}, {"xsp2.example.net", 443, 2, 1}}, 30s};
  world.start();
  EXPECT_EQ(world.srv.names, std::vector<std::string>{"_xsi-client._tcp.example.net"});
  EXPECT_EQ(world.net.streams("xsp1.example.net"), 1u);
  EXPECT_EQ(world.net.streams("xsp2.example.net"), 1u);
  world.srv.answer =
      SrvAnswer{{{"xsp2.example.net", 443, 2, 1}, {"xsp3.example.net", 443, 2, 1}}, 30s};
  world.clock.advance(301s);
  EXPECT_EQ(world.net.streams("xsp1.example.net"), 0u);
  EXPECT_EQ(world.net.streams("xsp3.example.net"), 1u);
  EXPECT_EQ(world.session.health().channels.size(), 2u);
  world.srv.answer = failure(ErrorKind::timed_out, "DNS is silent");
  world.clock.advance(301s);
  EXPECT_EQ(world.net.streams("xsp3.example.net"), 1u) << "no answer changes nothing";
  EXPECT_EQ(world.sink.resyncs.size(), 1u);
}

TEST(XsiSession, uses_the_endpoint_itself_when_dns_has_no_record) {
  World world((XsiSettings()));
  world.start();
  EXPECT_EQ(world.net.streams("api.example.net"), 1u);
}

TEST(XsiSession, sends_no_token_to_an_srv_target_in_another_domain) {
  World world((XsiSettings()));
  world.srv.answer =
      SrvAnswer{{{"xsp1.example.net", 443, 1, 1}, {"xsp.evil.test", 443, 1, 1}}, 30s};
  world.start();
  EXPECT_EQ(world.net.streams("xsp1.example.net"), 1u);
  EXPECT_EQ(world.net.count("evil"), 0u);
  world.srv.answer = SrvAnswer{{{"xsp.evil.test", 443, 1, 1}}, 30s};
  world.clock.advance(301s);
  EXPECT_EQ(world.net.count("evil"), 0u);
  EXPECT_EQ(world.net.streams("api.example.net"), 1u) << "the endpoint itself serves then";
}

TEST(XsiSession, says_that_xsi_is_not_enabled) {
  World world((XsiSettings()));
  world.organisation.error =
      Error{ErrorKind::not_found, "the organisation has no XSI endpoints", {}};
  world.start();
  ASSERT_TRUE(world.session.health().protection_down);
  EXPECT_NE(world.session.health().protection_down->find("enable XSI"), std::string::npos);
  world.organisation.error.reset();
  world.clock.advance(301s);
  EXPECT_TRUE(world.session.health().subscribed);
  EXPECT_FALSE(world.session.health().protection_down);
}

}  // namespace
}  // namespace wardroom::xsi
