// A bridge that does not do what it should.
#include "lib/cms/cms_api_kit.hpp"
#include "lib/cms/cms_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <gmock/gmock.h>

namespace wardroom::test {
namespace {

using conference::CallId, conference::LegId;
using Fake = FakeHttpClient;
using testing::HasSubstr;
using namespace std::chrono_literals;

class CmsFaults : public Bridge {
 protected:
  CallId const c1{"c1"};
  std::string const good = "<call id=\"c1\"><name>x</name></call>";
  Error error_of(Fake::Answer answer) {
    http.next("/calls/c1", answer);
    http.next("/calls/c1", answer);
    http.next("/calls/c1", answer);
    auto const call = run(api->call(c1));
    EXPECT_FALSE(call);
    return call ? Error{} : call.error();
  }
};

TEST_F(CmsFaults, a_wrong_password_is_told_with_the_remedy_and_not_tried_again) {
  for (int const status : {401, 403}) {
    auto const before = http.requests.size();
    auto const error = error_of(Fake::reply(status, "<html>no</html>"));
    EXPECT_EQ(error.kind, ErrorKind::unauthorized);
    EXPECT_THAT(error.what, HasSubstr("check username and password_file"));
    EXPECT_THAT(error.what, HasSubstr("cms1: GET https://cms1.test:445/api/v1/calls/c1"));
    EXPECT_EQ(error.what.find("s3cret"), std::string::npos);
    EXPECT_EQ(http.requests.size() - before, 1u);
    (void)run(api->call(c1));
    (void)run(api->call(c1));
  }
}

TEST_F(CmsFaults, what_is_gone_is_not_found_whatever_the_status) {
  for (auto const& answer :
       {failed(404, "<callDoesNotExist />"), failed(400, "<callDoesNotExist />"),
        failed(200, "<callDoesNotExist />"), failed(500, "<callLegDoesNotExist/>"),
        Fake::reply(404), Fake::reply(404, "<html>gone</html>")}) {
    http = {};
    EXPECT_EQ(error_of(answer).kind, ErrorKind::not_found);
    EXPECT_EQ(http.requests.size(), 1u);
  }
  for (auto const& answer :
       {failed(404, "<callDoesNotExist />"), failed(200, "<callDoesNotExist/>")}) {
    http = {};
    http.always("/calls/c1", answer);
    auto const shown = run(api->show(c1, {"Level 3"}, true));
    ASSERT_FALSE(shown);
    EXPECT_EQ(shown.error().kind, ErrorKind::not_found);
  }
}

TEST_F(CmsFaults, a_wrong_address_is_not_taken_for_a_bridge_without_calls) {
  http.always("", Fake::reply(404, "<html>no such page</html>"));
  auto const calls = run(api->calls());
  ASSERT_FALSE(calls);
  EXPECT_EQ(calls.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(calls.error().what, HasSubstr("/api/v1 behind it?"));
  auto const status = run(api->status());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::unavailable);
}

TEST_F(CmsFaults, what_the_bridge_refuses_comes_with_its_own_words) {
  auto const error = error_of(failed(400, "<invalidOperation/><evil>\n\x1b</evil>"));
  EXPECT_EQ(error.kind, ErrorKind::conflict) << "also: what is no XML has no words";
  http = {};
  auto const told = error_of(failed(400, "<invalidOperation/><participantLimitReached/>"));
  EXPECT_EQ(told.kind, ErrorKind::conflict);
  EXPECT_THAT(told.what, HasSubstr("answered 400 (invalidOperation, participantLimitReached)"));
  EXPECT_EQ(http.requests.size(), 1u);
}

TEST_F(CmsFaults, a_redirect_is_never_followed) {
  auto const error = error_of(
      Fake::reply(302, "", {{"Location", "https://evil.example/api/v1/calls/c1?t=canary"}}));
  EXPECT_EQ(error.kind, ErrorKind::unavailable);
  EXPECT_THAT(error.what, HasSubstr("it points to evil.example, and redirects are never followed"));
  EXPECT_EQ(error.what.find("canary"), std::string::npos);
  EXPECT_EQ(http.requests.size(), 1u);
}

TEST_F(CmsFaults, a_burst_of_503_is_waited_out_by_reads) {
  http.next("/calls/c1", Fake::reply(503));
  http.next("/calls/c1", Fake::reply(503, "", {{"Retry-After", "2"}}));
  http.always("/calls/c1", Fake::reply(200, good));
  auto const began = clock.uptime();
  EXPECT_TRUE(run(api->call(c1)));
  EXPECT_EQ(http.requests.size(), 3u);
  EXPECT_GE(clock.uptime() - began, 2s) << "as long as the bridge asks for";
  EXPECT_LT(clock.uptime() - began, 3s);
}

TEST_F(CmsFaults, reads_are_tried_a_few_times_and_then_given_up) {
  for (auto const& answer :
       {Fake::reply(503), Fake::reply(500), failed(503, "<databaseNotReady/>"), Fake::reply(429),
        Fake::fail(ErrorKind::unavailable), Fake::fail(ErrorKind::timed_out),
        Fake::reply(200, "<html><body>Welcome</body></html>"), Fake::reply(200, ""),
        Fake::reply(200, "<?xml version=\"1.0\"?><call id=\"c1\"><name>cut o"),
        Fake::reply(200, "<calls total=\"0\"/>"), Fake::reply(200, "{\"json\":true}"),
        Fake::reply(200, "<!DOCTYPE x><call id=\"c1\"/>")}) {
    http = {};
    http.always("/calls/c1", answer);
    auto const began = clock.uptime();
    auto const call = run(api->call(c1));
    ASSERT_FALSE(call);
    EXPECT_EQ(http.requests.size(), 3u) << call.error().what;
    EXPECT_LT(clock.uptime() - began, 12s);
    EXPECT_THAT(call.error().what, HasSubstr("cms1: "));
  }
}

TEST_F(CmsFaults, an_answer_that_is_no_api_is_malformed) {
  for (auto const* body : {"<html><body>Welcome</body></html>", "", "<call id=\"c1\"><name>cut",
                           "{\"json\":true}", "<!DOCTYPE x><call id=\"c1\"/>"}) {
    http = {};
    EXPECT_EQ(error_of(Fake::reply(200, body, {{"Content-Type", "text/html"}})).kind,
              ErrorKind::malformed);
  }
  http = {};
  http.always("/calls/c1", Fake::reply(200, good, {{"Content-Type", "application/octet-stream"}}));
  EXPECT_TRUE(run(api->call(c1))) << "its XML counts, not what it is called";
}

TEST_F(CmsFaults, a_bridge_that_hangs_is_given_up_in_time) {
  http.always("", Fake::hang(clock));
  auto began = clock.uptime();
  auto const call = run(api->call(c1));
  ASSERT_FALSE(call);
  EXPECT_EQ(call.error().kind, ErrorKind::timed_out);
  EXPECT_LT(clock.uptime() - began, 45s);
  began = clock.uptime();
  auto const shown = run(api->show(c1, {"Level 3"}, true));
  ASSERT_FALSE(shown);
  EXPECT_EQ(shown.error().kind, ErrorKind::timed_out);
  EXPECT_LT(clock.uptime() - began, 12s);
  EXPECT_EQ(http.requests.size(), 4u) << "what changes something is tried once";
  EXPECT_EQ(api->waiting(), 0u);
}

TEST_F(CmsFaults, a_slow_bridge_is_waited_for) {
  http.always("/calls/c1", Fake::after(clock, 9s, Fake::reply(200, good)));
  EXPECT_TRUE(run(api->call(c1)));
  EXPECT_EQ(http.requests.size(), 1u);
}

TEST_F(CmsFaults, a_change_is_not_repeated_even_where_it_may_not_have_been_done) {
  for (auto const& answer : {Fake::fail(ErrorKind::unavailable, "reset after it was applied"),
                             Fake::reply(503), Fake::reply(500)}) {
    http = {};
    http.always("", answer);
    EXPECT_FALSE(run(api->show(c1, {"Level 3"}, true)));
    EXPECT_FALSE(run(api->add_receiver("https://w.test/")));
    EXPECT_EQ(http.requests.size(), 2u);
  }
}

TEST_F(CmsFaults, one_dead_bridge_delays_no_other) {
  auto const dead = make("dead");
  http.always("https://dead.test", Fake::hang(clock));
  http.always("https://cms1.test", Fake::after(clock, 5ms, Fake::reply(200, good)));
  for (int i = 0; i < 50; ++i) {
    (void)start(dead->call(c1));
    (void)start(dead->show(c1, {"Level 3"}, true));
  }
  EXPECT_EQ(dead->waiting(), 100u);
  for (int i = 0; i < 20; ++i) {
    auto const began = clock.uptime();
    auto const call = start(api->call(c1));
    clock.advance(5ms);
    ASSERT_TRUE(call->value && *call->value) << i;
    EXPECT_EQ(clock.uptime() - began, 5ms);
  }
  clock.advance(30min);
  EXPECT_EQ(dead->waiting(), 0u);
}

// --- Places and pace ---------------------------------------------------------------------------

TEST_F(CmsFaults, at_most_four_requests_are_under_way_and_one_place_is_kept_for_urgent_ones) {
  http.always("", Fake::hang(clock));
  for (int i = 0; i < 10; ++i) (void)start(api->call(c1));
  EXPECT_EQ(http.in_flight, 3);
  (void)start(api->show(c1, {"lower"}, false));
  EXPECT_EQ(http.in_flight, 3);
  (void)start(api->show(c1, {"Level 3"}, true));
  EXPECT_EQ(http.in_flight, 4);
  EXPECT_EQ(http.last().method, http::Method::put);
  EXPECT_TRUE(http.last().urgent);
  (void)start(api->show(c1, {"Level 3"}, true));
  EXPECT_EQ(http.in_flight, 4);
  EXPECT_EQ(api->waiting(), 13u);
  clock.advance(24h);
  EXPECT_EQ(api->waiting(), 0u);
  EXPECT_EQ(http.most_in_flight, 4);
}

TEST_F(CmsFaults, urgent_messages_go_before_all_that_waits) {
  std::vector<std::string> order;
  http.always("", [&](http::ClientRequest request) -> Task<Result<http::ClientResponse>> {
    order.push_back(request.method == http::Method::get ? "read" : request.body.substr(12, 5));
    co_await clock.sleep_for(100ms);
    co_return http::ClientResponse{200, {}, good, ""};
  });
  for (int i = 0; i < 6; ++i) (void)start(api->call(c1));
  (void)start(api->show(c1, {"lower"}, false));
  for (int i = 0; i < 4; ++i) (void)start(api->show(c1, {"raise"}, true));
  clock.advance(5s);
  EXPECT_EQ(order, (std::vector<std::string>{"read", "read", "read", "raise", "raise", "raise",
                                             "raise", "read", "read", "read", "lower"}));
}

TEST_F(CmsFaults, a_message_that_is_not_wanted_any_more_when_its_turn_comes_is_not_sent) {
  std::size_t sent = 0;
  http.always("", [&](http::ClientRequest) -> Task<Result<http::ClientResponse>> {
    ++sent;
    co_await clock.sleep_for(9s);
    co_return http::ClientResponse{200, {}, good, ""};
  });
  for (int i = 0; i < 20; ++i) (void)start(api->show(c1, {"before"}, true));
  auto const under_way = sent;
  ASSERT_LT(under_way, 20u);
  bool wanted = true;
  auto const late = start(api->show(c1, {"Level 3"}, true, [&wanted] { return wanted; }));
  wanted = false;
  clock.advance(2min);
  EXPECT_EQ(sent, 20u);
  ASSERT_TRUE(late->value);
  EXPECT_EQ(late->value->error().kind, ErrorKind::cancelled);
}

TEST_F(CmsFaults, reads_go_at_twenty_a_second_and_messages_at_any_pace) {
  std::vector<Uptime> reads;
  std::size_t messages = 0;
  http.always("", [&](http::ClientRequest request) -> Task<Result<http::ClientResponse>> {
    if (request.method == http::Method::get)
      reads.push_back(clock.uptime());
    else
      ++messages;
    co_await clock.sleep_for(1ms);
    co_return http::ClientResponse{200, {}, good, ""};
  });
  for (int i = 0; i < 100; ++i) (void)start(api->call(c1));
  for (int i = 0; i < 200; ++i) (void)start(api->show(c1, {"x"}, i % 2 == 0));
  for (int i = 0; i < 900; ++i) clock.advance(1ms);
  EXPECT_EQ(messages, 200u) << "reads that wait for their second hold no message up";
  clock.advance(1min);
  ASSERT_EQ(reads.size(), 100u);
  for (std::size_t i = 20; i < reads.size(); ++i)
    EXPECT_GE(reads[i] - reads[i - 20], 1s) << "more than twenty within a second";
  EXPECT_LT(reads.back() - reads.front(), 5s);
}

TEST_F(CmsFaults, whoever_is_cancelled_gives_its_place_back) {
  http.always("", Fake::hang(clock));
  boost::asio::cancellation_signal signals[8];
  for (int i = 0; i < 8; ++i)
    boost::asio::co_spawn(
        io.get_executor(),
        [this, i]() -> Task<void> {
          if (i % 2)
            (void)co_await api->call(c1);
          else
            (void)co_await api->show(c1, {"x"}, true);
        },
        boost::asio::bind_cancellation_slot(signals[i].slot(), [](std::exception_ptr) {}));
  clock.drain();
  EXPECT_EQ(http.in_flight, 4);
  for (int const i : {7, 0, 3, 1, 2, 6, 5, 4}) {
    signals[i].emit(boost::asio::cancellation_type::terminal);
    clock.drain();
  }
  EXPECT_EQ(http.in_flight, 0);
  EXPECT_EQ(api->waiting(), 0u);
  http.next("/calls/c1", Fake::reply(200, good));
  EXPECT_TRUE(run(api->call(c1)));
}

}  // namespace
}  // namespace wardroom::test
