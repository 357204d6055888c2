// Lists that come in pages of the bridge's choice and change while they are read: whoever was there
// all the time is in what comes back.
#include "lib/cms/cms_api_kit.hpp"
#include "support/seed.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

namespace wardroom::test {
namespace {

using Fake = FakeHttpClient;
using testing::HasSubstr;

class CmsLists : public Bridge {
 protected:
  std::vector<std::string> there;  ///< in the bridge's order
  std::size_t cap = 10;
  std::function<void()> after_page = [] {};
  std::size_t pages = 0;

  void SetUp() override {
    http.always(
        "/calls?", [this](http::ClientRequest request) -> Task<Result<http::ClientResponse>> {
          auto const query =
              http::parse_query(request.url.substr(request.url.find('?') + 1)).value();
          auto const offset = std::stoul(http::find(query, "offset").value());
          auto const limit = std::stoul(http::find(query, "limit").value());
          auto body = fmt::format("<?xml version=\"1.0\"?><calls total=\"{}\">", there.size());
          for (auto i = offset; i < there.size() && i < offset + std::min(limit, cap); ++i)
            body += fmt::format("<call id=\"{}\"><name>n</name></call>", there[i]);
          ++pages;
          after_page();
          co_return http::ClientResponse{200, {}, body + "</calls>", ""};
        });
  }
  void fill(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) there.push_back(fmt::format("call{}", i));
  }
  static std::vector<std::string> ids(std::vector<conference::CallFacts> const& calls) {
    std::vector<std::string> out;
    for (auto const& call : calls) out.push_back(call.id.text());
    return out;
  }
};

TEST_F(CmsLists, are_whole_however_few_come_to_a_page) {
  for (std::size_t const size : {0u, 1u, 2u, 9u, 10u, 11u, 57u})
    for (std::size_t const some : {1u, 2u, 3u, 10u, 1'000u}) {
      there.clear();
      fill(size);
      cap = some;
      pages = 0;
      auto const calls = run(api->calls());
      ASSERT_TRUE(calls) << calls.error().what;
      EXPECT_EQ(ids(*calls), there) << size << " by " << some;
      if (some >= size) {
        EXPECT_EQ(pages, 1u);
      }
    }
}

TEST_F(CmsLists, that_shrink_before_the_place_that_is_read_lose_nobody) {
  fill(40);
  after_page = [this] {
    if (pages == 2) there.erase(there.begin(), there.begin() + 5);
  };
  auto const calls = run(api->calls());
  ASSERT_TRUE(calls) << calls.error().what;
  EXPECT_EQ(ids(*calls), there);
}

TEST_F(CmsLists, that_never_keep_still_come_all_the_same_with_everybody_who_stayed) {
  Dice dice;
  auto const rounds = std::min<std::size_t>(count(60), 2'000);
  std::size_t errors = 0, most_pages = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    there.clear();
    fill(1 + dice.below(60));
    cap = 4 + dice.below(12);
    pages = 0;
    std::size_t next = 1'000;
    std::set<std::string> stayed(there.begin(), there.end());
    auto const calm = 1 + dice.below(4);
    after_page = [&] {
      if (!dice.one_in(calm)) return;
      for (auto changes = 1 + dice.below(2); changes > 0; --changes) {
        if (dice.one_in(2) && !there.empty()) {
          auto const gone = there.begin() + static_cast<std::ptrdiff_t>(dice.below(there.size()));
          stayed.erase(*gone);
          there.erase(gone);
        } else {
          there.push_back(fmt::format("call{}", next++));
        }
      }
    };
    auto const calls = run(api->calls());
    most_pages = std::max(most_pages, pages);
    if (!calls) {
      ++errors;
      EXPECT_EQ(calls.error().kind, ErrorKind::unavailable) << calls.error().what;
      continue;
    }
    auto const found = ids(*calls);
    std::set<std::string> const unique(found.begin(), found.end());
    EXPECT_EQ(unique.size(), found.size()) << "somebody is there twice";
    for (auto const& id : stayed)
      ASSERT_TRUE(unique.contains(id)) << id << " of round " << round << " is missing";
  }
  std::printf("%zu lists, %zu gave up, %zu pages at most\n", rounds, errors, most_pages);
  EXPECT_LE(errors, rounds / 10);
}

TEST_F(CmsLists, in_no_order_at_all_are_an_error_rather_than_incomplete) {
  fill(30);
  after_page = [this] { std::ranges::reverse(there); };
  auto const calls = run(api->calls());
  if (calls) {
    EXPECT_EQ(calls->size(), 30u);
  } else {
    EXPECT_EQ(calls.error().kind, ErrorKind::unavailable);
  }
  EXPECT_LT(pages, 200u);
}

TEST_F(CmsLists, that_end_in_an_error_are_one) {
  fill(30);
  http.next("offset=9&", failed(404, "<somethingElse/>"));
  auto const calls = run(api->calls());
  ASSERT_FALSE(calls);
  EXPECT_EQ(calls.error().kind, ErrorKind::unavailable);
}

TEST_F(CmsLists, that_make_no_sense_are_malformed_or_given_up) {
  auto const read = [&](std::string const& body) {
    http.always("/calls?", Fake::reply(200, body));
    auto const calls = run(api->calls());
    EXPECT_FALSE(calls);
    return calls ? std::string() : calls.error().what;
  };
  EXPECT_THAT(read("<calls><call id=\"a\"/></calls>"), HasSubstr("does not say how long it is"));
  EXPECT_THAT(read("<calls total=\"-1\"/>"), HasSubstr("does not say how long it is"));
  EXPECT_THAT(read("<calls total=\"99999999999999999\"/>"), HasSubstr("endless"));
  EXPECT_THAT(read("<calls total=\"1\"><call/></calls>"), HasSubstr("has no id"));
  EXPECT_THAT(read("<calls total=\"5\"/>"), HasSubstr("changed whenever it was read"));
  auto const before = http.requests.size();
  EXPECT_THAT(read("<calls total=\"90\"><call id=\"a\"/><call id=\"b\"/></calls>"),
              HasSubstr("changed whenever it was read"));
  EXPECT_LT(http.requests.size() - before, 1'000u) << "the same page for ever";
}

}  // namespace
}  // namespace wardroom::test
