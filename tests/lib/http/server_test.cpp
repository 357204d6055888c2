// A listening server: requests in order, keep-alive, limits, and who is asking.
#include "http/server.hpp"

#include "lib/http/server_fixture.hpp"

namespace wardroom::http {
namespace {

using namespace std::chrono_literals;
using testing::Test;

struct ServerTest : ServerFixture {};

TEST_F(ServerTest, answers_on_one_connection_again_and_again) {
  add_hello();
  listen();
  auto client = connect();
  for (int i = 0; i < 3; ++i) {
    auto const answer = client.ask(get("/hello"));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_NE(answer.find("Date: "), std::string::npos);
    EXPECT_EQ(body_of(answer), "hello");
  }
  EXPECT_EQ(server->counters().accepted, 1u);
  EXPECT_EQ(server->counters().requests, 3u);
}

TEST_F(ServerTest, pipelined_requests_are_answered_in_order) {
  add_echo();
  std::vector<Responder> held;
  router.add({.pattern = "/later"},
             [&](ServerRequest&, Responder r) { held.push_back(std::move(r)); });
  listen();
  auto client = connect();
  std::string all;
  for (int i = 0; i < 20; ++i) all += post("/echo", "number " + std::to_string(i));
  client.send(all + get("/later") + post("/echo", "last"));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(body_of(client.answer()), "number " + std::to_string(i));
  run_until([&] { return held.size() == 1; });
  clock.drain();
  EXPECT_FALSE(client.take() && !client.received.empty()) << "nothing overtakes a pending answer";
  held.front().send(text(200, "at last"));
  EXPECT_EQ(body_of(client.answer()), "at last");
  EXPECT_EQ(body_of(client.answer()), "last");
}

TEST_F(ServerTest, a_request_may_arrive_split_at_any_byte) {
  add_echo();
  listen();
  auto const plain = post("/echo", "0123456789");
  std::string const chunked =
      "POST /echo HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\n012\r\n4;name=value\r\n3456\r\n3\r\n789\r\n0\r\nTrailer: x\r\n\r\n";
  for (auto const& request : {plain, chunked}) {
    for (std::size_t cut = 1; cut < request.size(); ++cut) {
      auto client = connect();
      client.send(request.substr(0, cut));
      clock.drain();
      auto const answer = client.ask(request.substr(cut) + get("/none"));
      EXPECT_EQ(body_of(answer), "0123456789") << "cut at " << cut << ": " << answer;
      EXPECT_EQ(status_of(client.answer()), 404) << "cut at " << cut;
    }
    auto client = connect();
    for (char const byte : request) {
      client.send({&byte, 1});
      clock.drain();
    }
    EXPECT_EQ(body_of(client.answer()), "0123456789");
  }
}

TEST_F(ServerTest, a_body_beyond_the_route_limit_is_refused_before_it_is_read) {
  add_echo(10);
  listen();
  auto fits = connect();
  EXPECT_EQ(status_of(fits.ask(post("/echo", "0123456789"))), 200);
  auto declared = connect();
  auto const answer = declared.ask(
      "POST /echo HTTP/1.1\r\nHost: w\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(status_of(answer), 413) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(declared.wait_for_close());
  auto chunked = connect();
  EXPECT_EQ(status_of(chunked.ask("POST /echo HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n"
                                  "\r\n6\r\n012345\r\n5\r\n")),
            413);
  auto huge = connect();
  EXPECT_EQ(status_of(huge.ask("POST /echo HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n"
                               "\r\nfffffffffffffff\r\n")),
            413);
}

TEST_F(ServerTest, a_client_that_asks_first_is_told_to_continue) {
  add_echo();
  listen();
  auto client = connect();
  client.send(
      "POST /echo HTTP/1.1\r\nHost: w\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(body_of(client.ask("ok")), "ok");
}

TEST_F(ServerTest, refusals_say_what_would_do) {
  add_echo();
  router.add({.method = Method::post, .pattern = "/json", .body_limit = 100, .json = true},
             [](ServerRequest&, Responder r) { r.send(json_text(200, "{}")); });
  listen();
  auto client = connect();
  EXPECT_EQ(status_of(client.ask(get("/nowhere"))), 404);
  auto const method = client.ask(get("/echo"));
  EXPECT_EQ(status_of(method), 405);
  EXPECT_NE(method.find("Allow: POST\r\n"), std::string::npos);
  EXPECT_EQ(status_of(client.ask(post("/json", "{}", "application/JSON; charset=utf-8"))), 200);
  EXPECT_EQ(status_of(client.ask(post("/json", "{}", "text/plain"))), 415);
  auto head = connect();
  EXPECT_EQ(status_of(head.ask("GET / HTTP/1.1\r\nHost: w\r\nX: " + std::string(9000, 'x'))), 431);
  auto many = connect();
  std::string fields;
  for (int i = 0; i < 64; ++i) fields += "X: y\r\n";
  EXPECT_EQ(status_of(many.ask("GET / HTTP/1.1\r\nHost: w\r\n" + fields + "\r\n")), 431);
}

TEST_F(ServerTest, head_answers_like_get_without_the_body) {
  add_hello();
  router.add({.pattern = "/wire"}, [](ServerRequest&, Responder r) {
    r.send_wire("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwire");
  });
  listen();
  auto client = connect();
  client.send("HEAD /hello HTTP/1.1\r\nHost: w\r\n\r\nHEAD /wire HTTP/1.1\r\nHost: w\r\n\r\n" +
              get("/hello"));
  ASSERT_TRUE(client.wait_for("hello"));
  EXPECT_EQ(client.received.find("hello"), client.received.rfind("hello"));
  EXPECT_EQ(client.received.find("\r\n\r\nwire"), std::string::npos);
  EXPECT_NE(client.received.find("Content-Length: 5"), std::string::npos);
}

TEST_F(ServerTest, the_connection_ends_when_the_client_asks_for_it_and_with_http_1_0) {
  add_hello();
  listen();
  auto client = connect();
  EXPECT_NE(client.ask("GET /hello HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n")
                .find("Connection: close"),
            std::string::npos);
  EXPECT_TRUE(client.wait_for_close());
  auto old = connect();
  EXPECT_EQ(body_of(old.ask("GET /hello HTTP/1.0\r\n\r\n")), "hello");
  EXPECT_TRUE(old.wait_for_close());
  auto kept = connect();
  auto const answer = kept.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(answer.find("Connection: keep-alive"), std::string::npos);
  EXPECT_EQ(body_of(kept.ask("GET /hello HTTP/1.0\r\n\r\n")), "hello");
}

TEST_F(ServerTest, slow_heads_and_bodies_are_answered_408_and_idle_connections_just_end) {
  add_echo();
  listen();
  auto head = connect();
  head.send("POST /echo HTTP/1.1\r\nHost: ");
  auto body = connect();
  body.send("POST /echo HTTP/1.1\r\nHost: w\r\nContent-Length: 5\r\n\r\n12");
  auto idle = connect();
  clock.drain();
  clock.advance(4s);
  head.send("w\r\n");  // progress does not win time
  clock.drain();
  EXPECT_TRUE(head.take());
  clock.advance(2s);
  EXPECT_EQ(status_of(head.answer()), 408);
  EXPECT_TRUE(head.wait_for_close());
  EXPECT_TRUE(body.take());
  clock.advance(5s);
  EXPECT_EQ(status_of(body.answer()), 408);
  clock.advance(63s);
  EXPECT_TRUE(idle.take());
  clock.advance(2s);
  EXPECT_TRUE(idle.wait_for_close());
  EXPECT_TRUE(idle.received.empty());
  clock.advance(5s);
  EXPECT_EQ(server->counters().open, 0u);
}

TEST_F(ServerTest, the_idlest_connection_makes_room_for_a_new_one) {
  add_hello();
  listen({.limits = {.connections = 2}});
  auto first = connect();
  auto second = connect();
  EXPECT_EQ(status_of(first.ask(get("/hello"))), 200);
  EXPECT_EQ(status_of(second.ask(get("/hello"))), 200);
  clock.advance(100ms);
  EXPECT_EQ(status_of(first.ask(get("/hello"))), 200);
  auto third = connect();
  EXPECT_EQ(status_of(third.ask(get("/hello"))), 200);
  EXPECT_TRUE(second.wait_for_close());
  EXPECT_EQ(status_of(first.ask(get("/hello"))), 200);
  EXPECT_EQ(server->counters().shed, 1u);
}

TEST_F(ServerTest, only_trusted_proxies_may_say_who_is_asking) {
  router.add({.pattern = "/who"}, [](ServerRequest& request, Responder r) {
    r.send(text(200, std::string(request.remote) + (request.secure ? " secure" : " plain")));
  });
  std::string const request =
      "GET /who HTTP/1.1\r\nHost: w\r\nX-Forwarded-For: 6.6.6.6, 192.0.2.9\r\n"
      "X-Forwarded-For: 10.1.2.3\r\nX-Forwarded-Proto: https\r\n\r\n";
  listen();
  EXPECT_EQ(body_of(connect().ask(request)), "127.0.0.1 plain");
  listen({.trusted_proxies = {"127.0.0.1", "10.0.0.0/8"}});
  EXPECT_EQ(body_of(connect().ask(request)), "192.0.2.9 secure");
}

TEST_F(ServerTest, foreign_host_names_are_refused) {
  add_hello();
  listen({.public_hosts = {"wardroom.acme.example", "127.0.0.1:8480"}});
  auto const ask = [&](std::string const& host) {
    return status_of(connect().ask("GET /hello HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
  };
  EXPECT_EQ(ask("WARDROOM.acme.example"), 200);
  EXPECT_EQ(ask("wardroom.acme.example:8443"), 200);
  EXPECT_EQ(ask("127.0.0.1:8480"), 200);
  EXPECT_EQ(ask("127.0.0.1:8481"), 421);
  EXPECT_EQ(ask("evil.example"), 421);
}

TEST_F(ServerTest, a_half_closed_client_still_gets_its_answer) {
  add_hello();
  listen();
  auto client = connect();
  client.send(get("/hello"));
  client.half_close();
  EXPECT_EQ(body_of(client.answer()), "hello");
  EXPECT_TRUE(client.wait_for_close());
}

TEST_F(ServerTest, a_large_answer_to_a_slow_reader_arrives_whole) {
  std::string const large(3 << 20, 'x');
  router.add({.pattern = "/large"}, [&](ServerRequest&, Responder r) { r.send(text(200, large)); });
  listen();
  auto client = connect();
  client.send(get("/large") + get("/large"));
  clock.drain();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(body_of(client.answer()).size(), large.size());
}

TEST_F(ServerTest, a_reader_that_takes_nothing_is_cut_off) {
  std::string const large(16 << 20, 'x');
  router.add({.pattern = "/large"}, [&](ServerRequest&, Responder r) { r.send(text(200, large)); });
  listen();
  auto client = connect();
  client.send(get("/large"));
  run_until([&] { return server->counters().requests == 1; });
  clock.drain();
  clock.advance(29s);
  EXPECT_EQ(server->counters().open, 1u);
  clock.advance(3s);
  EXPECT_EQ(server->counters().open, 0u);
}

TEST_F(ServerTest, stopping_lets_the_current_answer_out_and_closes_the_rest) {
  std::vector<Responder> held;
  router.add({.pattern = "/later"},
             [&](ServerRequest&, Responder r) { held.push_back(std::move(r)); });
  router.add({.pattern = "/now"}, [](ServerRequest&, Responder r) { r.send(text(200, "now")); });
  listen();
  auto idle = connect();
  idle.send(get("/now"));
  EXPECT_EQ(body_of(idle.answer()), "now");
  auto busy = connect();
  busy.send(get("/later"));
  run_until([&] { return held.size() == 1; });
  server->stop_accepting();
  EXPECT_TRUE(idle.wait_for_close());
  held.front().send(text(200, "done"));
  auto const answer = busy.answer();
  EXPECT_EQ(body_of(answer), "done");
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(busy.wait_for_close());
}

// Between accept and the first bytes a stop must not lose the request (G1).
TEST_F(ServerTest, stopping_still_answers_the_first_request_of_who_has_just_connected) {
  router.add({.pattern = "/now"}, [](ServerRequest&, Responder r) { r.send(text(200, "now")); });
  listen();
  auto fresh = connect();
  run_until([&] { return server->counters().open == 1; });
  server->stop_accepting();
  fresh.send(get("/now"));
  auto const answer = fresh.answer();
  EXPECT_EQ(body_of(answer), "now");
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(fresh.wait_for_close());
}

}  // namespace
}  // namespace wardroom::http
