// Acknowledgements: behind decisions, a few a turn, bounded, and never a delay for anybody else.
#include "cisco/xsi/xsi_acks.hpp"
#include "session_world.hpp"

#include <gtest/gtest.h>

namespace wardroom::xsi {
namespace {

using namespace std::chrono_literals;
using test::FakeClock;
using test::FakeXsps;
using test::World;

constexpr auto ack = "/channel/eventresponse";

struct Acks : testing::Test {
  ~Acks() override {
    bool stopped = false;
    boost::asio::co_spawn(io.get_executor(), tasks.stop(clock, Milliseconds(0)),
                          [&](std::exception_ptr) { stopped = true; });
    for (int i = 0; i < 100 && !stopped; ++i) clock.advance(5ms);
    EXPECT_TRUE(stopped);
  }
  void send(int number, std::string const& host = "xsp1") {
    acks.send({"http://" + host + ack, "", ""}, EventId("event-" + std::to_string(number)));
  }
  void all_hang(std::string const& host) {
    net.hangs = [host](FakeXsps::Seen const& seen) { return seen.what.contains("//" + host); };
  }

  boost::asio::io_context io{1};
  FakeClock clock{io};
  SeededRandom dice{7};
  FakeXsps net{io.get_executor(), clock};
  test::FakeTokens tokens;
  XsiHttp http{net, tokens, dice, "admin"};
  TaskGroup tasks{io.get_executor(), [](auto, auto) { FAIL(); }};
  AckCounts counts;
  std::vector<std::pair<std::string, int>> answered;
  XsiAcks acks{http,
               clock,
               io.get_executor(),
               tasks,
               Milliseconds(3'000),
               counts,
               [this](EventId const& event, int status, auto) {
                 answered.emplace_back(event.text(), status);
               }};
};

TEST_F(Acks, leave_after_what_is_ready_now_and_in_order) {
  for (int i = 1; i <= 3; ++i) send(i);
  EXPECT_EQ(net.count(ack), 0u);
  EXPECT_EQ(acks.waiting(), 3u);
  clock.drain();
  ASSERT_EQ(answered.size(), 3u);
  EXPECT_EQ(answered[0], std::pair(std::string("event-1"), 200));
  EXPECT_EQ(answered[2], std::pair(std::string("event-3"), 200));
  EXPECT_EQ(counts.sent, 3u);
}

TEST_F(Acks, begin_none_while_events_come_in_crowds) {
  int turns = 0;
  std::function<void()> crowd = [&] {  // in each turn of the loop
    EXPECT_EQ(acks.in_flight() + counts.sent, 0u);
    for (std::size_t i = 0; i < XsiAcks::crowd; ++i) send(turns * 10 + static_cast<int>(i));
    if (++turns < 50) boost::asio::post(io, crowd);
  };
  crowd();
  clock.drain();
  EXPECT_EQ(turns, 50);
  EXPECT_EQ(counts.sent, 50 * XsiAcks::crowd);
  EXPECT_EQ(answered.front().first, "event-0");
}

TEST_F(Acks, are_more_at_once_to_a_server_that_answers_slowly) {
  all_hang("xsp1");
  for (int i = 0; i < 500; ++i) send(i);
  clock.drain();
  EXPECT_EQ(acks.in_flight(), XsiAcks::quick_in_flight);
  clock.advance(3s);  // the first ones were given up: that is slow
  EXPECT_EQ(acks.in_flight(), XsiAcks::most_in_flight);
}

TEST_F(Acks, a_slow_xsp_takes_no_room_from_another) {
  all_hang("xsp1");
  for (int i = 0; i < 1'000; ++i) send(i);
  send(5'000, "xsp2");
  clock.drain();
  EXPECT_EQ(acks.in_flight(), XsiAcks::quick_in_flight);
  ASSERT_EQ(answered.size(), 1u);
  EXPECT_EQ(answered[0].first, "event-5000");
}

TEST_F(Acks, memory_is_bounded_and_what_is_given_up_is_counted_and_told) {
  all_hang("xsp1");
  for (int i = 0; i < static_cast<int>(XsiAcks::most_waiting) + 500; ++i) send(i);
  EXPECT_EQ(acks.waiting(), XsiAcks::most_waiting);
  EXPECT_EQ(counts.failed, 500u);
  EXPECT_EQ(answered.size(), counts.failed);
  for (auto const& [event, status] : answered) EXPECT_EQ(status, 0);
}

TEST_F(Acks, those_nobody_waits_for_any_more_are_given_up_when_the_server_is_back) {
  all_hang("xsp1");
  for (int i = 0; i < 1'000; ++i) send(i);
  clock.advance(XsiAcks::longest_wait + 1s);
  net.hangs = nullptr;
  clock.advance(10s);
  EXPECT_EQ(acks.waiting() + acks.in_flight(), 0u);
  EXPECT_EQ(counts.sent + counts.failed, 1'000u);
  EXPECT_GT(counts.failed, 0u);
  send(2'000);
  clock.drain();
  EXPECT_EQ(answered.back(), std::pair(std::string("event-2000"), 200));
}

TEST(XsiSession, an_ack_peer_that_never_answers_delays_no_event) {
  World world;
  world.start();
  world.net.hangs = [](FakeXsps::Seen const& seen) { return seen.what.contains(ack); };
  for (int i = 1; i <= 2'000; ++i) {
    auto const before = world.clock.uptime();
    world.net.feed("xsp1", world.event(i));
    ASSERT_EQ(world.sink.events.size(), static_cast<std::size_t>(i));
    ASSERT_EQ(world.clock.uptime(), before);
    world.clock.drain();
  }
  EXPECT_EQ(world.session.health().acks_waiting, 2'000u);
  EXPECT_EQ(world.session.health().acks, 0u);
}

TEST(XsiSession, what_ends_a_call_leaves_before_any_acknowledgement) {
  World world;
  world.start();
  std::string burst;
  for (int i = 1; i <= 50; ++i) burst += world.event(i);
  world.net.feed("xsp1", burst);
  EXPECT_EQ(world.sink.events.size(), 50u) << "decided about";
  EXPECT_EQ(world.net.count(ack), 0u) << "none begun yet";
  world.clock.drain();
  EXPECT_EQ(world.net.count(ack), 50u);
}

}  // namespace
}  // namespace wardroom::xsi
