// What only the libcurl client does: streams, its queue, requests begun inside its callbacks.
#include "lib/http_client/client_kit.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace wardroom::test {
namespace {

using http::ClientRequest;
using http::CurlClient;
using Then = Answer::Then;

struct Collect : http::StreamSink {
  int status = 0;
  std::string peer, body;
  std::function<void()> at_bytes;
  void on_head(int s, http::Headers const&, std::string_view p) override {
    status = s;
    peer = p;
  }
  void on_bytes(std::string_view bytes) override {
    body += bytes;
    if (at_bytes) at_bytes();
  }
};

class Curl : public ::testing::Test {
 protected:
  Curl() { make({}); }
  void make(CurlClient::Options options) {
    kit.client = std::make_unique<CurlClient>(kit.io.get_executor(), kit.clock, std::move(options));
  }
  CurlClient& curl() { return static_cast<CurlClient&>(*kit.client); }
  Result<void> stream(ClientRequest request) {
    return run_task(kit.io, kit.client->stream(std::move(request), sink));
  }
  ClientRequest get(std::string_view path = "/") { return kit.get(server.url(path)); }
  void start(ClientRequest request) {
    boost::asio::co_spawn(
        kit.io.get_executor(),
        [this, request]() -> Task<void> {
          auto const answer = co_await kit.client->send(request);
          answer ? ++fine : ++failed;
        },
        [](std::exception_ptr) {});
  }

  int fine = 0, failed = 0;  // these outlive the tasks that write to them
  Collect sink;
  ClientKit kit;
  FaultServer server{kit.io};
};

std::string const stream_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST_F(Curl, hands_a_stream_over_as_it_comes_and_returns_at_its_clean_end) {
  server.next({stream_head + "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", Then::keep, {}, Milliseconds(1)});
  auto const ended = stream(get());
  EXPECT_TRUE(ended) << ended.error().what;
  EXPECT_EQ(sink.status, 200);
  EXPECT_EQ(sink.peer, server.address());
  EXPECT_EQ(sink.body, "abcdef");
}

TEST_F(Curl, a_stream_is_not_bounded_by_the_limit_of_answers_nor_by_time_once_its_head_came) {
  auto request = get();
  request.response_limit = 10;
  request.timeout = Milliseconds(100);
  server.next({stream_head + "30\r\n" + std::string(48, 'x') + "\r\n0\r\n\r\n",
               Then::keep,
               {},
               Milliseconds(3)});
  auto const ended = stream(request);
  EXPECT_FALSE(ended);  // the head alone takes longer than 100 ms here
  request.timeout = Milliseconds(2000);
  sink = {};
  server.next({stream_head + "300\r\n" + std::string(768, 'x') + "\r\n0\r\n\r\n",
               Then::keep,
               {},
               Milliseconds(3)});
  auto const longer = stream(request);
  EXPECT_TRUE(longer) << longer.error().what;
  EXPECT_EQ(sink.body.size(), 768u);
}

TEST_F(Curl, a_cut_stream_is_an_error_and_what_came_was_handed_over) {
  for (auto const then : {Then::close, Then::reset}) {
    sink = {};
    server.next({stream_head + "10\r\nabc", then, {}, Milliseconds(1)});
    auto const ended = stream(get());
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().kind, ErrorKind::unavailable);
    if (then == Then::close) EXPECT_EQ(sink.body, "abc");
  }
}

TEST_F(Curl, a_stream_whose_head_does_not_come_is_timed_out) {
  server.next({"", Then::hang});
  auto request = get();
  request.timeout = Milliseconds(150);
  EXPECT_EQ(stream(request).error().kind, ErrorKind::timed_out);
}

TEST_F(Curl, what_a_sink_throws_comes_out_of_the_stream) {
  server.next({stream_head + "3\r\nabc\r\n", Then::hang});
  sink.at_bytes = [] { throw std::logic_error("the sink broke"); };
  EXPECT_THROW((void)stream(get()), std::logic_error);
  EXPECT_TRUE(kit.until([&] { return server.open() == 0; }));
}

TEST_F(Curl, a_request_begun_inside_a_sink_is_sent) {
  server.next({stream_head + "3\r\nabc\r\n0\r\n\r\n"});
  sink.at_bytes = [this] { start(get("/ack")); };
  EXPECT_TRUE(stream(get()));
  EXPECT_TRUE(kit.until([&] { return fine == 1; }));
}

