// Routes that look at a request before its body, and connections that rest for minutes.
#include "lib/http/server_fixture.hpp"

#include <netinet/tcp.h>

namespace wardroom::http {
namespace {
using namespace std::chrono_literals;

struct AdmissionTest : ServerFixture {
  int handled = 0;
  std::size_t got = 0;

  void serve(Server::Options options = {}) {
    add_hello();
    router.add({.method = Method::post,
                .pattern = "/cdr/{secret}",
                .body_limit = 4u << 20,
                .failures_count = true,
                .keeps_connection = true,
                .admit = [](ServerRequest const& request) -> std::optional<Response> {
                  if (request.params[0] == "throw") throw std::runtime_error("on purpose");
                  if (request.params[0] == "right") return std::nullopt;
                  return Response{.status = 404};
                }},
               [this](ServerRequest& request, Responder responder) {
                 ++handled;
                 got = request.body.size();
                 responder.send(Response{.status = 200});
               });
    listen(std::move(options));
  }
  static std::string head(std::string const& secret, std::string const& fields) {
    return "POST /cdr/" + secret + " HTTP/1.1\r\nHost: w\r\n" + fields + "\r\n";
  }
};

TEST_F(AdmissionTest, a_refused_post_is_answered_before_its_body_and_the_connection_ends) {
  serve();
  auto client = connect();
  auto const answer =
      client.ask(head("wrong", "Content-Length: 100000\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(status_of(answer), 404) << "and no 100 Continue before it";
  EXPECT_NE(answer.find("Content-Length: 0\r\n"), std::string::npos) << answer;
  EXPECT_EQ(body_of(answer), "");
  EXPECT_TRUE(client.wait_for_close());
  EXPECT_EQ(handled, 0);
}

TEST_F(AdmissionTest, a_refused_post_without_a_body_leaves_the_connection_in_step) {
  serve();
  auto client = connect();
  EXPECT_EQ(status_of(client.ask(head("wrong", "Content-Length: 0\r\n"))), 404);
  EXPECT_EQ(body_of(client.ask(get("/hello"))), "hello");
}

TEST_F(AdmissionTest,
       an_admitted_post_goes_on_with_its_body_whole_in_chunks_or_after_100_continue) {
  serve();
  auto client = connect();
  EXPECT_EQ(status_of(client.ask(head("right", "Content-Length: 3\r\n") + "abc")), 200);
  EXPECT_EQ(got, 3u);
  auto const chunked = head("right", "Transfer-Encoding: chunked\r\nContent-Type: x/y\r\n");
  EXPECT_EQ(status_of(client.ask(chunked + "5\r\nabcde\r\n0\r\n\r\n")), 200);
  EXPECT_EQ(got, 5u);
  client.send(head("right", "Content-Length: 2\r\nExpect: 100-continue\r\n"));
  EXPECT_TRUE(client.wait_for("100 Continue\r\n\r\n"));
  client.received.clear();
  EXPECT_EQ(status_of(client.ask("ab")), 200);
  EXPECT_EQ(handled, 3);
}

TEST_F(AdmissionTest, guessing_is_throttled_and_who_knows_gets_through) {
  serve();
  int refused = 0, throttled = 0;
  for (int i = 0; i < 90; ++i) {
    auto client = connect();
    auto const status = status_of(client.ask(head("guess", "Content-Length: 7\r\n")));
    refused += status == 404 ? 1 : 0;
    throttled += status == 429 ? 1 : 0;
  }
  EXPECT_EQ(refused, 60);
  EXPECT_EQ(throttled, 30);
  EXPECT_EQ(status_of(connect().ask(head("right", "Content-Length: 2\r\n") + "ab")), 200);
}

TEST_F(AdmissionTest, a_throw_is_answered_500_and_admits_nobody) {
  serve();
  EXPECT_EQ(status_of(connect().ask(head("throw", "Content-Length: 2\r\n") + "ab")), 500);
  EXPECT_EQ(handled, 0);
}

TEST_F(AdmissionTest, a_connection_behind_such_a_post_rests_for_ten_minutes) {
  serve();
  auto bridge = connect(), browser = connect(), guesser = connect();
  EXPECT_EQ(status_of(bridge.ask(head("right", "Content-Length: 1\r\n") + "a")), 200);
  EXPECT_EQ(body_of(browser.ask(get("/hello"))), "hello");
  EXPECT_EQ(status_of(guesser.ask(head("wrong", "Content-Length: 0\r\n"))), 404);
  clock.advance(77s);
  EXPECT_TRUE(browser.wait_for_close());
  EXPECT_TRUE(guesser.wait_for_close()) << "only who was admitted keeps a place";
  clock.advance(8min);
  EXPECT_EQ(status_of(bridge.ask(head("right", "Content-Length: 1\r\n") + "a")), 200);
  EXPECT_EQ(body_of(bridge.ask(get("/hello"))), "hello");
  clock.advance(77s);
  EXPECT_TRUE(bridge.wait_for_close()) << "as a browser, it has a browser's time";
}

TEST_F(AdmissionTest, resting_connections_end_when_the_server_stops) {
  serve();
  auto bridge = connect();
  EXPECT_EQ(status_of(bridge.ask(head("right", "Content-Length: 1\r\n") + "a")), 200);
  server->stop_accepting();
  EXPECT_TRUE(bridge.wait_for_close());
}

TEST_F(AdmissionTest, a_long_body_has_ten_seconds_for_each_mebibyte) {
  serve();
  auto client = connect();
  std::string const piece(1u << 20, 'x');
  client.send(head("right", "Content-Length: " + std::to_string(3 * piece.size()) + "\r\n"));
  for (int i = 0; i < 3; ++i) {
    client.send(piece);
    for (int turn = 0; turn < 200; ++turn) pump()();
    clock.advance(i < 2 ? 8s : 0s);
  }
  EXPECT_EQ(status_of(client.answer()), 200);
  EXPECT_EQ(got, 3 * piece.size());
  auto slow = connect();
  slow.send(head("right", "Content-Length: 1000\r\n") + "x");
  for (int turn = 0; turn < 20; ++turn) pump()();
  clock.advance(12s);
  EXPECT_EQ(status_of(slow.answer()), 408);
}

}  // namespace
}  // namespace wardroom::http
