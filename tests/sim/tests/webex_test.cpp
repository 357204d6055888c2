// REST of the simulated Webex: rights, shapes, paging. Source: webex-rest.md 2, 3, 8.4, 12.
#include "sim/tests/neighbour.hpp"

#include <set>

namespace wardroom::sim::test {
namespace {
using http::Method;
struct WebexSimTest : Neighbour {
  static std::string next_of(Answer const& a) {
    return between(a.response.headers.get("Link"), "<", ">; rel=\"next\"");
  }
};

TEST_F(WebexSimTest, every_answer_has_its_own_tracking_id) {
  std::set<std::string> seen;
  for (auto path : {"/v1/people", "/v1/nothing", "/v1/authorize", "/v1/access_token"})
    seen.emplace(get(path, "").response.headers.get("TrackingID"));
  EXPECT_EQ(seen.size(), 4u);
  EXPECT_FALSE(seen.contains(""));
}

TEST_F(WebexSimTest, answers_401_403_404_and_405_where_the_service_does) {
  auto const person = token_for("zoe.mueller@acme.example");
  auto const bare = token_for("ada@acme.example", "spark:kms");
  EXPECT_EQ(get("/v1/people/me", "").response.status, 401);
  EXPECT_EQ(get("/v1/people/me", "made-up").response.status, 401);
  EXPECT_EQ(get("/v1/people/me", bare).response.status, 403);
  EXPECT_EQ(get("/v1/roles", person).response.status, 403)
      << "a scope does not make an administrator";
  EXPECT_EQ(get("/v1/organizations", person).response.status, 403);
  EXPECT_EQ(get("/v1/people", person).response.status, 400) << "only administrators list everybody";
  EXPECT_EQ(get("/v1/devices", person).response.status, 404);
  EXPECT_EQ(get("/v1/people/" + api_id("PEOPLE", "nobody"), person).response.status, 404);
  EXPECT_EQ(get("/v1/people/garbage", person).response.status, 400);
  auto const wrong = rest(Method::delete_, "/v1/people/me", "", person);
  EXPECT_EQ(wrong.response.status, 405);
  EXPECT_EQ(wrong.response.headers.get("Allow"), "GET");
}

TEST_F(WebexSimTest, an_administrator_sees_more_of_a_person_than_others_do) {
  auto const admin = token_for("ada@acme.example"), person = token_for("zoe.mueller@acme.example");
  auto const me = json(get("/v1/people/me", admin));
  EXPECT_EQ(me["emails"], nlohmann::json::array({"ada@acme.example"}));
  EXPECT_EQ(me["roles"][0], "Y2lzY29zcGFyazovL3VzL1JPTEUvaWRfZnVsbF9hZG1pbg");
  EXPECT_EQ(me["orgId"], sim.org.id());
  auto const zoe = json(get("/v1/people/me", person));
  EXPECT_EQ(zoe["displayName"], "Zoë Müller");
  for (auto key : {"roles", "loginEnabled", "invitePending", "department"})
    EXPECT_FALSE(zoe.contains(key)) << key;
  auto const seen =
      json(get("/v1/people/" + zoe["id"].get<std::string>(), admin, "callingData=true"));
  EXPECT_EQ(seen["loginEnabled"], true);
  EXPECT_EQ(json(get("/v1/locations/" + seen["locationId"].get<std::string>(),
                     admin))["address"]["country"],
            "AT");
}

TEST_F(WebexSimTest, people_come_in_pages_whose_next_is_absolute_opaque_and_keeps_the_filter) {
  auto const admin = token_for("ada@acme.example");
  std::set<std::string> seen;
  std::string query = "max=5&callingData=true";
  int pages = 0;
  while (!query.empty() && pages < 10) {
    auto const page = get("/v1/people", admin, query);
    ASSERT_EQ(page.response.status, 200);
    ++pages;
    for (auto const& p : json(page)["items"]) EXPECT_TRUE(seen.insert(p["emails"][0]).second);
    auto const next = next_of(page);
    if (!next.empty()) {
      EXPECT_TRUE(next.starts_with("http://127.0.0.1:8481/v1/people?")) << next;
      EXPECT_NE(next.find("callingData=true"), std::string::npos);
    }
    query = next.substr(std::min(next.find('?') + 1, next.size()));
  }
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(seen.size(), 13u);
  EXPECT_EQ(get("/v1/people", admin, "max=5&cursor=made-up").response.status, 400);
  EXPECT_EQ(get("/v1/people", admin, "max=0").response.status, 400);
  EXPECT_EQ(json(get("/v1/people", admin, "max=99999"))["items"].size(), 13u)
      << "clamped, not refused";
  EXPECT_EQ(json(get("/v1/people", admin, "email=ZOE.mueller%40acme.example"))["items"].size(), 1u);
}

TEST_F(WebexSimTest, next_links_can_go_astray) {
  auto const admin = token_for("ada@acme.example");
  sim.faults.people_next = "foreign";
  EXPECT_TRUE(next_of(get("/v1/people", admin, "max=5")).starts_with("http://127.0.0.2"));
  sim.faults.people_next = "null_max";
  EXPECT_NE(next_of(get("/v1/people", admin, "max=5")).find("max=null"), std::string::npos);
  sim.faults.people_next = "empty_last";
  auto const next = next_of(get("/v1/people", admin, "max=100"));
  EXPECT_EQ(json(get("/v1/people", admin, next.substr(next.find('?') + 1)))["items"].size(), 0u);
  sim.faults.people_next = "lost_filter";
  auto const lost = next_of(get("/v1/people", admin, "max=5&callingData=true"));
  EXPECT_EQ(lost.find("callingData"), std::string::npos) << lost;
  EXPECT_NE(lost.find("cursor="), std::string::npos) << lost;
  sim.faults.people_next = "loop";
  auto const first = next_of(get("/v1/people", admin, "max=5"));
  EXPECT_EQ(next_of(get("/v1/people", admin, first.substr(first.find('?') + 1))), first);
  sim.faults.people_next = "duplicate";
  auto const one = get("/v1/people", admin, "max=5");
  auto const link = next_of(one);
  auto const two = get("/v1/people", admin, link.substr(link.find('?') + 1));
  EXPECT_EQ(json(one)["items"].back(), json(two)["items"].front());
}

TEST_F(WebexSimTest, a_later_page_can_fail_on_its_own) {
  auto const admin = token_for("ada@acme.example");
  ASSERT_TRUE(set_switches(
      sim.faults,
      {{"answers", nlohmann::json::array({{{"path_contains", "cursor="}, {"status", 429}}})}}));
  auto const one = get("/v1/people", admin, "max=5");
  EXPECT_EQ(one.response.status, 200);
  auto const next = next_of(one);
  auto const query = next.substr(next.find('?') + 1);
  EXPECT_EQ(get("/v1/people", admin, query).response.status, 429);
  EXPECT_EQ(get("/v1/people", admin, query).response.status, 200);
}

TEST_F(WebexSimTest, the_organisation_tells_its_xsi_endpoints_only_when_asked_and_allowed) {
  auto const admin = token_for("ada@acme.example");
  EXPECT_FALSE(json(get("/v1/organizations", admin))["items"][0].contains("xsiDomain"));
  auto const org = json(get("/v1/organizations/" + sim.org.id(), admin, "callingData=true"));
  EXPECT_EQ(org["xsiEventsChannelEndpoint"],
            "http://127.0.0.1:8482/com.broadsoft.async/com.broadsoft.xsi-events");
  EXPECT_EQ(org["xsiActionsEndpoint"], "http://127.0.0.1:8482/com.broadsoft.xsi-actions");
  EXPECT_EQ(org["xsiDomain"], "127.0.0.1");
  auto const without = token_for("ada@acme.example", "spark-admin:organizations_read");
  EXPECT_FALSE(json(get("/v1/organizations", without, "callingData=true"))["items"][0].contains(
      "xsiDomain"));
  sim.faults.calling_data = false;
  EXPECT_FALSE(
      json(get("/v1/organizations", admin, "callingData=true"))["items"][0].contains("xsiDomain"));
}

TEST_F(WebexSimTest, the_same_seed_gives_the_same_people_whatever_their_number) {
  Organisation const small(1, 13), large(1, 500), other(2, 13);
  EXPECT_EQ(small.by_email("zoe.mueller@acme.example")->id,
            large.by_email("zoe.mueller@acme.example")->id);
  EXPECT_NE(small.id(), other.id());
  EXPECT_EQ(large.people().size(), 500u);
  EXPECT_EQ(value_of_api_id(small.id()), small.uuid());
  EXPECT_EQ(large.by_dialled(large.people()[300].e164()), &large.people()[300]);
}

}  // namespace
}  // namespace wardroom::sim::test
