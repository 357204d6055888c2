// The way to the daemon's doors: pieces, losses, resets and doors that die, on two loops.
#include "door_network.hpp"

#include "http/event_stream.hpp"
#include "support/fake_clock.hpp"

#include <gtest/gtest.h>

namespace wardroom::world {
namespace {

using namespace std::chrono_literals;

/// A daemon's side: loop, clock, router and doors, gone together.
struct Life {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  TaskGroup tasks{io.get_executor(), [](std::string_view, std::exception_ptr) {}};
  http::Router router{tasks};
  test::MemoryDoor door{io.get_executor(), clock, router, {}};
  test::MemoryDoor control{io.get_executor(), clock, router, {.unix_socket = true}};
  std::vector<std::shared_ptr<http::ResponseStream>> streams;
  std::size_t handled = 0, streams_closed = 0;

  Life() {
    router.add({.method = http::Method::post, .pattern = "/echo", .body_limit = 4096},
               [this](http::ServerRequest& request, http::Responder responder) {
                 ++handled;
                 responder.send(http::text(
                     200, std::string(request.remote) + " " + std::string(request.body)));
               });
    router.add_task({.pattern = "/later"}, [this](http::ServerRequest&) -> Task<http::Response> {
      co_await clock.sleep_for(1s);
      ++handled;
      co_return http::text(200, "later");
    });
    router.add({.pattern = "/live"}, [this](http::ServerRequest&, http::Responder responder) {
      streams.push_back(responder.stream(http::sse_head()));
      streams.back()->on_close([this] { ++streams_closed; });
    });
    router.add({.pattern = "/who"}, [](http::ServerRequest& request, http::Responder responder) {
      responder.send(http::text(200, std::to_string(request.peer.uid)));
    });
    EXPECT_TRUE(door.listen_tcp("127.0.0.1:8480"));
    EXPECT_TRUE(control.listen_unix("/run/control.sock", 0600));
  }
};

struct DoorNetworkTest : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  TaskGroup tasks{io.get_executor(), [](std::string_view, std::exception_ptr) {}};
  SeededRandom dice{7};
  DoorNetwork net{io.get_executor(), clock, dice};
  std::unique_ptr<Life> life;

  void SetUp() override { start(); }
  void start() {
    life = std::make_unique<Life>();
    net.attach("http", "http://127.0.0.1:8480", life->door, life->io.get_executor());
    net.attach("control", "", life->control, life->io.get_executor());
  }
  void TearDown() override {
    net.detach_all();
    run(1s);
    end_life();
    run(180s);
    EXPECT_EQ(tasks.running(), 0u);
    EXPECT_EQ(net.in_flight(), 0u);
  }
  void end_life() {
    if (!life) return;
    life->door.close_all();
    life->control.close_all();
    life->clock.advance(10s);
    life.reset();
  }
  /// Both sides, a millisecond at a time.
  void run(Milliseconds time) {
    for (auto const end = clock.uptime() + time; clock.uptime() < end;) {
      clock.advance(1ms);
      if (life) life->clock.advance(1ms);
    }
  }

