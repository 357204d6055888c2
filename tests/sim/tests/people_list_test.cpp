// The list of people: what each is told with, and the ways in which the list goes wrong.
#include "sim/tests/space_kit.hpp"

#include <chrono>
#include <set>

namespace wardroom::sim::test {
namespace {

struct PeopleListTest : SpaceKit {
  std::vector<std::string> listed(std::string const& query = "max=5") {
    return texts(read("/v1/people", query, ada), "id");
  }
  nlohmann::json person(std::string const& email) {
    return read("/v1/people", "email=" + email, ada).at(0);
  }
};

TEST_F(PeopleListTest, tells_addresses_titles_licences_and_types) {
  ASSERT_TRUE(sim.org.change("bela@acme.example",
                             {{"title", "Engineer"},
                              {"department", ""},
                              {"invite_pending", true},
                              {"emails", {"Bela.Ory@Acme.Example", "bela@acme.example"}}}));
  auto const bela = person("BELA%40acme.example");
  EXPECT_EQ(bela["emails"], nlohmann::json::array({"Bela.Ory@Acme.Example", "bela@acme.example"}));
  EXPECT_EQ(bela["title"], "Engineer");
  EXPECT_EQ(bela["type"], "person");
  EXPECT_EQ(bela["invitePending"], true);
  EXPECT_EQ(bela["licenses"].size(), 2u);
  EXPECT_FALSE(bela.contains("department"));
  EXPECT_FALSE(bela.contains("locationId"));
  sim.faults.flags_as_text = true;
  EXPECT_EQ(person("bela%40acme.example")["invitePending"], "true");
  EXPECT_EQ(person("bela%40acme.example")["loginEnabled"], "true");
  EXPECT_EQ(
      read("/v1/people", "id=" + id_of("ada@acme.example") + "," + id_of("bela@acme.example"), ada)
          .size(),
      2u);
}

TEST_F(PeopleListTest, those_whose_account_was_deleted_are_nowhere) {
  ASSERT_TRUE(sim.org.change("bela@acme.example", {{"gone", true}}));
  EXPECT_EQ(listed().size(), 12u);
  EXPECT_EQ(read("/v1/people", "email=bela%40acme.example", ada).size(), 0u);
  EXPECT_EQ(get("/v1/people/" + id_of("bela@acme.example"), ada).response.status, 404);
  EXPECT_EQ(get("/v1/people/" + id_of("max.former@acme.example"), ada).response.status, 404);
}

TEST_F(PeopleListTest, may_be_half_empty_stale_or_damaged) {
  auto const all = listed();
  sim.faults.people_shown = "half";
  EXPECT_EQ(listed(), std::vector(all.begin(), all.begin() + 7));
  sim.faults.people_shown = "none";
  EXPECT_EQ(listed().size(), 0u);
  sim.faults = {};
  sim.faults.people_stale = true;
  sim.webex.follow_faults();
  ASSERT_TRUE(sim.org.hire("new@acme.example", "New", "Hire"));
  ASSERT_TRUE(sim.org.change("bela@acme.example", {{"gone", true}}));
  EXPECT_EQ(listed(), all);
  EXPECT_EQ(get("/v1/people/" + id_of("bela@acme.example"), ada).response.status, 404)
      << "one by one the truth is told";
  sim.faults.people_stale = false;
  sim.webex.follow_faults();
  EXPECT_NE(listed(), all);
  sim.faults.item_errors = 3;
  sim.faults.people_omit = "department,loginEnabled";
  auto const damaged = read("/v1/people", "max=5", ada);
  EXPECT_TRUE(damaged[2].contains("errors"));
  EXPECT_FALSE(damaged[2].contains("emails"));
  EXPECT_FALSE(damaged[0].contains("department"));
  EXPECT_FALSE(damaged[0].contains("loginEnabled"));
  EXPECT_TRUE(damaged[0].contains("invitePending"));
}

TEST_F(PeopleListTest, next_links_leave_out_repeat_and_lead_elsewhere) {
  auto const all = listed();
  sim.faults.people_next = "skip_page";
  EXPECT_EQ(listed().size(), 8u);
  sim.faults.people_next = "page_again";
  EXPECT_EQ(listed().size(), 26u);
  sim.faults.people_next = "ends_early";
  EXPECT_EQ(listed().size(), 5u);
  sim.faults.people_next = "odd_cursor";
  EXPECT_EQ(listed(), all);
  sim.faults.people_next = "other_path";
  EXPECT_NE(next_of(get("/v1/people", ada, "max=5")).find("/v1/devices?"), std::string::npos);
  sim.faults.people_next = "null_max";
  EXPECT_EQ(listed(), all) << "max=null is the usual size";
  EXPECT_FALSE(set_switches(sim.faults, {{"people_next", "sideways"}}));
  EXPECT_FALSE(set_switches(sim.faults, {{"members_shown", "some"}}));
}

TEST_F(PeopleListTest, every_so_manieth_request_can_be_refused_and_impatience_is_counted) {
  ASSERT_TRUE(
      set_switches(sim.faults, {{"answers", nlohmann::json::array({{{"door", "rest"},
                                                                    {"status", 429},
                                                                    {"every", 3},
                                                                    {"count", -1},
                                                                    {"retry_after", "5"}}})}}));
  std::vector<int> seen;
  for (int i = 0; i < 6; ++i) {
    seen.push_back(get("/v1/people", ada, "max=5").response.status);
    clock.advance(std::chrono::seconds(1));
  }
  EXPECT_EQ(seen, (std::vector{200, 200, 429, 200, 200, 429}));
  auto const counters = sim.webex.counters();
  EXPECT_EQ(counters["impatient"], 3) << "within the five seconds after the first refusal";
  EXPECT_EQ(counters["by_kind"]["GET people"], 6);
}

TEST_F(PeopleListTest, requests_under_way_are_counted_for_each_token) {
  auto const one = get("/v1/people", ada), two = get("/v1/people", ada),
             other = get("/v1/people/me", zoe);
  EXPECT_EQ(sim.webex.counters()["most_in_flight"], 2);
}

TEST_F(PeopleListTest, four_thousand_members_come_in_four_pages) {
  Platform large{clock, dice, 1, 4'000};
  ASSERT_TRUE(large.rooms.make(
      {{"title", "Huge"}, {"moderators", {"ada@acme.example"}}, {"people", {0, 4'000}}}));
  auto const id = large.rooms.all().back().id;
  Bearer const who{&large.org.people().front(),
                   split_scopes("spark:memberships_read spark-admin:people_read"), "x"};
  Request request{http::Method::get, "/v1/memberships", "roomId=" + id + "&max=1000", {}, {}, {}};
  std::set<std::string> seen;
  for (int page = 0; page < 5 && !request.query.empty(); ++page) {
    auto const answer = large.memberships.handle(request, who, "");
    for (auto const& item : json(answer)["items"]) seen.insert(item["personId"]);
    request.query = query_of(next_of(answer));
  }
  EXPECT_EQ(seen.size(), 4'000u);
}

}  // namespace
}  // namespace wardroom::sim::test
