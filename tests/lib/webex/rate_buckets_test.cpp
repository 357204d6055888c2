// Who may ask when: four at once, two of them writes, urgent first, and quiet where it is asked
// for.
#include "cisco/webex/rate_buckets.hpp"

#include "support/fake_clock.hpp"
#include "support/random_runs.hpp"
#include "support/run_task.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <gtest/gtest.h>

namespace wardroom::webex {
namespace {
using namespace std::chrono_literals;

struct Buckets : testing::Test {
  boost::asio::io_context io;
  test::FakeClock clock{io};
  SeededRandom random{7};
  std::unique_ptr<RateBuckets> buckets = std::make_unique<RateBuckets>(
      clock, random, RateBuckets::Limits{.in_flight = 4, .writes = 2, .urgent = 0});
  std::vector<std::string> entered;
  std::vector<Error> refused;

  RateAsk ask(std::string resource, bool write = false, bool urgent = false,
              Milliseconds patience = 300s) {
    return {"admin", std::move(resource), write, urgent, clock.uptime() + patience};
  }
  /// Enters under a name, stays for `stay`, leaves.
  Task<void> visit(std::string name, RateAsk asked, Milliseconds stay) {
    auto place = co_await buckets->enter(std::move(asked));
    if (!place) {
      refused.push_back(place.error());
      co_return;
    }
    entered.push_back(std::move(name));
    co_await clock.sleep_for(stay);
  }
  void start(std::string name, RateAsk asked, Milliseconds stay = 1s) {
    test::start_task(io, visit(std::move(name), std::move(asked), stay));
    clock.drain();
  }
  using Names = std::vector<std::string>;
};

TEST_F(Buckets, let_four_in_and_two_writes_among_them) {
  for (auto const* name : {"w1", "w2", "w3"}) start(name, ask("/memberships", true));
  for (auto const* name : {"r1", "r2", "r3"}) start(name, ask("/people"));
  EXPECT_EQ(entered, (Names{"w1", "w2", "r1", "r2"}));
  EXPECT_EQ(buckets->in_flight(), 4u);
  EXPECT_EQ(buckets->waiting(), 2u);
  clock.advance(1s);
  EXPECT_EQ(entered, (Names{"w1", "w2", "r1", "r2", "w3", "r3"}));
  clock.advance(1s);
  EXPECT_EQ(buckets->in_flight(), 0u);
}

TEST_F(Buckets, serve_in_order_of_arrival_and_urgent_ones_first) {
  for (auto const* name : {"1", "2", "3", "4"}) start(name, ask("/people"));
  start("5", ask("/rooms"));
  start("6", ask("/people"));
  start("urgent 1", ask("/people", true, true));
  start("urgent 2", ask("/messages", true, true));
  start("7", ask("/rooms"));
  entered.clear();
  clock.advance(1s);
  EXPECT_EQ(entered, (Names{"urgent 1", "urgent 2", "5", "6"}));
  clock.advance(1s);
  EXPECT_EQ(entered.back(), "7");
}

TEST_F(Buckets, keep_places_for_urgent_ones_beside_a_sync_at_full_speed) {
  buckets = std::make_unique<RateBuckets>(clock, random, RateBuckets::Limits{});
  for (int i = 0; i < 40; ++i) start("change", ask("/memberships", true));
  EXPECT_EQ(entered.size(), 12u);
  for (int i = 0; i < 40; ++i) start("read", ask("/people"));
  EXPECT_EQ(entered.size(), 16u);
  entered.clear();
  start("urgent 1", ask("/people", false, true));
  start("urgent 2", ask("/messages", true, true));
  EXPECT_EQ(entered, (Names{"urgent 1", "urgent 2"})) << "at once, whatever the others do";
  for (int i = 0; i < 5; ++i) start("urgent", ask("/people", false, true));
  EXPECT_EQ(buckets->in_flight(), 20u) << "but they are not without number either";
}

TEST_F(Buckets, tell_which_pause_holds_somebody_up) {
  EXPECT_FALSE(buckets->quiet("admin"));
  buckets->pause("admin", "/people", 10s);
  EXPECT_FALSE(buckets->quiet("admin")) << "nobody waits";
  for (int i = 0; i < 3; ++i) start("x", ask("/people"));
  start("y", ask("/rooms"));
  auto const quiet = buckets->quiet("admin");
  ASSERT_TRUE(quiet);
  EXPECT_EQ(quiet->resource, "/people");
  EXPECT_EQ(quiet->waiting, 3u);
  EXPECT_GE(quiet->left, 10s);
  EXPECT_LE(quiet->left, 12s);
  EXPECT_FALSE(buckets->quiet("guests"));
  clock.advance(12s);
  EXPECT_FALSE(buckets->quiet("admin"));
}

TEST_F(Buckets, of_other_identities_and_resources_go_on_while_one_is_quiet) {
  buckets->pause("admin", "/people", 30s);
  start("people", ask("/people"));
  start("urgent people", ask("/people", false, true));
  start("rooms", ask("/rooms"));
  auto other = ask("/people");
  other.identity = "guests";
  start("guests' people", other);
  EXPECT_EQ(entered, (Names{"rooms", "guests' people"}));
  clock.advance(29999ms);
  EXPECT_EQ(entered.size(), 2u);
  clock.advance(6002ms);
  EXPECT_EQ(entered, (Names{"rooms", "guests' people", "urgent people", "people"}));
}

TEST_F(Buckets, are_quiet_for_as_long_as_asked_and_up_to_a_fifth_more) {
  auto shortest = 1000s, longest = 0s;
  for (int i = 0; i < 200; ++i) {
    auto const began = clock.uptime();
    buckets->pause("admin", "/people", 100s);
    start("x", ask("/people"), 0s);
    entered.clear();
    while (entered.empty()) clock.advance(1s);
    auto const took = std::chrono::duration_cast<std::chrono::seconds>(clock.uptime() - began);
    shortest = std::min(shortest, took);
    longest = std::max(longest, took);
  }
  EXPECT_GE(shortest, 100s);
  EXPECT_LE(shortest, 103s);
  EXPECT_GE(longest, 117s);
  EXPECT_LE(longest, 121s);
}

TEST_F(Buckets, keep_the_longer_of_two_pauses) {
  buckets->pause("admin", "/people", 100s);
  buckets->pause("admin", "/people", 1s);
  start("x", ask("/people"));
  clock.advance(99s);
  EXPECT_TRUE(entered.empty());
  clock.advance(21s);
  EXPECT_EQ(entered.size(), 1u);
}

TEST_F(Buckets, tell_at_once_who_cannot_wait_so_long) {
  start("early", ask("/people", false, false, 10s));  // in before the pause
  for (int i = 0; i < 3; ++i) start("fill", ask("/rooms"), 100s);
  start("waits already", ask("/people", false, false, 10s));
  buckets->pause("admin", "/people", 20s);
  clock.drain();
  start("comes later", ask("/people", false, false, 10s));
  ASSERT_EQ(refused.size(), 2u);
  for (auto const& error : refused) {
    EXPECT_EQ(error.kind, ErrorKind::throttled);
    EXPECT_TRUE(error.not_done);
    ASSERT_TRUE(error.retry_after);
    EXPECT_GE(*error.retry_after, 20s);
    EXPECT_LE(*error.retry_after, 24s);
    EXPECT_NE(error.what.find("/people"), std::string::npos);
  }
  EXPECT_EQ(buckets->waiting(), 0u);
}

TEST_F(Buckets, give_up_waiting_for_a_place_in_time) {
  for (int i = 0; i < 4; ++i) start("fill", ask("/rooms"), 100s);
  start("impatient", ask("/people", false, false, 5s));
  clock.advance(5s);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].kind, ErrorKind::timed_out);
  EXPECT_TRUE(refused[0].not_done);
  EXPECT_EQ(buckets->waiting(), 0u);
  EXPECT_EQ(buckets->in_flight(), 4u);
}