  struct Sent {
    std::optional<DoorNetwork::Answer> answer;
    std::string words() const {
      if (!answer) return "nothing yet";
      return *answer ? std::to_string((*answer)->status) + " " + (*answer)->body
                     : (*answer).error().what;
    }
  };
  std::shared_ptr<Sent> send(std::string const& path, std::string body = "",
                             http::Client* client = nullptr) {
    http::ClientRequest request;
    if (!body.empty()) request.method = http::Method::post;
    request.url = "http://127.0.0.1:8480" + path;
    request.body = std::move(body);
    request.timeout = 10s;
    auto out = std::make_shared<Sent>();
    auto& way = client ? *client : net;
    tasks.spawn("send", [&way, request, out]() -> Task<void> {
      auto answer = co_await way.send(request);
      out->answer = std::move(answer);
    });
    return out;
  }
};

struct Pages : http::StreamSink {
  int status = 0;
  std::string bytes;
  std::optional<Result<void>> end;
  void on_head(int s, http::Headers const&, std::string_view) override { status = s; }
  void on_bytes(std::string_view more) override { bytes += more; }
};

TEST_F(DoorNetworkTest, a_request_takes_the_way_there_and_back) {
  auto const sent = send("/echo", "hello");
  auto const other = send("/echo", "hi", &net.from("192.0.2.77"));
  run(9ms);
  EXPECT_EQ(sent->words(), "nothing yet");
  run(3ms);
  EXPECT_EQ(sent->words(), "200 198.51.100.7 hello");
  EXPECT_EQ(other->words(), "200 192.0.2.77 hi");
}

TEST_F(DoorNetworkTest, connections_are_used_again_until_the_door_closes_them) {
  for (int i = 0; i < 5; ++i) {
    auto const sent = send("/echo", "hello" + std::to_string(i));
    run(12ms);
    EXPECT_EQ(sent->words(), "200 198.51.100.7 hello" + std::to_string(i));
  }
  EXPECT_EQ(life->door.counters().accepted, 1u);
  EXPECT_EQ(life->door.counters().open, 1u);
  life->door.close_all();
  auto const sent = send("/echo", "hello");
  run(12ms);
  EXPECT_EQ(sent->words(), "200 198.51.100.7 hello");
  EXPECT_EQ(life->door.counters().accepted, 2u);
}

TEST_F(DoorNetworkTest, some_go_a_way_of_their_own) {
  DoorWay own;
  own.refused = true;
  auto const there = send("/echo", "hi", &net.from("192.0.2.78", &own));
  auto const other = send("/echo", "hello");
  run(12ms);
  EXPECT_EQ(there->words(), "POST http://127.0.0.1:8480/echo: connection refused");
  EXPECT_EQ(other->words(), "200 198.51.100.7 hello");
}

TEST_F(DoorNetworkTest, the_same_answers_come_in_pieces_and_with_jitter) {
  net.way("http").piece = 7;
  net.way("http").jitter = 20ms;
  std::vector<std::shared_ptr<Sent>> all;
  for (int i = 0; i < 30; ++i) all.push_back(send("/echo", std::string(i * 40 + 1, 'x')));
  run(10s);
  for (int i = 0; i < 30; ++i)
    EXPECT_EQ(all[i]->words(), "200 198.51.100.7 " + std::string(i * 40 + 1, 'x'));
}

TEST_F(DoorNetworkTest, whoever_waits_when_the_daemon_dies_sees_a_reset_and_others_are_refused) {
  auto const waiting = send("/later");
  run(100ms);
  net.detach_all();
  EXPECT_EQ(net.in_flight(), 0u);
  auto const refused = send("/echo", "hello");
  run(10ms);
  EXPECT_EQ(waiting->words(), "GET http://127.0.0.1:8480/later: the connection was reset");
  EXPECT_EQ(refused->words(), "POST http://127.0.0.1:8480/echo: connection refused");
  EXPECT_TRUE(refused->answer->error().not_done);
  life->clock.advance(5s);  // what the dying daemon answers is heard by nobody
  EXPECT_EQ(life->handled, 1u);
  end_life();
  start();
  auto const again = send("/echo", "hello");
  run(20ms);
  EXPECT_EQ(again->words(), "200 198.51.100.7 hello");
}

TEST_F(DoorNetworkTest, a_request_on_its_way_when_the_daemon_dies_does_not_reach_the_next) {
  auto const late = send("/echo", "hello");
  run(2ms);
  net.detach_all();
  end_life();
  start();
  run(20ms);
  EXPECT_EQ(late->words(), "POST http://127.0.0.1:8480/echo: the connection was reset");
  EXPECT_EQ(life->handled, 0u);
}

TEST_F(DoorNetworkTest, a_request_that_is_broken_off_is_not_handled_and_leaves_nothing) {
  net.way("http").cut = 1000;
  net.way("http").piece = 40;
  std::vector<std::shared_ptr<Sent>> all;
  for (int i = 0; i < 50; ++i) all.push_back(send("/echo", std::string(100, 'x')));
  run(1s);
  for (auto const& sent : all)
    EXPECT_EQ(sent->words(), "POST http://127.0.0.1:8480/echo: the connection was reset");
  EXPECT_EQ(life->handled, 0u);
  EXPECT_EQ(life->door.counters().open, 0u);
}

TEST_F(DoorNetworkTest, of_a_lost_answer_the_daemon_knows_nothing_but_that_it_gave_it) {
  net.way("http").answer_lost = 1000;
  auto const sent = send("/echo", "hello");
  run(20ms);
  EXPECT_EQ(sent->words(), "POST http://127.0.0.1:8480/echo: the connection was reset");
  EXPECT_EQ(life->handled, 1u);
}

TEST_F(DoorNetworkTest, a_duplicate_is_handled_once_more_and_answered_once) {
  net.way("http").duplicate = 1000;
  auto const sent = send("/echo", "hello");
  run(20s);
  EXPECT_EQ(sent->words(), "200 198.51.100.7 hello");
  EXPECT_EQ(life->handled, 2u);
  EXPECT_EQ(net.in_flight(), 0u);
}

TEST_F(DoorNetworkTest, what_vanishes_is_a_time_out_here_and_in_the_end_there) {
  net.way("http").lost = true;
  auto const sent = send("/echo", "hello");
  run(10100ms);
  EXPECT_NE(sent->words().find("longer than 10000 ms"), std::string::npos) << sent->words();
  net.way("http").lost = false;
  auto const waiting = send("/later");
  run(100ms);
  net.way("http").lost = true;
  run(10s);
  EXPECT_FALSE(*waiting->answer);
  net.way("http").lost = false;
  EXPECT_EQ(life->handled, 1u);
  run(150s);
  EXPECT_EQ(life->door.counters().open, 0u);
}

TEST_F(DoorNetworkTest, a_stream_is_read_in_pieces_until_one_side_ends_it) {
  net.way("http").piece = 5;
  Pages first, second;
  for (auto* page : {&first, &second})
    tasks.spawn("page", [this, page]() -> Task<void> {
      http::ClientRequest request;
      request.url = "http://127.0.0.1:8480/live";
      page->end = co_await net.stream(std::move(request), *page);
    });
  run(20ms);
  ASSERT_EQ(life->streams.size(), 2u);
  EXPECT_EQ(first.status, 200);
  for (auto const& stream : life->streams) stream->write(http::sse_frame("1", "hello", "{}"));
  run(20ms);
  EXPECT_EQ(first.bytes, *http::sse_frame("1", "hello", "{}"));
  EXPECT_EQ(second.bytes, first.bytes);
  life->streams[0]->close();
  run(20ms);
  EXPECT_TRUE(first.end && *first.end);
  EXPECT_FALSE(second.end);
  net.reset_connections("http");
  run(20ms);
  EXPECT_TRUE(second.end && !*second.end);
  EXPECT_EQ(life->streams_closed, 2u);
  EXPECT_EQ(life->door.counters().open, 0u);
}

TEST_F(DoorNetworkTest, operators_ask_as_root) {
  std::string heard;
  net.ask_control(http::Method::get, "/who", "", [&](DoorNetwork::Answer answer) {
    heard = answer ? answer->body : answer.error().what;
  });
  run(20ms);
  EXPECT_EQ(heard, "0");
  net.detach_all();
  net.ask_control(http::Method::get, "/who", "", [&](DoorNetwork::Answer answer) {
    heard = answer ? answer->body : answer.error().what;
  });
  run(20ms);
  EXPECT_EQ(heard, "GET http://127.0.0.1/who: connection refused");
}

TEST_F(DoorNetworkTest, a_door_without_an_origin_is_found_by_its_port) {
  net.attach("cdr", "", life->door, life->io.get_executor());
  ASSERT_TRUE(life->door.listen_tcp("0.0.0.0:8490"));
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = "https://wardroom.example:8490/echo";
  Sent out;
  tasks.spawn("send", [&]() -> Task<void> {
    auto answer = co_await net.send(request);
    out.answer = std::move(answer);
  });
  run(20ms);
  EXPECT_EQ(out.words(), "200 198.51.100.7 ");
}

TEST_F(DoorNetworkTest, browsers_reach_the_neighbours_they_are_sent_to) {
  net.serve("https://webexapis.example", [](sim::Request request) {
    sim::Answer answer;
    answer.response = http::text(200, request.path);
    return answer;
  });
  http::ClientRequest request;
  request.url = "https://webexapis.example/v1/authorize?x=1";
  Sent out;
  tasks.spawn("send", [&]() -> Task<void> {
    auto answer = co_await net.send(request);
    out.answer = std::move(answer);
  });
  run(20ms);
  EXPECT_EQ(out.words(), "200 /v1/authorize");
}

}  // namespace
}  // namespace wardroom::world
