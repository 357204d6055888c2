// Groups: found by name or id, and their members to the end or not at all.
#include "api_kit.hpp"
#include "base/encoding.hpp"
#include "cisco/webex/webex_directory.hpp"

#include <fmt/format.h>

namespace wardroom::webex {
namespace {
using test::FakeHttpClient;

std::string uuid(int n) { return fmt::format("00000000-0000-4000-a000-{:012}", n); }
std::string api_id(std::string const& type, std::string const& value) {
  auto out = to_base64("ciscospark://us/" + type + "/" + value);
  while (out.ends_with('=')) out.pop_back();
  return out;
}
std::string const kGroup = "11111111-0000-4000-a000-000000000001";
std::string const kGroupId = api_id("SCIM_GROUP", kGroup + ":22222222-0000-4000-a000-000000000002");

std::string group(std::string const& name, std::string const& id = kGroupId) {
  return nlohmann::json{{"id", id}, {"displayName", name}}.dump();
}
FakeHttpClient::Answer groups(std::string const& list, int total) {
  return FakeHttpClient::reply(
      200, fmt::format(R"({{"totalResults":{},"startIndex":1,"groups":[{}]}})", total, list));
}
/// Members [from, to) as one page.
FakeHttpClient::Answer members(int from, int to, std::string const& total = "") {
  auto list = nlohmann::json::array();
  for (int i = from; i < to; ++i)
    list.push_back({{"id", api_id("PEOPLE", uuid(i))}, {"type", "user"}});
  return FakeHttpClient::reply(200, fmt::format(R"({{"members":{}{}}})", list.dump(), total));
}
std::string size_told(int n) { return fmt::format(R"(,"memberSize":{})", n); }

struct Groups : Api {
  WebexDirectory directory{api, {.group_page_size = 3}};
  std::vector<std::string> people;
  std::size_t others = 0;

  Result<DirectoryGroup> read(std::string name_or_id) {
    people.clear();
    others = 0;
    return run(directory.group(std::move(name_or_id), [this](GroupPage page) {
      people.insert(people.end(), page.people.begin(), page.people.end());
      others += page.others;
    }));
  }
  void named_sales() { http.always("/groups?filter", groups(group("Sales"), 1)); }
};

TEST_F(Groups, are_found_by_name_and_read_page_by_page) {
  http.always("/groups?filter=displayName%20eq%20%22Sales%22&startIndex=1&count=100",
              groups(group("Sales"), 1));
  http.next("/members?startIndex=1&count=3", members(0, 3, size_told(5)));
  http.next("/members?startIndex=4&count=3", members(3, 5, size_told(5)));
  auto const found = read("Sales");
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(*found, (DirectoryGroup{kGroupId, "Sales"}));
  ASSERT_EQ(people.size(), 5u);
  EXPECT_EQ(people[4], uuid(4));
}

TEST_F(Groups, are_found_by_a_bare_id_and_by_one_as_the_service_writes_it) {
  http.always("/groups/" + kGroup, FakeHttpClient::reply(200, group("Sales")));
  http.always("/groups/" + kGroupId, FakeHttpClient::reply(200, group("Sales")));
  http.always("/members", members(0, 1, size_told(1)));
  EXPECT_TRUE(read(kGroup));
  EXPECT_TRUE(read(kGroupId));
  EXPECT_EQ(people.size(), 1u);
}

TEST_F(Groups, names_are_taken_as_written_before_any_other_case_and_never_by_their_beginning) {
  auto const other = api_id("SCIM_GROUP", "33333333-0000-4000-a000-000000000003:org");
  http.always("/groups?filter",
              groups(group("SALES", other) + "," + group("Sales") + "," + group("Sales EMEA"), 3));
  http.always("/members", members(0, 1, size_told(1)));
  auto const exact = read("Sales");
  ASSERT_TRUE(exact);
  EXPECT_EQ(exact->id, kGroupId);
  EXPECT_EQ(read("sales").error().kind, ErrorKind::conflict);
  EXPECT_EQ(read("Sales E").error().kind, ErrorKind::not_found);
}

TEST_F(Groups, two_of_the_same_name_are_a_conflict_and_none_is_not_found) {
  named_sales();
  EXPECT_EQ(read("Pilot").error().kind, ErrorKind::not_found);
  http.next("/groups?filter", groups(group("Sales") + "," + group("Sales"), 2));
  EXPECT_EQ(read("Sales").error().kind, ErrorKind::conflict);
}

TEST_F(Groups, quotes_in_a_name_do_not_end_the_filter) {
  http.always("displayName%20eq%20%22a%20%5C%22b%5C%22%22", groups(group(R"(a "b")"), 1));
  http.always("/members", members(0, 1, size_told(1)));
  EXPECT_TRUE(read(R"(a "b")"));
}

TEST_F(Groups, members_of_other_kinds_are_counted) {
  named_sales();
  http.always("/members", FakeHttpClient::reply(
                              200, R"({"memberSize":3,"members":[{"id":")" + kGroupId +
                                       R"(","type":"group"},{"id":")" + api_id("PEOPLE", uuid(1)) +
                                       R"(","type":"user"},{"id":")" + uuid(2) + R"("}]})"));
  ASSERT_TRUE(read("Sales"));
  EXPECT_EQ(people, (std::vector{uuid(1), uuid(2)}));
  EXPECT_EQ(others, 1u);
}

