// The REST client: one retry after 401, one pause for all after 429, GETs repeated, nothing else.
#include "api_kit.hpp"
#include "base/encoding.hpp"

namespace wardroom::webex {
namespace {
using namespace std::chrono_literals;
using nlohmann::json;
using test::FakeHttpClient;

TEST_F(Api, asks_with_bearer_tracking_id_and_no_token_in_the_url) {
  http.always("/people/me", FakeHttpClient::reply(200, R"({"a":1})"));
  auto const body = run(api.get("/people/me"));
  ASSERT_TRUE(body);
  EXPECT_EQ((*body)["a"], 1);
  EXPECT_EQ(http.last().url, "https://webexapis.com/v1/people/me");
  EXPECT_EQ(http.last().bearer->reveal(), "A1");
  EXPECT_TRUE(http.last().headers.get("TrackingID").starts_with("WARD_"));
  EXPECT_EQ(http.last().headers.get("TrackingID").size(), 5 + 36u);
}

TEST_F(Api, renews_the_token_once_after_401_and_asks_again) {
  http.next("/x", FakeHttpClient::reply(401));
  http.next("/x", FakeHttpClient::reply(200, "{}"));
  EXPECT_TRUE(run(api.get("/x")));
  EXPECT_EQ(http.last().bearer->reveal(), "A2");
  http.always("/x", FakeHttpClient::reply(401));
  auto const refused = run(api.get("/x"));
  EXPECT_EQ(refused.error().kind, ErrorKind::unauthorized);
  EXPECT_EQ(http.requests.size(), 4u);
  EXPECT_EQ(tokens.replaced, 2);
}

TEST_F(Api, repeats_a_get_on_passing_trouble_but_not_for_ever) {
  http.next("/x", FakeHttpClient::reply(503));
  http.next("/x", FakeHttpClient::fail(ErrorKind::timed_out));
  http.next("/x", FakeHttpClient::reply(200, "{}"));
  EXPECT_TRUE(run(api.get("/x")));
  http.always("/x", FakeHttpClient::reply(502));
  EXPECT_EQ(run(api.get("/x")).error().kind, ErrorKind::unavailable);
  EXPECT_EQ(http.requests.size(), 3u + 4u);
}

TEST_F(Api, does_not_repeat_a_post_that_may_have_been_done) {
  http.always("/x", FakeHttpClient::reply(503));
  auto const lost = run(api.send(http::Method::post, "/x", json{{"a", 1}}));
  ASSERT_FALSE(lost);
  EXPECT_FALSE(lost.error().not_done);
  EXPECT_EQ(http.requests.size(), 1u);
  EXPECT_EQ(http.last().body, R"({"a":1})");
  EXPECT_TRUE(http.last().headers.get("Content-Type").starts_with("application/json"));
}

TEST_F(Api, takes_an_empty_answer_to_a_delete) {
  http.always("/x", FakeHttpClient::reply(204));
  auto const answer = run(api.send(http::Method::delete_, "/x", nullptr));
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->is_null());
  EXPECT_TRUE(http.last().body.empty());
}

TEST_F(Api, pauses_the_whole_bucket_after_429_but_no_other) {
  http.next("/people", FakeHttpClient::reply(429, "", {{"Retry-After", "30"}}));
  http.always("/people", FakeHttpClient::reply(200, "{}"));
  http.always("/rooms", FakeHttpClient::reply(200, "{}"));
  std::vector<std::string> done;
  auto start = [&](std::string path) {
    test::start_task(
        io, [](WebexApi& webex, std::string p, std::vector<std::string>& out) -> Task<void> {
          if (co_await webex.get(p)) out.push_back(p);
        }(api, std::move(path), done));
    clock.drain();
  };
  start("/people/1");
  start("/people/2");
  start("/rooms");
  EXPECT_EQ(done, (std::vector<std::string>{"/rooms"}));
  clock.advance(29s);
  EXPECT_EQ(http.count("/people"), 1u);
  clock.advance(8s);
  EXPECT_EQ(done.size(), 3u);
  EXPECT_EQ(http.count("/people"), 3u);
}

TEST_F(Api, gives_up_at_once_when_the_pause_is_longer_than_its_patience) {
  http.always("/people", FakeHttpClient::reply(429, "", {{"Retry-After", "200"}}));
  auto const me = run(api.people_me(Secret("fresh")), 1s);
  ASSERT_FALSE(me);
  EXPECT_EQ(me.error().kind, ErrorKind::throttled);
  EXPECT_TRUE(me.error().retry_after);
  EXPECT_EQ(http.last().bearer->reveal(), "fresh");
}

TEST_F(Api, tells_each_status_by_its_kind_with_the_tracking_id) {
  struct Case {
    int status;
    ErrorKind kind;
  };
  for (auto const& [status, kind] :
       {Case{400, ErrorKind::malformed}, Case{403, ErrorKind::denied},
        Case{404, ErrorKind::not_found}, Case{409, ErrorKind::conflict},
        Case{410, ErrorKind::not_found}, Case{415, ErrorKind::malformed},
        Case{451, ErrorKind::denied}, Case{302, ErrorKind::malformed}}) {
    http.next("/x",
              FakeHttpClient::reply(status, R"({"message":"why"})", {{"trackingid", "ROUTER_1"}}));
    auto const answer = run(api.get("/x"));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, kind) << status;
    EXPECT_NE(answer.error().what.find("ROUTER_1"), std::string::npos);
    EXPECT_NE(answer.error().what.find("why"), std::string::npos);
  }
}

