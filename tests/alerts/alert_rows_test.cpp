// Who is still to be told, and how patiently it is tried.
#include "alerts/alert_rows.hpp"

#include <gtest/gtest.h>

namespace wardroom::alerts {
namespace {

using namespace std::chrono_literals;
using State = DeliveryState;

Instant const now = from_unix_ms(1'795'320'000'000);
Target const ops{"mail", "ops@acme.example"};

Alert alert(std::vector<std::pair<Notice, State>> rows, HealthColour colour, bool over = false) {
  Alert out{.id = 1, .fact = {.part = "store", .colour = colour}};
  std::int64_t id = 0;
  for (auto const& [notice, state] : rows)
    out.deliveries.push_back(
        {.id = ++id, .notice = notice, .channel = ops.channel, .to = ops.to, .state = state});
  if (over) out.cleared_at = now;
  return out;
}

std::string states(Alert const& alert) {
  std::string out;
  for (auto const& row : alert.deliveries) out += std::string(name(row.state)) + " ";
  return out;
}

TEST(AlertRows, only_the_newest_word_of_an_open_alert_is_sent) {
  auto one = alert({{Notice::raised, State::pending}, {Notice::escalated, State::pending}},
                   HealthColour::red);
  EXPECT_TRUE(settle(one, ops, now));
  EXPECT_EQ(states(one), "superseded pending ");
  EXPECT_FALSE(settle(one, ops, now)) << "nothing changes twice";
}

TEST(AlertRows, the_all_clear_goes_to_those_who_were_told) {
  for (auto const told : {State::sent, State::uncertain}) {
    auto one = alert({{Notice::raised, told},
                      {Notice::escalated, State::pending},
                      {Notice::cleared, State::pending}},
                     HealthColour::red, true);
    settle(one, ops, now);
    EXPECT_EQ(states(one), std::string(name(told)) + " superseded pending ");
  }
}

TEST(AlertRows, a_yellow_alert_that_was_over_before_it_was_told_is_not_told) {
  for (auto const untold : {State::pending, State::failed}) {
    auto one = alert({{Notice::raised, untold}, {Notice::cleared, State::pending}},
                     HealthColour::yellow, true);
    settle(one, ops, now);
    EXPECT_EQ(one.deliveries.back().state, State::superseded);
    EXPECT_NE(one.deliveries.front().state, State::pending);
  }
}

TEST(AlertRows, a_red_alert_that_was_over_before_it_was_told_is_told_as_past_without_all_clear) {
  auto one = alert({{Notice::raised, State::pending}, {Notice::cleared, State::pending}},
                   HealthColour::red, true);
  settle(one, ops, now);
  EXPECT_EQ(states(one), "pending superseded ");
}

TEST(AlertRows, rows_of_others_are_left_alone) {
  auto one = alert({{Notice::raised, State::pending}, {Notice::changed, State::pending}},
                   HealthColour::yellow);
  EXPECT_FALSE(settle(one, {"mail", "night@acme.example"}, now));
  EXPECT_EQ(states(one), "pending pending ");
}

TEST(AlertRows, pauses_grow_to_hours_and_heed_what_was_asked) {
  Error const down{ErrorKind::unavailable, "down"};
  EXPECT_EQ(retry_delay(1, down), 30s);
  EXPECT_EQ(retry_delay(3, down), 10min);
  EXPECT_EQ(retry_delay(7, down), 4h);
  EXPECT_EQ(retry_delay(1000, down), 4h);
  EXPECT_EQ(retry_delay(1, {ErrorKind::throttled, "slow down", 90s}), 90s);
  EXPECT_EQ(retry_delay(1, {ErrorKind::denied, "no"}), 10min) << "somebody has to mend something";
}

TEST(AlertRows, red_is_tried_until_it_is_delivered_and_yellow_a_few_times) {
  Error const down{ErrorKind::unavailable, "down"};
  Error const never{ErrorKind::denied, "no"};
  auto red = alert({{Notice::raised, State::pending}}, HealthColour::red);
  red.deliveries[0].attempts = 1000;
  EXPECT_TRUE(worth_retrying(red, red.deliveries[0], down, now));
  EXPECT_TRUE(worth_retrying(red, red.deliveries[0], never, now));
  red.cleared_at = now;
  EXPECT_TRUE(worth_retrying(red, red.deliveries[0], down, now + 47h));
  EXPECT_FALSE(worth_retrying(red, red.deliveries[0], down, now + 49h));
  auto yellow = alert({{Notice::raised, State::pending}}, HealthColour::yellow);
  yellow.deliveries[0].attempts = 5;
  EXPECT_TRUE(worth_retrying(yellow, yellow.deliveries[0], down, now));
  EXPECT_FALSE(worth_retrying(yellow, yellow.deliveries[0], never, now));
  yellow.deliveries[0].attempts = 6;
  EXPECT_FALSE(worth_retrying(yellow, yellow.deliveries[0], down, now));
}

}  // namespace
}  // namespace wardroom::alerts
