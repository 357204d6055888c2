// Blind seconds, above all those that are only found out afterwards, against an
// oracle that paints every tenth of a second.
#include "cisco/xsi/blind_time.hpp"

#include "support/random_runs.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

namespace wardroom::xsi {
namespace {

Uptime tick(int n) { return Uptime(std::chrono::milliseconds(n * 100)); }
Uptime second(int n) { return tick(n * 10); }

struct Two {
  char a = 0, b = 0;
};

TEST(BlindTime, X4_adds_up_exactly_the_time_without_sight) {
  BlindTime blind;
  Two ways;
  blind.begin(second(10));
  EXPECT_EQ(blind.since(second(11)), second(10));
  blind.subscribed(second(11));
  blind.channel_opened(&ways.a, second(12));
  EXPECT_FALSE(blind.since(second(15)));
  blind.channel_opened(&ways.b, second(16));
  blind.channel_ended(&ways.a, second(18));
  blind.channel_ended(&ways.b, second(20));
  EXPECT_EQ(blind.since(second(25)), second(20));
  EXPECT_DOUBLE_EQ(blind.seconds(second(30)), 12);
  blind.channel_opened(&ways.a, second(31));
  EXPECT_DOUBLE_EQ(blind.seconds(second(99)), 13);
  blind.end(second(99));
  EXPECT_DOUBLE_EQ(blind.seconds(second(200)), 13) << "nobody watched, so nobody was blind";
}

TEST(BlindTime, X4_counts_afterwards_what_a_dead_channel_had_hidden) {
  BlindTime blind;
  Two ways;
  blind.begin(second(0));
  blind.subscribed(second(0));
  blind.channel_opened(&ways.a, second(0));
  blind.channel_opened(&ways.b, second(0));
  blind.channel_ended(&ways.a, second(100));
  blind.channel_opened(&ways.a, second(130));
  EXPECT_DOUBLE_EQ(blind.seconds(second(160)), 0) << "the other one was believed to see";
  blind.channel_ended(&ways.b, second(90));
  EXPECT_DOUBLE_EQ(blind.seconds(second(160)), 30) << "from 100 to 130 nobody saw";
  EXPECT_TRUE(blind.sees());
}

TEST(BlindTime, X4_is_blind_without_a_subscription_whatever_is_open) {
  BlindTime blind;
  Two ways;
  blind.begin(second(0));
  blind.channel_opened(&ways.a, second(0));
  EXPECT_DOUBLE_EQ(blind.seconds(second(10)), 10);
  blind.subscribed(second(10));
  blind.unsubscribed(second(15));
  EXPECT_EQ(blind.since(second(20)), second(15));
  EXPECT_DOUBLE_EQ(blind.seconds(second(20)), 15);
}

/// What was true, tick by tick; a channel's end may take away ticks it had
/// already painted.
struct Oracle {
  static constexpr int ticks = 6'000;
  std::map<int, std::vector<char>> channel;
  std::vector<char> subscription = std::vector<char>(ticks, 0);
  void paint(std::vector<char>& line, int from, int to) {
    line.resize(ticks, 0);
    std::fill(line.begin() + from, line.begin() + std::max(from, to), 1);
  }
  double blind_until(int now) const {
    int blind = 0;
    for (int t = 0; t < now; ++t) {
      bool any = false;
      for (auto const& [id, line] : channel) any |= line[static_cast<std::size_t>(t)] != 0;
      blind += any && subscription[static_cast<std::size_t>(t)] ? 0 : 1;
    }
    return blind / 10.0;
  }
};

TEST(BlindTime, X4_agrees_with_an_oracle_over_random_histories) {
  test::Dice dice(test::random_seed());
  auto const runs = test::random_count(2'000);
  for (std::uint64_t run = 0; run < runs; ++run) {
    BlindTime blind;
    Oracle oracle;
    std::vector<char> ways(4);
    struct Open {
      int id, from, proven;
    };
    std::map<int, Open> open;
    std::optional<int> subscribed;
    int subscription_proven = 0, next = 0;
    blind.begin(tick(0));
    for (int now = 0; now < 2'000; now += static_cast<int>(dice.between(1, 60))) {
      auto const way = static_cast<int>(dice.below(ways.size()));
      auto const found = open.find(way);
      if (found == open.end()) {
        open[way] = {next++, now, now};
        blind.channel_opened(&ways[static_cast<std::size_t>(way)], tick(now));
      } else if (dice.one_in(2)) {
        found->second.proven = now;
      } else {
        int const to = dice.one_in(2) ? now : found->second.proven;
        oracle.paint(oracle.channel[found->second.id], found->second.from, to);
        blind.channel_ended(&ways[static_cast<std::size_t>(way)], tick(to));
        open.erase(found);
      }
      if (!subscribed && dice.one_in(3)) {
        subscribed = subscription_proven = now;
        blind.subscribed(tick(now));
      } else if (subscribed && dice.one_in(3)) {
        subscription_proven = now;
      } else if (subscribed && dice.one_in(10)) {
        int const to = dice.one_in(2) ? now : subscription_proven;
        oracle.paint(oracle.subscription, *subscribed, to);
        blind.unsubscribed(tick(to));
        subscribed.reset();
      }
      int horizon = subscribed ? subscription_proven : now;
      for (auto const& [id, channel] : open) horizon = std::min(horizon, channel.proven);
      if (dice.one_in(2)) blind.settle(tick(horizon));
      if (!dice.one_in(10)) continue;
      auto sofar = oracle;
      for (auto const& [id, channel] : open)
        sofar.paint(sofar.channel[channel.id], channel.from, now);
      if (subscribed) sofar.paint(sofar.subscription, *subscribed, now);
      ASSERT_NEAR(blind.seconds(tick(now)), sofar.blind_until(now), 1e-6)
          << "run " << run << " at " << now;
      ASSERT_EQ(blind.sees(), subscribed && !open.empty());
    }
  }
}

}  // namespace
}  // namespace wardroom::xsi
