/// Sides and standings: at once out, slowly back in, no flaps near the border, stale by age.
#include "features/call_blocking/standing.hpp"

#include "support/seed.hpp"

#include <gtest/gtest.h>

namespace wardroom::call_blocking {
namespace {

using std::chrono::minutes;
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

TEST(Standing, settles_inside_at_the_second_fix_inside_in_a_row_when_it_was_uncertain) {
  EXPECT_EQ(after({}, {at(-10)}).side, Side::uncertain);
  EXPECT_EQ(after({}, {at(-10), at(-10)}).side, Side::inside);
  EXPECT_EQ(after({}, {at(-10), at(10), at(-10)}).side, Side::uncertain);
  EXPECT_EQ(after({Side::inside, 0}, {at(10), at(-10)}).side, Side::inside);  // where it was
  EXPECT_EQ(after({Side::inside, 0}, {at(10), at(-1, 9000), at(-10)}).side, Side::inside);
  auto once = at(-10);
  once.confirmations = 1;
  EXPECT_EQ(after({}, {once}).side, Side::uncertain);
  EXPECT_EQ(after({}, {once, once}).side, Side::inside);
  auto next_day = at(-10);
  next_day.after_stale = true;
  EXPECT_EQ(after({Side::uncertain, 0}, {next_day}).side, Side::uncertain);
  next_day = at(-500);
  next_day.after_stale = true;
  EXPECT_EQ(after({Side::uncertain, 0}, {next_day}).side, Side::inside);
}

TEST(Standing, leaves_when_the_fixes_outside_in_a_row_add_up_to_what_is_unsure) {
  EXPECT_EQ(after({Side::inside, 0}, {at(39)}).side, Side::uncertain);  // one is never enough
  EXPECT_EQ(after({Side::inside, 0}, {at(39), at(1)}).side, Side::outside);
  EXPECT_EQ(after({Side::inside, 0}, {at(10), at(20)}).side, Side::uncertain);
  EXPECT_EQ(after({Side::inside, 0}, {at(10), at(20), at(10)}).side, Side::outside);
  SideState slowly{Side::inside, 0};
  for (int i = 0; i < 7; ++i) slowly = next_side(slowly, at(0.1));
  EXPECT_EQ(slowly.side, Side::uncertain);
  EXPECT_EQ(next_side(slowly, at(0.1)).side, Side::outside);
  EXPECT_EQ(after({Side::inside, 0}, {at(39), at(-1), at(1)}).side, Side::uncertain);
}

TEST(Standing, of_a_held_fix_brings_nobody_nearer_to_inside) {
  EXPECT_EQ(held_side({Side::inside, 0}), (SideState{Side::inside, 0}));
  EXPECT_EQ(held_side({Side::uncertain, 40}), (SideState{Side::uncertain, 40}));
  auto const once = after({Side::outside, 0}, {at(-500)});
  EXPECT_EQ(after(held_side(once), {at(-500)}).side, Side::outside);
}

/// What calls of somebody with the default policies would meet, fix after fix, one each 30 s.
struct Track {
  SideState state;
  std::optional<int> unsure_since;
  int fixes = 0, changes = 0;
  std::optional<bool> allowed;

