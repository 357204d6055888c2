// What only the lane does: connections opened ahead, some kept for urgent requests, mended behind.
#include "lib/http_client/client_kit.hpp"

namespace wardroom::test {
namespace {

using http::ClientRequest;
using http::LaneClient;
using Then = Answer::Then;

class LaneTest : public ::testing::Test {
 protected:
  LaneTest() { make({}); }
  void make(LaneClient::Options options) {
    kit.client = std::make_unique<LaneClient>(kit.io.get_executor(), kit.clock, kit.tasks,
                                              std::move(options));
  }
  LaneClient& lane() { return static_cast<LaneClient&>(*kit.client); }
  void start(ClientRequest request) {
    boost::asio::co_spawn(
        kit.io.get_executor(),
        [this, request]() -> Task<void> {
          auto const answer = co_await kit.client->send(request);
          answer ? ++fine : ++failed;
          if (!answer) why = answer.error().what;
        },
        [](std::exception_ptr) {});
  }
  ClientRequest get(std::string_view path = "/") { return kit.get(server.url(path)); }
  ClientRequest urgent(std::string_view path) {
    auto request = get(path);
    request.urgent = true;
    return request;
  }

  int fine = 0, failed = 0;  // these outlive the tasks that write to them
  std::string why;
  ClientKit kit;
  FaultServer server{kit.io};
};

TEST_F(LaneTest, opens_its_connections_before_the_first_request) {
  ASSERT_TRUE(lane().warm(server.url(), 6));
  ASSERT_TRUE(kit.until([&] { return lane().counters().idle == 6; }));
  EXPECT_TRUE(kit.until([&] { return server.accepted() == 6; }));
  EXPECT_TRUE(kit.send(get()));
  EXPECT_EQ(server.accepted(), 6u);
}

TEST_F(LaneTest, does_not_warm_plain_http_beyond_loopback) {
  auto const warmed = lane().warm("http://192.0.2.1/", 2);
  ASSERT_FALSE(warmed);
  EXPECT_EQ(warmed.error().kind, ErrorKind::malformed);
}

TEST_F(LaneTest, keeps_connections_for_urgent_requests_which_others_may_not_take) {
  make({.kept_for_urgent = 2});
  ASSERT_TRUE(lane().warm(server.url(), 4));
  ASSERT_TRUE(kit.until([&] { return lane().counters().idle == 4; }));
  server.otherwise({"", Then::hang});
  for (int i = 0; i < 10; ++i) start(get("/ack"));
  ASSERT_TRUE(kit.until([&] { return server.requests().size() == 2; }));
  EXPECT_EQ(lane().counters().waiting, 8u);
  server.otherwise({ok("fine")});
  start(urgent("/release"));
  ASSERT_TRUE(kit.until([&] { return fine == 1; }));
  EXPECT_TRUE(server.requests().back().starts_with("GET /release "));
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST_F(LaneTest, serves_urgent_requests_first_when_all_connections_are_taken) {
  make({.kept_for_urgent = 0});
  ASSERT_TRUE(lane().warm(server.url(), 1));
  ASSERT_TRUE(kit.until([&] { return lane().counters().idle == 1; }));
  server.otherwise({ok("fine"), Then::keep, Milliseconds(5)});
  for (auto const* path : {"/0", "/1", "/2"}) start(get(path));
  ASSERT_TRUE(kit.until([&] { return server.requests().size() == 1; }));
  start(urgent("/release"));
  ASSERT_TRUE(kit.until([&] { return fine == 4; }));
  EXPECT_TRUE(server.requests()[1].starts_with("GET /release "));
}

TEST_F(LaneTest, opens_dead_connections_again_by_itself) {
  ASSERT_TRUE(lane().warm(server.url(), 3));
  ASSERT_TRUE(kit.until([&] { return lane().counters().idle == 3; }));
  for (int i = 0; i < 3; ++i) start(get());
  ASSERT_TRUE(kit.until([&] { return fine == 3; }));
  server.drop_all(true);
  ASSERT_TRUE(kit.until([&] { return lane().counters().open < 3; }));
  EXPECT_TRUE(kit.until([&] { return lane().counters().idle == 3; }));
}

TEST_F(LaneTest, does_not_hammer_a_server_that_closes_unused_connections) {
  ASSERT_TRUE(lane().warm(server.url(), 2));
  ASSERT_TRUE(kit.until([&] { return lane().counters().idle == 2; }));
  server.drop_all(false);
  ASSERT_TRUE(kit.until([&] { return lane().counters().open == 0; }));
  EXPECT_EQ(server.accepted(), 2u);
  EXPECT_TRUE(kit.send(get()));  // a request does not wait for the pause to end
}

TEST_F(LaneTest, whoever_waits_is_served_at_once_after_all_connections_broke) {
  make({.kept_for_urgent = 0});
  ASSERT_TRUE(lane().warm(server.url(), 2));
  ASSERT_TRUE(kit.until([&] { return lane().counters().idle == 2; }));
  server.otherwise({"", Then::hang});
  auto post = get("/ack");
  post.method = http::Method::post;
  for (int i = 0; i < 4; ++i) start(post);
  ASSERT_TRUE(kit.until([&] { return server.requests().size() == 2; }));
  EXPECT_EQ(lane().counters().waiting, 2u);
  server.otherwise({ok("fine")});
  auto const began = std::chrono::steady_clock::now();
  server.drop_all(true);  // before any answer: none of the two has served anybody
  ASSERT_TRUE(kit.until([&] { return fine == 2; }));
  EXPECT_LT(std::chrono::steady_clock::now() - began, Milliseconds(900));
  EXPECT_EQ(failed, 2);
}

TEST_F(LaneTest, fails_all_that_wait_when_no_connection_can_be_opened) {
  auto const url = server.url();
  server.stop();
  for (int i = 0; i < 5; ++i) start(kit.get(url));
  ASSERT_TRUE(kit.until([&] { return failed == 5; }));
  EXPECT_NE(why.find("no connection"), std::string::npos) << why;
}

TEST_F(LaneTest, the_time_of_a_request_ends_it_and_its_connection) {
  ASSERT_TRUE(lane().warm(server.url(), 1));
  server.next({"", Then::hang});
  auto request = get();
  request.timeout = Milliseconds(100);
  auto const answer = kit.send(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::timed_out);
  EXPECT_TRUE(kit.send(get()));
  EXPECT_EQ(server.accepted(), 2u);
}

TEST_F(LaneTest, trusts_no_bytes_that_nobody_asked_for) {
  make({.connections = 1});
  server.next({ok("fine") + ok("smuggled")});
  auto const first = kit.send(get());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->body, "fine");
  server.next({ok("second")});
  auto const second = kit.send(get());
  ASSERT_TRUE(second) << second.error().what;
  EXPECT_EQ(second->body, "second");
  EXPECT_EQ(server.accepted(), 2u);
}

TEST_F(LaneTest, cool_ends_what_is_on_its_way) {
  server.otherwise({"", Then::hang});
  start(get());
  ASSERT_TRUE(kit.until([&] { return server.requests().size() == 1; }));
  lane().cool(server.url());
  ASSERT_TRUE(kit.until([&] { return failed == 1; }));
  EXPECT_NE(why.find("closed"), std::string::npos) << why;
  EXPECT_EQ(lane().counters().open, 0u);
}

TEST_F(LaneTest, opens_more_connections_where_answers_take_their_time) {
  make({.most_connections = 6, .kept_for_urgent = 0});
  ASSERT_TRUE(lane().warm(server.url(), 1));
  ASSERT_TRUE(kit.until([&] { return lane().counters().idle == 1; }));
  server.otherwise({ok("fine"), Then::keep, Milliseconds(20)});
  for (int i = 0; i < 60; ++i) start(get());
  ASSERT_TRUE(kit.until([&] { return fine == 60; }));
  EXPECT_GT(server.accepted(), 1u);
  EXPECT_LE(server.accepted(), 6u) << "never more than allowed";
  // A connection that was opened for a rush is not opened again when it ends.
  server.drop_all(true);
  EXPECT_TRUE(kit.until([&] { return lane().counters().idle == 1; }));
}

TEST_F(LaneTest, opens_no_more_where_answers_come_at_once) {
  make({.kept_for_urgent = 0});
  ASSERT_TRUE(lane().warm(server.url(), 1));
  ASSERT_TRUE(kit.until([&] { return lane().counters().idle == 1; }));
  server.otherwise({"", Then::hang});  // nor where none come at all
  for (int i = 0; i < 60; ++i) {
    auto request = get();
    request.timeout = Milliseconds(20);
    start(request);
  }
  ASSERT_TRUE(kit.until([&] { return failed >= 5; }));
  EXPECT_LE(lane().counters().opened, static_cast<std::uint64_t>(failed) + 1)
      << "each time-out costs its connection, and one follows it";
}

TEST_F(LaneTest, refuses_streams_in_a_sentence) {
  struct None : http::StreamSink {
    void on_head(int, http::Headers const&, std::string_view) override {}
    void on_bytes(std::string_view) override {}
  } none;
  auto const ended = run_task(kit.io, kit.client->stream(get(), none));
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::internal);
}

TEST_F(LaneTest, a_missing_file_of_trusted_certificates_is_told_at_start) {
  EXPECT_THROW(make({.ca_file = "/nonexistent/ca.pem"}), std::runtime_error);
}

}  // namespace
}  // namespace wardroom::test