TEST_F(Api, refuses_a_200_that_is_not_json) {
  http.always("/x", FakeHttpClient::reply(200, "<html>proxy login</html>"));
  EXPECT_EQ(run(api.get("/x")).error().kind, ErrorKind::malformed);
}

struct Paging : Api {
  Result<void> all(std::vector<int>& seen) {
    return run(api.pages("/people?max=2", [&](json const& body) -> Result<void> {
      for (auto const& item : body["items"]) seen.push_back(item.get<int>());
      return {};
    }));
  }
  static FakeHttpClient::Answer page(std::string items, std::string next) {
    http::Headers headers;
    if (!next.empty()) headers.add("Link", "<" + next + ">; rel=\"next\"");
    return FakeHttpClient::reply(200, R"({"items":[)" + items + "]}", headers);
  }
};

TEST_F(Paging, follows_to_the_end_also_over_an_empty_page) {
  http.next("max=2", page("1,2", "https://webexapis.com/v1/people?max=null&before&after=b"));
  http.next("after=b", page("", "https://webexapis.com/v1/people?after=c"));
  http.next("after=c", page("3", ""));
  std::vector<int> seen;
  EXPECT_TRUE(all(seen));
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(http.requests[1].url, "https://webexapis.com/v1/people?before&after=b");
}

TEST_F(Paging, sends_no_token_to_a_foreign_host) {
  std::size_t asked = 0;
  for (auto const* next :
       {"https://evil.example/v1/people?after=b", "http://webexapis.com/v1/people?after=b",
        "https://webexapis.com:8443/v1/people?after=b", "https://webexapis.com./v1/people?after=b",
        "https://webexapis.com.evil.example/v1/people?after=b"}) {
    http.always("", page("1", next));
    std::vector<int> seen;
    auto const refused = all(seen);
    EXPECT_EQ(refused.error().kind, ErrorKind::denied) << next;
    EXPECT_NE(refused.error().what.find("the list is incomplete"), std::string::npos);
    EXPECT_EQ(http.requests.size(), ++asked);
  }
}

TEST_F(Paging, keeps_its_filter_when_the_service_forgets_it) {
  http.next("max=2", page("1", "https://webexapis.com/v1/people?max=2&after=b"));
  http.next("after=b", page("2", "https://webexapis.com/v1/people?max=2&after=c"));
  http.next("after=c", page("3", ""));
  int pages = 0;
  EXPECT_TRUE(run(api.pages("/people?max=2&orgId=O", [&](json const&) -> Result<void> {
    ++pages;
    return {};
  })));
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(http.requests[1].url, "https://webexapis.com/v1/people?max=2&after=b&orgId=O");
  EXPECT_EQ(http.requests[2].url, "https://webexapis.com/v1/people?max=2&after=c&orgId=O");
}

TEST_F(Paging, stops_when_empty_pages_do_not_end) {
  int number = 0;
  http.always("", [&number](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
    co_return http::ClientResponse{200,
                                   {{"Link", "<https://webexapis.com/v1/people?after=" +
                                                 std::to_string(++number) + ">; rel=\"next\""}},
                                   R"({"items":[]})",
                                   ""};
  });
  std::vector<int> seen;
  EXPECT_EQ(all(seen).error().kind, ErrorKind::malformed);
  EXPECT_EQ(number, 3);
}

TEST_F(Paging, that_goes_in_a_circle_is_an_error) {
  http.always("", page("1", "https://webexapis.com/v1/people?after=b"));
  std::vector<int> seen;
  EXPECT_EQ(all(seen).error().kind, ErrorKind::malformed);
  EXPECT_EQ(http.requests.size(), 2u);
}

TEST_F(Paging, broken_off_in_the_middle_is_an_error) {
  http.next("max=2", page("1", "https://webexapis.com/v1/people?after=b"));
  http.always("after=b", FakeHttpClient::reply(500));
  std::vector<int> seen;
  EXPECT_FALSE(all(seen));
  EXPECT_EQ(seen.size(), 1u);
}

TEST_F(Api, finds_the_organisation_by_id_or_the_only_one) {
  std::string const org = R"({"id":"0f1e2d3c-4b5a-4968-8777-aabbccddeeff","displayName":"Acme"})";
  http.always("/organizations/", FakeHttpClient::reply(200, org));
  http.always("/organizations?", FakeHttpClient::reply(200, R"({"items":[)" + org + "]}"));
  auto const id = to_base64url("ciscospark://us/ORGANIZATION/0f1e2d3c-4b5a-4968-8777-aabbccddeeff");
  EXPECT_EQ(run(api.organization(id))->name, "Acme");
  EXPECT_NE(http.last().url.find("/organizations/" + id + "?callingData=true"), std::string::npos);
  // A bare UUID (Control Hub shows it, and so the first login is remembered) is no id of the path.
  EXPECT_EQ(run(api.organization("0F1E2D3C-4b5a-4968-8777-aabbccddeeff"))->name, "Acme");
  EXPECT_NE(http.last().url.find("/organizations?callingData=true"), std::string::npos);
  EXPECT_EQ(run(api.organization("11111111-4b5a-4968-8777-aabbccddeeff")).error().kind,
            ErrorKind::not_found);
  EXPECT_EQ(run(api.organization(""))->name, "Acme");
  http.next("/organizations?",
            FakeHttpClient::reply(200, R"({"items":[)" + org + "," + org + "]}"));
  EXPECT_EQ(run(api.organization("")).error().kind, ErrorKind::conflict);
  http.next("/organizations?", FakeHttpClient::reply(200, R"([])"));
  EXPECT_EQ(run(api.organization("")).error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace wardroom::webex
