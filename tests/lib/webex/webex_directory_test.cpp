// The directory: everybody, page by page, with the country of their location when that can be read.
#include "cisco/webex/webex_directory.hpp"

#include "support/fake_clock.hpp"
#include "support/fake_http_client.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

namespace wardroom::webex {
namespace {
using test::FakeHttpClient;

class OneToken final : public oauth::AccessTokens {
 public:
  Task<Result<Secret>> bearer(std::string) override { co_return Secret("A"); }
  Task<Result<Secret>> replace(std::string, Secret) override { co_return Secret("A"); }
};

std::string person(char last, std::string const& location) {
  return std::string(R"({"id":"f5b36187-c8dd-4727-8b2f-f9c447f2904)") + last +
         R"(","displayName":"P)" + last + R"(","locationId":")" + location + R"("})";
}

struct Directory : testing::Test {
  boost::asio::io_context io;
  test::FakeClock clock{io};
  FakeHttpClient http;
  OneToken tokens;
  SeededRandom random{3};
  WebexApi api{{http, tokens, clock, random}, {.base_url = "https://webexapis.com/v1"}};
  WebexDirectory directory{api, {}};
  std::vector<Person> all;

  Result<void> list() {
    return test::run_task(io, directory.people([this](std::vector<Person> page) {
      all.insert(all.end(), page.begin(), page.end());
    }));
  }
};

TEST_F(Directory, lists_everybody_with_their_country) {
  http.always("/locations",
              FakeHttpClient::reply(200, R"({"items":[{"id":"L1","address":{"country":"AT"}}]})"));
  http.next("/people?max=100&excludeStatus=true&callingData=true",
            FakeHttpClient::reply(
                200, R"({"items":[)" + person('1', "L1") + "," + person('2', "L2") + "]}",
                {{"Link", "<https://webexapis.com/v1/people?after=2>; rel=\"next\""}}));
  http.next("after=2", FakeHttpClient::reply(200, R"({"items":[)" + person('3', "L1") + "]}"));
  ASSERT_TRUE(list());
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].country, "AT");
  EXPECT_EQ(all[1].country, "");
  EXPECT_EQ(all[2].country, "AT");
}

TEST_F(Directory, goes_on_without_countries_when_locations_may_not_be_read) {
  http.always("/locations", FakeHttpClient::reply(403));
  http.always("/people", FakeHttpClient::reply(200, R"({"items":[)" + person('1', "L1") + "]}"));
  ASSERT_TRUE(list());
  EXPECT_EQ(all.at(0).country, "");
}

TEST_F(Directory, S1_a_page_with_an_unreadable_person_makes_the_listing_incomplete) {
  http.always("/locations", FakeHttpClient::reply(403));
  http.next("/people", FakeHttpClient::reply(
                           200, R"({"items":[)" + person('1', "") + R"(,{"emails":["x@y"]}]})"));
  EXPECT_EQ(list().error().kind, ErrorKind::malformed);
  http.next("/people", FakeHttpClient::reply(200, R"({"notItems":[]})"));
  EXPECT_EQ(list().error().kind, ErrorKind::malformed);
}

TEST_F(Directory, finds_one_person) {
  http.always("/locations",
              FakeHttpClient::reply(200, R"({"items":[{"id":"L1","address":{"country":"AT"}}]})"));
  http.always("/people/", FakeHttpClient::reply(200, person('1', "L1")));
  auto const found = test::run_task(io, directory.person(PersonId("a/b")));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->country, "AT");
  EXPECT_NE(http.last().url.find("/people/a%2Fb"), std::string::npos);
}

TEST_F(Directory, finds_a_person_by_their_address_before_all_else) {
  http.always(
      "/people?email=ada%40acme.example&excludeStatus=true&callingData=true",
      FakeHttpClient::reply(200, R"({"items":[{"id":"f5b36187-c8dd-4727-8b2f-f9c447f29041",)"
                                 R"("emails":["Ada@acme.example"],"displayName":"Ada"}]})"));
  auto const found = test::run_task(io, directory.person_by_email("ada@acme.example"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->display_name, "Ada");
  EXPECT_TRUE(found->calling_known);
  EXPECT_TRUE(http.last().urgent);
}

TEST_F(Directory, takes_nobody_whose_address_is_another_one_or_shared) {
  auto const of = [](std::string last, std::string email) {
    return R"({"id":"f5b36187-c8dd-4727-8b2f-f9c447f2904)" + last + R"(","emails":[")" + email +
           R"("]})";
  };
  http.next("/people",
            FakeHttpClient::reply(200, R"({"items":[)" + of("1", "other@acme.example") + "]}"));
  EXPECT_EQ(test::run_task(io, directory.person_by_email("ada@acme.example")).error().kind,
            ErrorKind::not_found);
  http.next("/people", FakeHttpClient::reply(200, R"({"items":[)" + of("1", "ada@acme.example") +
                                                      "," + of("2", "ada@acme.example") + "]}"));
  EXPECT_EQ(test::run_task(io, directory.person_by_email("ada@acme.example")).error().kind,
            ErrorKind::conflict);
}

}  // namespace
}  // namespace wardroom::webex