TEST_F(Groups, an_empty_one_is_empty_and_without_a_total_an_empty_page_ends_it) {
  named_sales();
  http.next("/members", FakeHttpClient::reply(200, R"({"memberSize":0})"));
  ASSERT_TRUE(read("Sales"));
  EXPECT_TRUE(people.empty());
  http.next("members?startIndex=1&", members(0, 2));
  http.next("members?startIndex=3&", members(2, 4));
  http.next("members?startIndex=5&", members(0, 0));
  ASSERT_TRUE(read("Sales"));
  EXPECT_EQ(people.size(), 4u);
}

TEST_F(Groups, a_listing_that_is_cut_short_moves_or_goes_round_is_no_membership) {
  named_sales();
  http.next("members?startIndex=1&", members(0, 3, size_told(5)));
  http.next("members?startIndex=4&", members(0, 0, size_told(5)));
  EXPECT_EQ(read("Sales").error().kind, ErrorKind::malformed) << "the last page is missing";
  http.next("members?startIndex=1&", members(0, 3, size_told(6)));
  http.next("members?startIndex=4&", members(0, 3, size_told(6)));
  EXPECT_EQ(read("Sales").error().kind, ErrorKind::malformed) << "the first page came again";
  http.next("members?startIndex=1&", members(0, 3, size_told(6)));
  http.next("members?startIndex=4&", members(3, 6, size_told(5)));
  EXPECT_EQ(read("Sales").error().kind, ErrorKind::unavailable) << "somebody left meanwhile";
  http.next("members?startIndex=1&", members(0, 3, size_told(2)));
  EXPECT_EQ(read("Sales").error().kind, ErrorKind::malformed) << "more than told";
  http.next("members?startIndex=1&", members(0, 3, R"(,"startIndex":7,"memberSize":9)"));
  EXPECT_EQ(read("Sales").error().kind, ErrorKind::malformed) << "another page";
  http.next("members?startIndex=1&",
            FakeHttpClient::reply(200, R"({"memberSize":1,"members":[{}]})"));
  EXPECT_EQ(read("Sales").error().kind, ErrorKind::malformed) << "nobody can be named by that";
  http.next("members?startIndex=1&", FakeHttpClient::reply(403));
  EXPECT_EQ(read("Sales").error().kind, ErrorKind::denied);
}

TEST_F(Groups, a_throttled_page_is_asked_for_again) {
  named_sales();
  http.next("members?startIndex=1&", members(0, 3, size_told(4)));
  http.next("members?startIndex=4&", FakeHttpClient::reply(429, "", {{"Retry-After", "2"}}));
  http.next("members?startIndex=4&", members(3, 4, size_told(4)));
  ASSERT_TRUE(read("Sales"));
  EXPECT_EQ(people.size(), 4u);
}

}  // namespace
}  // namespace wardroom::webex