  void take(Reading const& fix) {
    state = next_side(state, fix);
    if (state.side != Side::uncertain)
      unsure_since.reset();
    else if (!unsure_since)
      unsure_since = fixes;
    bool const now = state.side == Side::inside ||
                     (unsure_since && seconds(30) * (fixes - *unsure_since) < minutes(5));
    if (allowed && *allowed != now) ++changes;
    allowed = now;
    ++fixes;
  }
};

/// Jitter as far as the fixes' own accuracy admits.
double jitter(test::Dice& dice, double sigma, double most) {
  for (;;)
    if (double const d = dice.normal(sigma); std::abs(d) <= most) return d;
}

Track fifty_fixes(test::Dice& dice, Side start, double place, double sigma) {
  Track track{.state = {start, 0}};
  for (int i = 0; i < 50; ++i) track.take(at(place + jitter(dice, sigma, 60), 60));
  return track;
}

TEST(Standing, R120_of_a_stationary_track_40_m_inside_with_accuracy_60_m_does_not_flap) {
  test::Dice dice(120);
  for (std::size_t n = 0; n < test::count(1000); ++n)
    for (auto const start : {Side::none, Side::inside}) {
      auto const track = fifty_fixes(dice, start, -40, 20);
      EXPECT_EQ(track.changes, 0) << "from " << static_cast<int>(start);
      EXPECT_EQ(track.allowed, true);
    }
}

/// With as much jitter as the accuracy admits a run of fixes beyond the border can happen: to 3 of
/// 100,000 such tracks it does.
TEST(Standing, R120_of_a_wild_track_40_m_inside_hardly_ever_changes) {
  test::Dice dice(121);
  auto const tracks = test::count(2000);
  std::size_t changed = 0;
  for (std::size_t n = 0; n < tracks; ++n)
    changed += fifty_fixes(dice, n % 2 == 0 ? Side::none : Side::inside, -40, 30).changes > 0;
  EXPECT_LE(changed, 2 + tracks / 1000);
}

TEST(Standing, R120_of_a_track_at_rest_anywhere_near_the_border_never_comes_back_to_what_it_left) {
  test::Dice dice(122);
  for (std::size_t n = 0; n < test::count(500); ++n)
    for (double place : {-120.0, -60.0, -20.0, 0.0, 20.0, 60.0, 120.0}) {
      auto const track = fifty_fixes(dice, Side::inside, place, 20);
      EXPECT_LE(track.changes, 1) << place;
      if (place >= 60) {
        EXPECT_EQ(track.allowed, false) << place;
      }
    }
}

TEST(Standing, R120_finds_a_true_exit_at_once_when_clear_and_within_two_fixes_in_the_margin) {
  test::Dice dice(124);
  for (std::size_t n = 0; n < test::count(2000); ++n) {
    double const accuracy = dice.between(1, 3000);
    double const u = std::min(accuracy, 300.0);
    EXPECT_EQ(after({Side::inside, 0}, {at(u * dice.between(1.0, 50), accuracy)}).side,
              Side::outside);
    EXPECT_EQ(after({Side::inside, 0}, {at(u * dice.between(0.5, 1), accuracy),
                                        at(u * dice.between(0.5, 1), accuracy)})
                  .side,
              Side::outside);
    SideState slowly{Side::inside, 0};
    for (int i = 0; i < 8; ++i) slowly = next_side(slowly, at(u * dice.between(1e-9, 1), accuracy));
    EXPECT_EQ(slowly.side, Side::outside);
  }
}

TEST(Standing, R120_is_never_inside_by_a_fix_outside_and_comes_back_by_deep_fixes_only) {
  test::Dice dice(123);
  SideState state;
  int deep_in_a_row = 0;
  for (std::size_t n = 0; n < test::count(200'000); ++n) {
    auto fix =
        at(dice.normal(200), dice.one_in(5) ? dice.between(0, 20'000) : dice.between(0, 400));
    fix.inside = fix.to_border.value <= 0;
    fix.border_error = {dice.one_in(2) ? 0.0 : 50.0};
    fix.confirmations = 3;
    auto const before = state;
    state = next_side(state, fix);
    double const u = std::min(fix.accuracy.value, 300.0) + fix.border_error.value;
    bool const deep = fix.inside && fix.accuracy.value <= 5000 && -fix.to_border.value >= 1.5 * u;
    deep_in_a_row = deep ? deep_in_a_row + 1 : 0;
    ASSERT_FALSE(state.side == Side::inside && !fix.inside);
    ASSERT_FALSE(state.side == Side::uncertain && before.side == Side::outside);
    if (state.side == Side::inside && before.side == Side::outside) ASSERT_GE(deep_in_a_row, 3);
    if (!fix.inside && fix.accuracy.value <= 5000 && fix.to_border.value >= u)
      ASSERT_EQ(state.side, Side::outside);
    if (dice.one_in(500)) state = {};
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
