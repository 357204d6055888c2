// The way of an event from the reader to who decides: order, slices, what happens when it is full.
#include "cisco/xsi/xsi_event_queue.hpp"
#include "session_world.hpp"

#include <gtest/gtest.h>

namespace wardroom::xsi {
namespace {

using test::FakeClock;
using test::World;

CallEvent numbered(std::int64_t number) {
  CallEvent event;
  event.id = EventId("event-" + std::to_string(number));
  event.sequence = number;
  return event;
}

struct EventQueue : testing::Test {
  boost::asio::io_context io{1};
  FakeClock clock{io};
  std::vector<std::int64_t> heard;
  std::vector<std::uint64_t> drained;
  std::function<void(CallEvent const&)> while_hearing = [](auto const&) {};
  XsiEventQueue queue{io.get_executor(),
                      clock,
                      {[this](CallEvent const& event) {
                         heard.push_back(event.sequence);
                         while_hearing(event);
                       },
                       [this](std::uint64_t dropped) { drained.push_back(dropped); }}};

  void expect_in_order() const {
    for (std::size_t i = 1; i < heard.size(); ++i) ASSERT_LT(heard[i - 1], heard[i]);
  }
};

TEST_F(EventQueue, hands_an_event_on_at_once_when_nothing_waits) {
  EXPECT_TRUE(queue.push(numbered(1)));
  EXPECT_EQ(heard, std::vector<std::int64_t>{1});
  EXPECT_EQ(queue.waiting(), 0u);
}

TEST_F(EventQueue, hands_on_a_slice_each_turn_of_the_loop_and_keeps_the_order) {
  constexpr auto many = static_cast<std::int64_t>(XsiEventQueue::most_a_slice) * 3;
  for (std::int64_t i = 1; i <= many; ++i) EXPECT_TRUE(queue.push(numbered(i)));
  EXPECT_EQ(heard.size(), XsiEventQueue::most_a_slice);
  EXPECT_EQ(queue.waiting(), 2 * XsiEventQueue::most_a_slice);
  int others = 0;  // something else that is ready gets its turn in between
  boost::asio::post(io, [&] { others += heard.size() < static_cast<std::size_t>(many) ? 1 : 0; });
  clock.drain();
  EXPECT_EQ(heard.size(), static_cast<std::size_t>(many));
  EXPECT_EQ(others, 1);
  expect_in_order();
}

TEST_F(EventQueue, an_event_pushed_while_another_is_handled_comes_after_it) {
  while_hearing = [this](CallEvent const& event) {
    if (event.sequence == 1) {
      queue.push(numbered(2));
      EXPECT_EQ(heard.size(), 1u) << "not inside the first one";
    }
  };
  queue.push(numbered(1));
  EXPECT_EQ(heard, (std::vector<std::int64_t>{1, 2}));
}

TEST_F(EventQueue, a_full_queue_drops_counts_and_asks_once_it_is_empty_again) {
  constexpr auto room =
      static_cast<std::int64_t>(XsiEventQueue::most_waiting + XsiEventQueue::most_a_slice);
  for (std::int64_t i = 1; i <= room; ++i) ASSERT_TRUE(queue.push(numbered(i))) << i;
  for (int i = 0; i < 30; ++i) EXPECT_FALSE(queue.push(numbered(room + 1)));
  EXPECT_TRUE(drained.empty()) << "asking before the rest is handled would be too early";
  clock.drain();
  EXPECT_EQ(heard.size(), static_cast<std::size_t>(room));
  EXPECT_EQ(drained, std::vector<std::uint64_t>{30});
  expect_in_order();
  queue.push(numbered(room + 2));
  clock.drain();
  EXPECT_EQ(drained.size(), 1u) << "asked once";
}

TEST_F(EventQueue, may_die_with_events_in_it) {
  auto dying = std::make_unique<XsiEventQueue>(
      io.get_executor(), clock,
      XsiEventQueue::Hear{[](CallEvent const&) {}, [](std::uint64_t) { FAIL(); }});
  for (std::int64_t i = 1; i <= 100; ++i) dying->push(numbered(i));
  dying.reset();
  clock.drain();
}

TEST(XsiSession, acknowledges_what_finds_no_room_and_asks_for_all_calls_once) {
  World world;
  world.start();
  world.sink.resyncs.clear();
  constexpr int room = XsiEventQueue::most_waiting + XsiEventQueue::most_a_slice;
  constexpr int extra = 20;
  std::string burst;
  for (int i = 1; i <= room + extra; ++i) burst += world.event(i);
  world.net.feed("xsp1", burst);
  EXPECT_EQ(world.session.health().overflows, static_cast<std::uint64_t>(extra));
  EXPECT_EQ(world.session.health().events_waiting, XsiEventQueue::most_waiting);
  EXPECT_TRUE(world.sink.resyncs.empty());
  world.clock.advance(std::chrono::seconds(5));  // not sooner than 3 s after the one before
  EXPECT_EQ(world.sink.events.size(), static_cast<std::size_t>(room));
  ASSERT_EQ(world.sink.resyncs.size(), 1u);
  EXPECT_EQ(world.sink.resyncs[0], "20 events found no room");
  EXPECT_EQ(world.session.health().acks, static_cast<std::uint64_t>(room + extra));
  EXPECT_EQ(world.session.health().events_waiting, 0u);
}

}  // namespace
}  // namespace wardroom::xsi