TEST_F(Buckets, get_a_place_back_from_whoever_is_cancelled) {
  boost::asio::cancellation_signal waiting, staying, called;
  auto spawn = [&](auto& signal, std::string name, Milliseconds stay) {
    boost::asio::co_spawn(
        io.get_executor(), visit(std::move(name), ask("/people"), stay),
        boost::asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
    clock.drain();
  };
  for (int i = 0; i < 3; ++i) start("fill", ask("/rooms"), 100s);
  spawn(staying, "stays", 100s);
  spawn(waiting, "waits", 100s);
  spawn(called, "is called", 100s);
  EXPECT_EQ(buckets->waiting(), 2u);
  waiting.emit(boost::asio::cancellation_type::terminal);
  clock.drain();
  EXPECT_EQ(buckets->waiting(), 1u);
  staying.emit(boost::asio::cancellation_type::terminal);
  called.emit(boost::asio::cancellation_type::terminal);  // about to be let in
  clock.drain();
  EXPECT_EQ(buckets->in_flight(), 3u);
  EXPECT_EQ(buckets->waiting(), 0u);
  start("next", ask("/people"), 0s);
  EXPECT_EQ(entered.back(), "next");
}

TEST_F(Buckets, may_die_before_those_who_stay_and_wait) {
  for (int i = 0; i < 6; ++i) start("x", ask("/people"), 100s);
  buckets->pause("admin", "/rooms", 10s);
  buckets.reset();
}

TEST_F(Buckets, hold_their_bounds_in_any_order_of_events) {
  test::Dice dice(test::random_seed());
  auto const count = test::random_count(3000);
  struct Now {
    std::size_t all = 0, writes = 0, done = 0;
  };
  std::map<std::string, Now> now;
  std::map<std::string, Uptime> quiet;
  auto visitor = [&](RateAsk asked, Milliseconds stay) -> Task<void> {
    auto const mine = asked;
    auto place = co_await buckets->enter(asked);
    auto& here = now[mine.identity];
    ++here.done;
    if (!place) co_return;
    ++here.all;
    here.writes += mine.write && !mine.urgent;
    EXPECT_LE(here.all, 4u);
    EXPECT_LE(here.writes, 2u);
    EXPECT_GE(clock.uptime(), quiet[mine.identity + mine.resource]);
    co_await clock.sleep_for(stay);
    --here.all;
    here.writes -= mine.write && !mine.urgent;
  };
  char const* const identities[] = {"admin", "guests"};
  char const* const resources[] = {"/people", "/rooms", "/memberships"};
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string const identity = identities[dice.below(2)], resource = resources[dice.below(3)];
    if (dice.one_in(20)) {
      Milliseconds const length(dice.below(5000));
      buckets->pause(identity, resource, length);
      auto& until = quiet[identity + resource];
      until = std::max(until, clock.uptime() + length);
    }
    RateAsk asked{identity, resource, dice.one_in(2), dice.one_in(5),
                  clock.uptime() + Milliseconds(1 + dice.below(60'000))};
    test::start_task(io, visitor(asked, Milliseconds(dice.below(400))));
    if (dice.one_in(2)) clock.advance(Milliseconds(dice.below(200)));
  }
  clock.advance(10min);
  EXPECT_EQ(now["admin"].done + now["guests"].done, count);
  EXPECT_EQ(buckets->waiting(), 0u);
  EXPECT_EQ(buckets->in_flight(), 0u);
}

}  // namespace
}  // namespace wardroom::webex
