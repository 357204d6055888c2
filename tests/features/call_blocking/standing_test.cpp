/// Standings: at once out, slowly back in, no flaps near the border, stale by age.
#include "features/call_blocking/standing.hpp"

#include "support/seed.hpp"

#include <gtest/gtest.h>

namespace wardroom::call_blocking {
namespace {

using std::chrono::seconds;

/// `d` meters from the border (negative inside), with accuracy 40 m and margin 300 m.
Reading at(double d, double accuracy = 40) {
  return {.inside = d <= 0,
          .to_border = {d},
          .accuracy = {accuracy},
          .margin = {300},
          .accuracy_limit = {5000}};
}
SideState after(SideState state, std::initializer_list<Reading> fixes) {
  for (auto const& fix : fixes) state = next_side(state, fix);
  return state;
}

TEST(Standing, counts_the_first_fix_outside_at_once) {
  EXPECT_EQ(after({}, {at(500)}).side, Side::outside);
  EXPECT_EQ(after({Side::inside, 0}, {at(500)}).side, Side::outside);
  EXPECT_EQ(after({Side::uncertain, 0}, {at(41)}).side, Side::outside);
}

TEST(Standing, counts_the_first_fix_inside_at_once) {
  EXPECT_EQ(after({}, {at(-500)}).side, Side::inside);
}

TEST(Standing, finds_a_true_exit_within_the_margin_at_the_second_fix) {
  EXPECT_EQ(after({Side::inside, 0}, {at(20)}).side, Side::uncertain);
  EXPECT_EQ(after({Side::inside, 0}, {at(20), at(25)}).side, Side::outside);
  EXPECT_EQ(after({Side::inside, 0}, {at(20), at(-20), at(20)}).side, Side::uncertain);
}

TEST(Standing, needs_confirmation_on_the_way_back_in_only) {
  EXPECT_EQ(after({Side::outside, 0}, {at(-500)}).side, Side::outside);
  EXPECT_EQ(after({Side::outside, 0}, {at(-500), at(-500)}).side, Side::inside);
  EXPECT_EQ(after({Side::outside, 0}, {at(-500), at(500), at(-500)}).side, Side::outside);
  EXPECT_EQ(after({Side::outside, 0}, {at(-500), at(-10), at(-500)}).side, Side::outside);
  EXPECT_EQ(after({Side::uncertain, 1}, {at(-500)}).side, Side::uncertain);  // leaving is no way in
  auto once = at(-500);
  once.confirmations = 1;
  EXPECT_EQ(after({Side::outside, 0}, {once}).side, Side::inside);
  auto next_day = at(-500);
  next_day.after_stale = true;
  EXPECT_EQ(after({Side::outside, 0}, {next_day}).side, Side::inside);
}

TEST(Standing, gives_no_grace_to_somebody_outside_who_posts_a_vague_fix) {
  EXPECT_EQ(after({Side::outside, 0}, {at(-1, 100'000)}).side, Side::outside);
  auto later = at(-1, 100'000);
  later.after_stale = true;
  EXPECT_EQ(after({Side::outside, 0}, {later}).side, Side::outside);
  EXPECT_EQ(after({Side::outside, 0}, {at(-20)}).side, Side::outside);
}

TEST(Standing, is_not_flipped_outside_by_one_fix_of_absurd_accuracy) {
  EXPECT_EQ(after({Side::inside, 0}, {at(1'000'000, 50'000)}).side, Side::uncertain);
  EXPECT_EQ(after({Side::inside, 0}, {at(1'000'000, 50'000), at(-500), at(-500)}).side,
            Side::inside);
}

TEST(Standing, uses_the_accuracy_only_within_the_margin) {
  EXPECT_EQ(after({}, {at(301, 4000)}).side, Side::outside);
  EXPECT_EQ(after({}, {at(299, 4000)}).side, Side::uncertain);
  EXPECT_EQ(after({}, {at(-301, 4000)}).side, Side::inside);
  EXPECT_EQ(after({}, {at(0, 0)}).side, Side::inside);  // the edge is inside
}

TEST(Standing, of_a_stationary_jittered_track_near_the_border_never_comes_back_to_what_it_left) {
  test::Dice dice(2);
  for (double place : {-120.0, -60.0, -20.0, 0.0, 20.0, 60.0, 120.0}) {
    SideState state;
    std::vector<Side> seen;
    for (int i = 0; i < 1000; ++i) {
      state = next_side(state, at(place + dice.normal(10)));
      if (seen.empty() || seen.back() != state.side) seen.push_back(state.side);
    }
    EXPECT_LE(seen.size(), 3u) << place;
    for (std::size_t i = 0; i < seen.size(); ++i)
      for (std::size_t j = i + 1; j < seen.size(); ++j) EXPECT_NE(seen[i], seen[j]) << place;
    if (place <= -120) {
      EXPECT_EQ(seen, std::vector{Side::inside});
    }
    if (place >= 60) {
      EXPECT_EQ(state.side, Side::outside);
    }
  }
}

TEST(Standing, goes_stale_by_age_just_after_the_limit) {
  EXPECT_EQ(standing(Side::inside, seconds(300), seconds(300)), Standing::inside);
  EXPECT_EQ(standing(Side::inside, seconds(300) + std::chrono::nanoseconds(1), seconds(300)),
            Standing::stale);
  EXPECT_EQ(standing(Side::outside, seconds(301), seconds(300)), Standing::stale);
  EXPECT_EQ(standing(Side::uncertain, seconds(1), seconds(300)), Standing::uncertain);
  EXPECT_EQ(standing(Side::none, std::nullopt, seconds(300)), Standing::no_fix);
}

TEST(Standing, has_a_word_for_each) {
  for (auto s : {Standing::inside, Standing::outside, Standing::uncertain, Standing::stale,
                 Standing::no_fix})
    EXPECT_EQ(parse_standing(name(s)), s);
  EXPECT_FALSE(parse_standing("home"));
}

}  // namespace
}  // namespace wardroom::call_blocking
