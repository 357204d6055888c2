// The API of simulated bridges: objects with exact names, pages, messages, receivers, refusals.
#include "sim/tests/cms_kit.hpp"

#include <fmt/format.h>

namespace wardroom::sim::test {
namespace {

using http::Method;

struct CmsApiTest : CmsKit {
  CmsApiTest() {
    cms.add_bridge();
    cms.add_bridge();
    ann = join({.conference = "Board", .name = "Ann", .address = "ann@secure.acme.example"});
    mallory = join({.conference = "Board",
                    .bridge = 1,
                    .name = "Mallory",
                    .address = "mallory@partner.example.net"});
    call = cms.people().at(ann).call;
  }
  std::string put(std::string const& form) {
    auto const a = api(Method::put, "/calls/" + call, form);
    return a.response.status == 200 ? "" : a.response.body;
  }
  std::string of_call(char const* name) {
    return std::string(get("/calls/" + call).root().text_of(name));
  }
  std::uint64_t ann = 0, mallory = 0;
  std::string call;
};

TEST_F(CmsApiTest, calls_legs_and_participants_have_their_documented_names) {
  auto const list = get("/calls");
  EXPECT_EQ(list.root().attribute("total"), "1");
  auto const one = list.root().first();
  EXPECT_EQ(one.attribute("id"), call);
  EXPECT_FALSE(one.text_of("coSpace").empty());
  EXPECT_FALSE(one.text_of("callCorrelator").empty());
  EXPECT_EQ(of_call("numParticipantsLocal"), "1");
  EXPECT_EQ(of_call("numParticipantsRemote"), "1");
  EXPECT_EQ(of_call("numDistributedInstances"), "1");
  EXPECT_EQ(of_call("messagePosition"), "middle");
  EXPECT_EQ(of_call("messageDuration"), "0");

  auto const legs = get("/calls/" + call + "/callLegs");
  EXPECT_EQ(legs.root().attribute("total"), "2") << "Ann and the link";
  EXPECT_FALSE(legs.root().first().has("type")) << "no type in lists";
  auto const leg = get("/callLegs/" + cms.people().at(ann).legs[0]);
  EXPECT_EQ(leg.root().text_of("type"), "sip");
  EXPECT_EQ(leg.root().child("status").text_of("state"), "connected");
  auto const link = get("/callLegs/" + std::string(legs.root().first().next().attribute("id")));
  EXPECT_EQ(link.root().text_of("subType"), "distributionLink");

  auto const people = get("/calls/" + call + "/participants");
  EXPECT_EQ(people.root().attribute("total"), "2");
  auto const first = people.root().first(), second = first.next();
  EXPECT_FALSE(first.has("callBridge"));
  EXPECT_EQ(second.text_of("callBridge"), cms.bridge(1).guid);
  EXPECT_EQ(second.attribute("id"), cms.people().at(mallory).participant);
  EXPECT_EQ(get("/participants/" + cms.people().at(ann).participant).root().text_of("uri"),
            "ann@secure.acme.example");
}

TEST_F(CmsApiTest, what_is_another_bridges_or_over_is_not_there) {
  auto const other = cms.people().at(mallory).call;
  auto const refused = api(Method::get, "/calls/" + other);
  EXPECT_EQ(refused.response.status, 404);
  EXPECT_NE(refused.response.body.find("<callDoesNotExist />"), std::string::npos);
  EXPECT_NE(api(Method::get, "/callLegs/x").response.body.find("callLegDoesNotExist"),
            std::string::npos);
  EXPECT_EQ(api(Method::get, "/calls", "", 0, "wardroom:wrong").response.status, 401);
}

TEST_F(CmsApiTest, a_page_holds_no_more_than_the_server_likes) {
  for (int i = 0; i < 14; ++i)
    join({.conference = "Board", .address = fmt::format("p{}@acme.example", i)});
  auto const path = "/calls/" + call + "/callLegs";
  auto count = [&](std::string const& query) {
    auto const page = get(path + query);
    EXPECT_EQ(page.root().attribute("total"), "16");
    std::size_t n = 0;
    for (auto e = page.root().first(); e; e = e.next()) ++n;
    return n;
  };
  EXPECT_EQ(count(""), 10u);
  EXPECT_EQ(count("?limit=100"), 10u);
  EXPECT_EQ(count("?offset=10&limit=100"), 6u);
  EXPECT_EQ(count("?offset=16"), 0u);
  cms.bridge(0).faults.shift_pages = true;
  EXPECT_EQ(count("?offset=10"), 5u) << "one was pushed to the page before";
}

TEST_F(CmsApiTest, a_message_changes_by_what_is_named_and_counts_down) {
  EXPECT_EQ(
      put("messageText=Security%20Level%203&messagePosition=bottom&messageDuration=permanent"), "");
  ASSERT_TRUE(cms.bridge(0).screen(call));
  EXPECT_EQ(cms.bridge(0).screen(call)->text, "Security Level 3");
  EXPECT_FALSE(cms.bridge(1).screen(cms.people().at(mallory).call)) << "each call has its own";
  EXPECT_EQ(put("messagePosition=top"), "");
  EXPECT_EQ(of_call("messageText"), "Security Level 3");
  EXPECT_EQ(of_call("messagePosition"), "top");
  EXPECT_EQ(put("messageDuration=30"), "");
  clock.advance(std::chrono::seconds(10));
  EXPECT_EQ(of_call("messageTimeRemaining"), "20");
  clock.advance(std::chrono::seconds(20));
  EXPECT_FALSE(cms.bridge(0).screen(call)) << "its time is over";
  EXPECT_EQ(put("messageText=&messageDuration=0"), "");
  EXPECT_FALSE(get("/calls/" + call).root().has("messageText"));
  EXPECT_NE(put("messagePosition=left").find("parameterError"), std::string::npos);
  EXPECT_EQ(cms.bridge(0).puts.size(), 4u) << "what was refused is none";
}

TEST_F(CmsApiTest, receivers_are_added_changed_removed_and_are_four_at_most) {
  for (int i = 0; i < 4; ++i) {
    auto const made = api(Method::post, "/system/cdrReceivers",
                          fmt::format("uri=http%3A%2F%2F127.0.0.1%2Fcdr%3Fn%3D{}", i));
    EXPECT_EQ(made.response.status, 200);
    EXPECT_TRUE(made.response.headers.get("Location").starts_with("/api/v1/system/cdrReceivers/"));
  }
  EXPECT_NE(api(Method::post, "/system/cdrReceivers", "uri=http%3A%2F%2Fx")
                .response.body.find("tooManyCdrReceivers"),
            std::string::npos);
  auto const list = get("/system/cdrReceivers");
  EXPECT_EQ(list.root().attribute("total"), "4");
  EXPECT_EQ(list.root().attribute("maximum"), "4");
  auto const first = list.root().first();
  EXPECT_EQ(first.text_of("uri"), "http://127.0.0.1/cdr?n=0");
  auto const path = "/system/cdrReceivers/" + std::string(first.attribute("id"));
  EXPECT_EQ(api(Method::put, path, "uri=http%3A%2F%2Fy").response.status, 200);
  EXPECT_EQ(get(path).root().text_of("uri"), "http://y");
  EXPECT_EQ(api(Method::delete_, path).response.status, 200);
  EXPECT_EQ(api(Method::get, path).response.status, 404);
  EXPECT_EQ(cms.bridge(1).receivers.size(), 0u) << "each bridge has its own";
  cms.bridge(1).faults.receiver_parameter = "url";
  EXPECT_EQ(api(Method::post, "/system/cdrReceivers", "uri=http%3A%2F%2Fx", 1).response.status,
            400);
}

TEST_F(CmsApiTest, a_bridge_tells_of_itself_and_its_cluster) {
  auto const status = get("/system/status");
  EXPECT_EQ(status.root().text_of("clusterEnabled"), "true");
  EXPECT_EQ(status.root().text_of("cdrCorrelatorIndex"),
            std::to_string(cms.bridge(0).next_index()));
  EXPECT_EQ(get("/system/configuration/cluster").root().text_of("uniqueName"), "cms1");
  auto const all = get("/callBridges");
  EXPECT_EQ(all.root().attribute("total"), "2");
  EXPECT_FALSE(all.root().first().has("address")) << "in single objects only";
  auto const one = get("/callBridges/" + cms.bridge(1).guid);
  EXPECT_EQ(one.root().text_of("address"), "https://10.2.0.1:8443");
  EXPECT_EQ(one.root().text_of("sipDomain"), "cms2.acme.example");
}

TEST_F(CmsApiTest, it_misbehaves_as_told) {
  auto& f = cms.bridge(0).faults;
  f.busy = f.html = f.redirect = f.truncate = f.reset = f.hang = 1;
  EXPECT_EQ(api(Method::get, "/calls").wire, Answer::Wire::hang);
  auto const busy = api(Method::get, "/calls");
  EXPECT_EQ(busy.response.status, 503);
  EXPECT_EQ(busy.wire, Answer::Wire::reset);
  EXPECT_EQ(api(Method::get, "/calls").response.headers.get("Content-Type"), "text/html");
  EXPECT_EQ(api(Method::get, "/calls").response.status, 302);
  f.truncate = 1;
  EXPECT_FALSE(xml::parse(api(Method::get, "/calls").response.body));
  f.end_after_put = 1;
  EXPECT_EQ(put("messageText=x"), "");
  EXPECT_EQ(api(Method::get, "/calls/" + call).response.status, 404);
  cms.bridge(0).options.password = "new";
  EXPECT_EQ(api(Method::get, "/calls").response.status, 401);
  cms.bridge(1).faults.dead = true;
  EXPECT_EQ(api(Method::get, "/calls", "", 1).wire, Answer::Wire::hang);
}

}  // namespace
}  // namespace wardroom::sim::test
