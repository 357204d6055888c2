// Answers that come late, never, or go on and on.
#include "http/event_stream.hpp"
#include "lib/http/server_fixture.hpp"
#include "support/run_task.hpp"

namespace wardroom::http {
namespace {

using namespace std::chrono_literals;

struct ResponderTest : ServerFixture {
  std::vector<Responder> held;
  std::vector<std::shared_ptr<ResponseStream>> streams;

  void add_later() {
    router.add({.method = Method::post, .pattern = "/later", .body_limit = 100},
               [this](ServerRequest&, Responder r) { held.push_back(std::move(r)); });
  }
  void add_stream() {
    router.add({.pattern = "/stream"},
               [this](ServerRequest&, Responder r) { streams.push_back(r.stream(sse_head())); });
  }
  void TearDown() override {
    held.clear();
    streams.clear();
    ServerFixture::TearDown();
  }
};

std::shared_ptr<std::string const> bytes(std::string text) {
  return std::make_shared<std::string const>(std::move(text));
}

TEST_F(ResponderTest, an_answer_may_come_from_another_handler) {
  add_later();
  add_hello();
  listen();
  auto slow = connect();
  slow.send(post("/later", "x") + get("/hello"));
  run_until([&] { return held.size() == 1; });
  EXPECT_EQ(body_of(connect().ask(get("/hello"))), "hello") << "others do not wait";
  held[0].send_wire("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(status_of(slow.answer()), 204);
  EXPECT_EQ(body_of(slow.answer()), "hello");
}

TEST_F(ResponderTest, an_answer_after_the_client_left_is_dropped) {
  add_later();
  listen();
  std::string_view body;
  router.add({.method = Method::post, .pattern = "/keep", .body_limit = 100},
             [&](ServerRequest& request, Responder r) {
               body = request.body;
               held.push_back(std::move(r));
             });
  auto client = connect();
  client.send(post("/keep", "still here"));
  run_until([&] { return held.size() == 1; });
  client.leave();
  clock.advance(200s);
  EXPECT_EQ(body, "still here") << "views live until the answer";
  held[0].send(text(200, "anybody?"));
  clock.drain();
  clock.advance(100s);
  EXPECT_EQ(server->counters().open, 0u);
}

TEST_F(ResponderTest, an_answer_after_the_server_died_is_dropped) {
  add_later();
  listen();
  auto client = connect();
  client.send(post("/later", "x"));
  run_until([&] { return held.size() == 1; });
  server.reset();
  clock.drain();
  held[0].send(text(200, "nobody"));
  clock.drain();
}

TEST_F(ResponderTest, dropping_a_request_answers_500) {
  router.add({.pattern = "/drop"}, [](ServerRequest&, Responder) {});
  router.add({.pattern = "/throw"},
             [](ServerRequest&, Responder) -> void { throw std::runtime_error("broken"); });
  listen();
  auto client = connect();
  EXPECT_EQ(status_of(client.ask(get("/drop"))), 500);
  EXPECT_TRUE(failures.empty());
  EXPECT_EQ(status_of(client.ask(get("/throw"))), 500);
  clock.drain();
  EXPECT_EQ(failures, std::vector<std::string>{"GET /throw"});
}

TEST_F(ResponderTest, a_header_that_would_break_its_line_answers_500) {
  router.add({.pattern = "/split"},
             [](ServerRequest&, Responder r) { r.send(redirect("/x\r\nSet-Cookie: a=b")); });
  listen();
  auto const answer = connect().ask(get("/split"));
  EXPECT_EQ(status_of(answer), 500);
  EXPECT_EQ(answer.find("Set-Cookie"), std::string::npos);
}

TEST_F(ResponderTest, coroutine_handlers_keep_their_request_and_are_answered_500_when_they_throw) {
  router.add_task({.method = Method::post, .pattern = "/task", .body_limit = 100},
                  [this](ServerRequest& request) -> Task<Response> {
                    co_await clock.sleep_for(1s);
                    if (request.body == "throw") throw std::runtime_error("broken");
                    co_return text(200, std::string(request.body));
                  });
  listen();
  auto client = connect();
  client.send(post("/task", "patience"));
  run_until([&] { return tasks.running() == 1; });
  clock.advance(1s);
  EXPECT_EQ(body_of(client.answer()), "patience");
  client.send(post("/task", "throw"));
  run_until([&] { return tasks.running() == 1; });
  clock.advance(1s);
  EXPECT_EQ(status_of(client.answer()), 500);
  EXPECT_EQ(failures, std::vector<std::string>{"POST /task"});
  client.send(post("/task", "gone"));
  run_until([&] { return tasks.running() == 1; });
  client.leave();
  clock.advance(1s);
  EXPECT_EQ(tasks.running(), 0u);
}

TEST_F(ResponderTest, tasks_that_are_stopped_answer_503) {
  router.add_task({.pattern = "/task"}, [this](ServerRequest&) -> Task<Response> {
    co_await clock.sleep_for(1h);
    co_return text(200, "");
  });
  listen();
  auto client = connect();
  auto late = connect();
  client.send(get("/task"));
  run_until([&] { return tasks.running() == 1; });
  test::start_task(io, tasks.stop(clock, 0ms));
  clock.advance(10ms);
  EXPECT_EQ(status_of(client.answer()), 503);
  EXPECT_EQ(status_of(late.ask(get("/task"))), 503);
  EXPECT_TRUE(failures.empty());
}

TEST_F(ResponderTest, a_stream_goes_on_until_the_server_ends_it) {
  add_stream();
  listen();
  auto client = connect();
  client.send(get("/stream"));
  run_until([&] { return streams.size() == 1; });
  int closed = 0;
  streams[0]->on_close([&] { ++closed; });
  streams[0]->write(sse_frame("7", "call", "{}"));
  EXPECT_TRUE(client.wait_for("1c\r\nid: 7\nevent: call\ndata: {}\n\n\r\n")) << client.received;
  clock.advance(3600s);
  EXPECT_TRUE(streams[0]->open()) << "a quiet stream stays";
  streams[0]->write(bytes("bye"));
  streams[0]->close();
  streams[0]->write(bytes("dropped"));
  EXPECT_TRUE(client.wait_for_close());
  EXPECT_TRUE(client.received.ends_with("3\r\nbye\r\n0\r\n\r\n")) << client.received;
  EXPECT_NE(client.received.find("Transfer-Encoding: chunked"), std::string::npos);
  clock.drain();
  EXPECT_EQ(closed, 1);
}

TEST_F(ResponderTest, a_stream_closes_when_its_reader_leaves) {
  add_stream();
  listen();
  auto client = connect();
  client.send(get("/stream"));
  run_until([&] { return streams.size() == 1; });
  int closed = 0;
  streams[0]->on_close([&, self = streams[0]] { ++closed; });
  client.leave();
  run_until([&] { return closed == 1; });
  EXPECT_FALSE(streams[0]->open());
  streams[0]->write(bytes("nobody"));
  streams[0]->close();
  int late = 0;
  streams[0]->on_close([&] { ++late; });
  clock.drain();
  EXPECT_EQ(closed, 1);
  EXPECT_EQ(late, 1);
}

TEST_F(ResponderTest, dropping_a_stream_ends_it_and_http_1_0_reads_to_the_end) {
  add_stream();
  listen();
  auto client = connect();
  client.send("GET /stream HTTP/1.0\r\n\r\n");
  run_until([&] { return streams.size() == 1; });
  streams[0]->write(bytes("raw"));
  streams.clear();
  EXPECT_TRUE(client.wait_for_close());
  EXPECT_TRUE(client.received.ends_with("\r\n\r\nraw")) << client.received;
}

TEST_F(ResponderTest, stopping_and_dying_servers_close_streams) {
  add_stream();
  listen();
  auto client = connect();
  client.send(get("/stream"));
  run_until([&] { return streams.size() == 1; });
  server->stop_accepting();
  EXPECT_TRUE(client.wait_for_close());
  EXPECT_TRUE(client.received.ends_with("0\r\n\r\n"));
  listen();
  auto second = connect();
  second.send(get("/stream"));
  run_until([&] { return streams.size() == 2; });
  server.reset();
  EXPECT_FALSE(streams[1]->open());
  EXPECT_TRUE(second.wait_for_close());
}

TEST_F(ResponderTest, viewers_get_the_same_frame_and_the_slow_one_is_cut) {
  EventStream events;
  router.add({.pattern = "/events"},
             [&](ServerRequest&, Responder r) { events.add(r.stream(sse_head())); });
  listen();
  auto quick = connect();
  auto slow = connect();
  quick.send(get("/events"));
  slow.send(get("/events"));
  run_until([&] { return events.viewers() == 2; });
  auto const frame = sse_frame("", "state", std::string(256 * 1024, 'x'));
  for (int i = 0; i < 60 && events.viewers() == 2; ++i) {
    events.send(frame);
    clock.drain();
    quick.take();
    quick.received.clear();
  }
  EXPECT_EQ(events.viewers(), 1u);
  events.send(sse_frame("", "state", "small"));
  EXPECT_TRUE(quick.wait_for("data: small\n\n"));
  events.close_all();
  EXPECT_TRUE(quick.wait_for_close());
}

}  // namespace
}  // namespace wardroom::http
