// Everybody of the organisation: the whole list and the right one, or an error; never silently
// short.
#include "cisco/webex/webex_listing.hpp"

#include "api_kit.hpp"
#include "paged_service.hpp"
#include "support/random_runs.hpp"

#include <gmock/gmock.h>

#include <set>

namespace wardroom::webex {
namespace {
using namespace std::chrono_literals;
using test::FakeHttpClient;
using testing::HasSubstr;

struct Listing : Api {
  PagedService people{"/v1/people"};
  Helpers helpers{io.get_executor(), 0};
  WebexListing listing{api, helpers};
  std::set<Uuid> seen;
  std::size_t entries = 0, damaged = 0, with_status = 0;
  std::map<Uuid, std::string> places;

  Listing() { http.always("/people", people.answer()); }
  void fill(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) people.items.push_back(person_json(i));
  }
  Result<void> read(ListingWants wants = {}) {
    seen.clear();
    entries = damaged = 0;
    return run(listing.everybody(wants,
                                 [this](std::span<PersonFacts const> page) -> Result<void> {
                                   for (auto const& person : page) {
                                     seen.insert(person.id);
                                     ++entries;
                                     damaged += !person.whole;
                                     places[person.id] = person.location;
                                   }
                                   return {};
                                 }),
               6h);
  }
  bool complete() const {
    for (std::size_t i = 0; i < people.items.size(); ++i)
      if (!seen.contains(id_of(i))) return false;
    return true;
  }
};

TEST_F(Listing, of_many_pages_is_read_to_its_end) {
  fill(2'345);
  ASSERT_TRUE(read());
  EXPECT_EQ(entries, 2'345u);
  EXPECT_TRUE(complete());
  EXPECT_EQ(damaged, 0u);
  EXPECT_EQ(people.requests, 3u);
  for (auto const& url : people.urls) {
    EXPECT_THAT(url, HasSubstr("max=1000"));
    EXPECT_THAT(url, HasSubstr("excludeStatus=true"));
    EXPECT_THAT(url, testing::Not(HasSubstr("callingData")));
  }
}

TEST_F(Listing, of_nobody_is_complete_too) {
  ASSERT_TRUE(read());
  EXPECT_EQ(entries, 0u);
}

/// Each fault of a list, on its first, a middle and its last page.
struct Faults : Listing, testing::WithParamInterface<int> {};

TEST_P(Faults, make_a_list_an_error_or_do_it_no_harm) {
  auto const fault = Fault(GetParam());
  people.most = 100;
  fill(450);
  for (std::size_t const page : {std::size_t(0), std::size_t(2), std::size_t(4)}) {
    people.requests = 0;
    people.faults = {{page, fault}};
    auto const done = read();
    bool const nothing_to_break =
        (page == 0 && fault == Fault::same_page) ||
        (page == 4 && (fault == Fault::foreign_next || fault == Fault::other_path ||
                       fault == Fault::other_filter || fault == Fault::cut_link));
    if (done) {
      EXPECT_TRUE(complete()) << "silently short";
    }
    EXPECT_EQ(done.has_value(), heals(fault) || nothing_to_break)
        << page << ": " << (done ? "complete" : done.error().what);
    EXPECT_EQ(damaged, fault == Fault::damaged ? 1u : 0u);
    if (!done) EXPECT_THAT(done.error().what, HasSubstr("/people"));
    for (auto const& request : http.requests)
      EXPECT_TRUE(request.url.starts_with("https://webexapis.com/v1/people?")) << request.url;
    clock.advance(10min);
  }
}
INSTANTIATE_TEST_SUITE_P(All, Faults, testing::Range(0, int(Fault::last_) + 1));

TEST_F(Listing, under_any_mix_of_faults_is_whole_or_an_error) {
  test::Dice dice(test::random_seed());
  auto const runs = test::random_count(300);
  std::size_t whole = 0;
  people.most = 7;
  fill(60);
  for (std::uint64_t i = 0; i < runs; ++i) {
    people.requests = 0;
    people.faults.clear();
    for (auto left = dice.below(5); left > 0; --left)
      people.faults[dice.below(14)] = Fault(1 + dice.below(int(Fault::last_)));
    auto const done = read();
    if (!done) continue;
    ++whole;
    ASSERT_TRUE(complete()) << "silently short, run " << i;
  }
  EXPECT_GT(whole, runs / 10);
}

TEST_F(Listing, gets_lost_filters_back) {
  http.always("/locations", FakeHttpClient::reply(200, R"({"items":[]})"));
  people.most = 100;
  fill(350);
  for (std::size_t page = 0; page < 4; ++page) people.faults[page] = Fault::lost_filter;
  ASSERT_TRUE(read({.locations = true}));
  EXPECT_TRUE(complete());
  for (auto const& url : people.urls) {
    EXPECT_THAT(url, HasSubstr("excludeStatus=true"));
    EXPECT_THAT(url, HasSubstr("callingData=true"));
  }
}

TEST_F(Listing, does_not_end_while_empty_pages_follow_each_other) {
  people.most = 10;
  fill(30);
  for (std::size_t page = 1; page < 20; ++page) people.faults[page] = Fault::empty_page;
  auto const done = read();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::malformed);
}

TEST_F(Listing, asks_for_smaller_pages_when_they_are_too_long_and_begins_again) {
  fill(900);
  people.too_many = 300;
  ASSERT_TRUE(read());
  EXPECT_TRUE(complete());
  EXPECT_THAT(people.urls.back(), HasSubstr("max=250"));
  EXPECT_EQ(entries, 900u);
  people.urls.clear();
  people.too_many = 1'000'000;
  ASSERT_TRUE(read());
  EXPECT_THAT(people.urls.front(), HasSubstr("max=500")) << "what worked, and a step up again";
}

TEST_F(Listing, begun_again_in_the_middle_tells_of_people_twice_and_of_all) {
  fill(900);
  people.most = 400;
  people.faults = {{1, Fault::error_504}, {2, Fault::error_504}};
  ASSERT_TRUE(read());
  EXPECT_TRUE(complete());
  EXPECT_EQ(entries, 400u + 900u);
}

TEST_F(Listing, gives_up_on_pages_that_are_too_long_however_small) {
  fill(900);
  people.too_many = 10;
  auto const done = read();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::timed_out);
  EXPECT_LT(people.requests, 20u);
  EXPECT_THAT(people.urls.back(), testing::EndsWith("max=50"));
}

TEST_F(Listing, ends_with_the_error_of_whoever_takes_the_pages) {
  people.most = 10;
  fill(30);
  int pages = 0;
  auto const done = run(listing.everybody({}, [&](auto) -> Result<void> {
    if (++pages == 2) return failure(ErrorKind::conflict, "enough");
    return {};
  }));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::conflict);
  EXPECT_EQ(people.requests, 2u);
}

