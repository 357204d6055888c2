// Giving a grant back: what is asked of Webex, and what each answer means.
#include "oauth/revocation.hpp"

#include "support/fake_clock.hpp"
#include "support/fake_http_client.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace wardroom::oauth {
namespace {
using test::FakeHttpClient;

std::string const listing = R"({"items":[
  {"id":"a1","clientId":"C1","type":"access"},
  {"id":"r1","clientId":"C1","type":"refresh"},
  {"id":"r2","clientId":"C2","type":"refresh"},
  {"id":"r3/x","clientId":"C1","type":"Refresh"},
  {"id":"","clientId":"C1","type":"refresh"},
  {"clientId":"C1","type":"refresh"}, 7, null]})";

struct Revoking : testing::Test {
  boost::asio::io_context io;
  FakeHttpClient http;
  Revocation revoke() {
    return test::run_task(
        io, revoke_grant(http, {"https://webex.test/v1", Secret("B"), "C1", "Y2lz/=="}));
  }
};

TEST(OwnAuthorizations, are_the_refresh_ones_of_our_client) {
  auto const own = own_authorizations(nlohmann::json::parse(listing), "C1");
  EXPECT_EQ(own, (std::vector<std::string>{"r1", "r3/x"}));
  for (auto const* odd : {"[]", "{}", "7", R"({"items":{}})", R"({"items":null})"})
    EXPECT_TRUE(own_authorizations(nlohmann::json::parse(odd), "C1").empty()) << odd;
}

TEST(MayRevoke, needs_both_scopes) {
  EXPECT_TRUE(may_revoke({"identity:tokens_read", "x", "identity:tokens_write"}));
  EXPECT_FALSE(may_revoke({"identity:tokens_read"}));
  EXPECT_FALSE(may_revoke({}));
}

TEST_F(Revoking, lists_the_persons_authorizations_and_deletes_ours) {
  http.always("personId=", FakeHttpClient::reply(200, listing));
  http.always("/authorizations/", FakeHttpClient::reply(204));
  auto const out = revoke();
  EXPECT_TRUE(out.revoked) << out.why_not;
  ASSERT_EQ(http.requests.size(), 3u);
  EXPECT_EQ(http.requests[0].url, "https://webex.test/v1/authorizations?personId=Y2lz%2F%3D%3D");
  EXPECT_EQ(http.requests[1].url, "https://webex.test/v1/authorizations/r1");
  EXPECT_EQ(http.requests[1].method, http::Method::delete_);
  EXPECT_EQ(http.requests[2].url, "https://webex.test/v1/authorizations/r3%2Fx");
  for (auto const& request : http.requests) EXPECT_EQ(request.bearer->reveal(), "B");
}

TEST_F(Revoking, that_is_not_allowed_or_does_not_get_through_says_so) {
  for (int status : {401, 403, 404, 500, 200}) {
    FakeHttpClient fresh;
    fresh.always("personId=", FakeHttpClient::reply(status, "<html>"));
    auto const out =
        test::run_task(io, revoke_grant(fresh, {"https://webex.test/v1", Secret("B"), "C1", "p"}));
    EXPECT_FALSE(out.revoked) << status;
    EXPECT_FALSE(out.why_not.empty()) << status;
  }
  http.always("personId=", FakeHttpClient::fail(ErrorKind::timed_out, "no answer in 10 s"));
  auto const out = revoke();
  EXPECT_FALSE(out.revoked);
  EXPECT_NE(out.why_not.find("no answer in 10 s"), std::string::npos);
}

TEST_F(Revoking, without_knowing_whose_it_is_asks_nothing) {
  http.always("personId=", FakeHttpClient::reply(200, listing));
  http.always("/authorizations/", FakeHttpClient::reply(204));
  auto const out =
      test::run_task(io, revoke_grant(http, {"https://webex.test/v1", Secret("B"), "C1", ""}));
  EXPECT_FALSE(out.revoked);
  EXPECT_TRUE(http.requests.empty());
}

TEST_F(Revoking, finds_nothing_of_ours) {
  http.always("personId=", FakeHttpClient::reply(200, R"({"items":[]})"));
  EXPECT_FALSE(revoke().revoked);
}

TEST_F(Revoking, counts_what_is_gone_already_as_revoked) {
  http.always("personId=", FakeHttpClient::reply(200, listing));
  http.always("/authorizations/", FakeHttpClient::reply(404));
  EXPECT_TRUE(revoke().revoked);
}

TEST_F(Revoking, may_end_its_own_token_on_the_way) {
  http.always("personId=", FakeHttpClient::reply(200, listing));
  http.next("/authorizations/r1", FakeHttpClient::reply(204));
  http.next("/authorizations/r3", FakeHttpClient::reply(401));
  EXPECT_TRUE(revoke().revoked);
}

TEST_F(Revoking, refused_for_the_first_is_not_done) {
  http.always("personId=", FakeHttpClient::reply(200, listing));
  http.next("/authorizations/r1",
            FakeHttpClient::reply(403, R"({"message":"missing scope"})", {{"TrackingID", "T9"}}));
  auto const out = revoke();
  EXPECT_FALSE(out.revoked);
  EXPECT_NE(out.why_not.find("missing scope"), std::string::npos);
  EXPECT_NE(out.why_not.find("T9"), std::string::npos);
  EXPECT_EQ(http.requests.size(), 2u);
}

}  // namespace
}  // namespace wardroom::oauth