TEST_F(Curl, a_stream_cancelled_inside_its_own_sink_ends) {
  server.next({stream_head + "3\r\nabc\r\n", Then::hang});
  boost::asio::cancellation_signal signal;
  bool ended = false;
  sink.at_bytes = [&] { signal.emit(boost::asio::cancellation_type::terminal); };
  boost::asio::co_spawn(
      kit.io.get_executor(),
      [this]() -> Task<void> { auto const end = co_await kit.client->stream(get(), sink); },
      boost::asio::bind_cancellation_slot(signal.slot(),
                                          [&](std::exception_ptr why) { ended = why != nullptr; }));
  EXPECT_TRUE(kit.until([&] { return ended; }));
  EXPECT_EQ(curl().in_flight(), 0u);
  EXPECT_EQ(curl().watched_sockets(), 0u);
}

TEST_F(Curl, urgent_requests_go_before_those_that_wait) {
  make({.max_in_flight = 1});
  server.otherwise({ok("fine"), Then::keep, Milliseconds(5)});
  for (auto const* path : {"/0", "/1", "/2"}) start(get(path));
  ASSERT_TRUE(kit.until([&] { return server.requests().size() == 1; }));
  auto urgent = get("/release");
  urgent.urgent = true;
  start(urgent);
  ASSERT_TRUE(kit.until([&] { return fine == 4; }));
  EXPECT_TRUE(server.requests()[1].starts_with("GET /release "));
}

TEST_F(Curl, waiting_for_its_turn_does_not_use_up_a_requests_time) {
  make({.max_in_flight = 1});
  server.otherwise({ok("fine"), Then::keep, Milliseconds(60)});
  for (int i = 0; i < 6; ++i) {
    auto request = get();
    request.timeout = Milliseconds(250);
    start(request);
  }
  EXPECT_TRUE(kit.until([&] { return fine == 6; }));
  EXPECT_EQ(failed, 0);
}

TEST_F(Curl, one_silent_server_does_not_hold_up_the_others) {
  make({.max_in_flight = 8, .max_per_origin = 4});
  FaultServer silent(kit.io);
  silent.otherwise({"", Then::hang});
  for (int i = 0; i < 20; ++i) start(kit.get(silent.url()));
  start(get());
  EXPECT_TRUE(kit.until([&] { return fine == 1; }));
  EXPECT_TRUE(kit.until([&] { return silent.requests().size() == 4; }));
  EXPECT_EQ(curl().queued(), 16u);
}

TEST_F(Curl, an_answer_that_stalls_is_given_up_before_its_own_time_is_over) {
  make({.stall_timeout = Milliseconds(150)});
  server.next({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", Then::hang});
  auto const answer = kit.send(get());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::timed_out);
  EXPECT_NE(answer.error().what.find("nothing came for 150 ms"), std::string::npos);
}

TEST_F(Curl, an_answer_that_drips_is_given_up_before_its_own_time_is_over) {
  make({.stall_timeout = Milliseconds(200), .slowest = 1000});
  server.next({ok(std::string(5000, 'x')), Then::keep, {}, Milliseconds(5)});
  auto const answer = kit.send(get());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::timed_out);
  EXPECT_NE(answer.error().what.find("bytes came for 200 ms"), std::string::npos)
      << answer.error().what;
  EXPECT_FALSE(answer.error().not_done);
}

TEST_F(Curl, an_answer_may_take_its_time_to_begin) {
  make({.stall_timeout = Milliseconds(60)});
  server.next({ok("fine"), Then::keep, Milliseconds(250)});
  auto const answer = kit.send(get());
  EXPECT_TRUE(answer) << answer.error().what;
}

TEST_F(Curl, gives_up_connecting_in_time) {
  // A full backlog: connections to it neither stand nor fail.
  boost::asio::ip::tcp::acceptor full(kit.io);
  full.open(boost::asio::ip::tcp::v4());
  full.bind({boost::asio::ip::address_v4::loopback(), 0});
  full.listen(0);
  std::vector<boost::asio::ip::tcp::socket> fill;
  for (int i = 0; i < 4; ++i) {
    fill.emplace_back(kit.io);
    fill.back().async_connect(full.local_endpoint(), [](auto) {});
  }
  (void)kit.until([n = 0]() mutable { return ++n > 5; });
  auto request = kit.get("http://127.0.0.1:" + std::to_string(full.local_endpoint().port()) + "/");
  request.connect_timeout = Milliseconds(200);
  auto const answer = kit.send(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::timed_out);
  EXPECT_NE(answer.error().what.find("no connection within 200 ms"), std::string::npos)
      << answer.error().what;
  EXPECT_TRUE(answer.error().not_done);
}

TEST_F(Curl, dies_cleanly_with_requests_on_their_way_and_waiting) {
  make({.max_in_flight = 1});
  server.otherwise({"", Then::hang});
  for (int i = 0; i < 3; ++i) start(get());
  ASSERT_TRUE(kit.until([&] { return server.requests().size() == 1; }));
  kit.client.reset();
  EXPECT_TRUE(kit.until([&] { return server.open() == 0; }));
}

}  // namespace
}  // namespace wardroom::test