TEST_F(Listing, tells_where_people_are_by_the_names_of_locations) {
  auto const vienna = written("LOCATION", id_of(5));
  http.always("/locations",
              FakeHttpClient::reply(
                  200, fmt::format(R"({{"items":[{{"id":"{}","name":"Vienna"}}]}})", vienna)));
  people.items = {person_json(0, fmt::format(R"(,"locationId":"{}")", vienna)), person_json(1)};
  ASSERT_TRUE(read({.locations = true}));
  EXPECT_EQ(places[id_of(0)], "Vienna");
  EXPECT_EQ(places[id_of(1)], "");
  EXPECT_THAT(people.urls.front(), testing::EndsWith("max=100"));
  http.always("/locations", FakeHttpClient::reply(403));
  people.requests = 0;
  EXPECT_FALSE(read({.locations = true})) << "rules that need them would put everybody out";
  EXPECT_EQ(people.requests, 0u);
}

TEST_F(Listing, says_what_it_waits_for) {
  fill(3);
  people.faults = {{0, Fault::throttled}};
  test::start_task(io, [](Listing& t) -> Task<void> {
    auto const done = co_await t.listing.everybody({}, [](auto) { return Result<void>{}; });
    EXPECT_TRUE(done);
  }(*this));
  clock.drain();
  EXPECT_EQ(listing.waiting_for(), "Webex asks for 2 s of quiet");
  clock.advance(5s);
  EXPECT_EQ(listing.waiting_for(), "");
}

TEST_F(Listing, goes_through_a_storm_of_429_while_other_work_goes_on) {
  people.most = 10;
  fill(1'000);
  for (std::size_t page = 0; page < 110; page += 4) people.faults[page] = Fault::throttled;
  http.always("/rooms", FakeHttpClient::reply(200, "{}"));
  bool done = false;
  test::start_task(io, [](Listing& t, bool& out) -> Task<void> {
    out = (co_await t.listing.everybody({}, [&t](auto page) -> Result<void> {
            for (auto const& person : page) t.seen.insert(person.id);
            return {};
          })).has_value();
  }(*this, done));
  clock.drain();
  EXPECT_NE(listing.waiting_for(), "");
  auto const before = clock.uptime();
  EXPECT_TRUE(run(api.get("/rooms")));
  EXPECT_LT(clock.uptime() - before, 200ms);
  clock.advance(5min);
  EXPECT_TRUE(done);
  EXPECT_TRUE(complete());
}

struct Somebody : Listing {
  Result<bool> ask(http::ClientResponse answer) {
    http.next("/people/", FakeHttpClient::reply(answer.status, answer.body, answer.headers));
    return run(listing.somebody(id_of(3), {}, [this](std::span<PersonFacts const> page) {
      for (auto const& person : page) seen.insert(person.id);
      return Result<void>{};
    }));
  }
};

TEST_F(Somebody, is_asked_for_anew) {
  EXPECT_TRUE(*ask({200, {}, person_json(3), ""}));
  EXPECT_TRUE(seen.contains(id_of(3)));
  EXPECT_EQ(http.last().url, "https://webexapis.com/v1/people/" + written("PEOPLE", id_of(3)));
}

TEST_F(Somebody, is_gone_only_when_webex_itself_says_so) {
  auto const gone =
      ask({404, {}, R"({"message":"not found","errors":[],"trackingId":"ROUTER_1"})", ""});
  ASSERT_TRUE(gone) << gone.error().what;
  EXPECT_FALSE(*gone);
  for (auto const* body : {"<html>404 Not Found</html>", "", "{}", "[]", "null"}) {
    auto const doubt = ask({404, {}, body, ""});
    ASSERT_FALSE(doubt) << body;
    EXPECT_EQ(doubt.error().kind, ErrorKind::unavailable);
  }
  EXPECT_FALSE(ask({410, {}, R"({"message":"gone"})", ""}));
  EXPECT_FALSE(ask({403, {}, R"({"message":"no"})", ""}));
  EXPECT_TRUE(seen.empty());
}

TEST_F(Somebody, else_than_was_asked_for_is_an_error) {
  for (auto const& body :
       {person_json(4), std::string("{}"), std::string("<html>"), page_json({}), std::string()}) {
    auto const other = ask({200, {}, body, ""});
    ASSERT_FALSE(other) << body;
    EXPECT_EQ(other.error().kind, ErrorKind::malformed);
  }
  EXPECT_TRUE(seen.empty());
}

}  // namespace
}  // namespace wardroom::webex
