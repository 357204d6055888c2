/// Everybody's rows over time: fixes that cannot be true, hints that last, reloads, outages.
#include "features/call_blocking/standings.hpp"

#include "support/fake_clock.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

namespace wardroom::call_blocking {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr GeoPoint kInside{48.5, 16.5};
constexpr GeoPoint kAway{40.0, -74.0};    // beyond any doubt, and nobody gets there in minutes
constexpr GeoPoint kOutside{48.5, 16.0};  // 37 km west of the box; a quarter of an hour by plane
constexpr GeoPoint kNearlyIn{48.5, 16.001};
constexpr PersonNo kAnn = 1;
constexpr PersonNo kBob = 2;

Fence box(std::string name, double west, double east) {
  Fence fence;
  fence.name = std::move(name);
  fence.shape = Box{48, 49, west, east, false};
  seal(fence);
  return fence;
}

PolicySettings policy(std::string_view suspicious = "open") {
  PolicySettings out;
  out.mode = Mode::enforce;
  out.fences = {box("vienna", 16.25, 17)};
  out.fences[0].policies.suspicious = *parse_policy(suspicious);
  seal(out.fences[0]);
  return out;
}

struct World {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  people::Roster roster;
  Standings standings;

  explicit World(PolicySettings settings = policy())
      : standings((roster.grow_to(2), roster), clock,
                  std::make_shared<PolicySettings const>(std::move(settings))) {}

  void post(GeoPoint where, double accuracy = 20, PersonNo who = kAnn) {
    standings.take(who, {where, {accuracy}, clock.uptime(), clock.now()});
  }
  void post_after(BootClock::duration wait, GeoPoint where, double accuracy = 20) {
    clock.advance(wait);
    post(where, accuracy);
  }
  /// Twice: two fixes that fit each other.
  void settle(GeoPoint where) {
    post(where);
    post_after(seconds(30), where);
  }
  void reload(PolicySettings settings) {
    standings.set_policy(std::make_shared<PolicySettings const>(std::move(settings)));
  }
  Standing now(PersonNo who = kAnn) { return standings.current(who); }
  Judgement judged(PersonNo who = kAnn) {
    auto out = standings.judge_now(who);
    auto facts = out.facts;
    if (out.measured) facts.standing = standing_of(*out.measured);
    EXPECT_EQ(judge(facts), out.verdict) << "what was measured gives another verdict";
    EXPECT_EQ(standings.allowed(who), !out.verdict.release);
    return out;
  }
};

TEST(Standings, R120_one_absurd_fix_does_not_flip_whatever_the_side_before) {
  World inside;
  inside.settle(kInside);
  inside.post_after(seconds(30), kAway);
  EXPECT_EQ(inside.now(), Standing::inside);
  auto const judged = inside.judged();
  EXPECT_TRUE(judged.measured->held);
  EXPECT_TRUE(has(judged.facts.hints, Hint::impossible_travel));
  inside.post_after(seconds(30), kInside);
  EXPECT_EQ(inside.now(), Standing::inside);

  World outside;
  outside.settle(kAway);
  outside.post_after(seconds(30), kInside);
  EXPECT_EQ(outside.now(), Standing::outside);
  outside.post_after(seconds(30), kAway);
  EXPECT_EQ(outside.now(), Standing::outside);
}

TEST(Standings, R120_a_second_absurd_fix_counts_and_so_does_one_in_half_an_hour) {
  World world;
  world.settle(kInside);
  world.post_after(seconds(30), kAway);
  world.post_after(seconds(30), kAway);
  EXPECT_EQ(world.now(), Standing::outside);

  World two_devices;  // one here, one there, in turn: the one outside tells
  two_devices.settle(kInside);
  two_devices.post_after(seconds(30), kAway);
  two_devices.post_after(seconds(30), kInside);
  EXPECT_EQ(two_devices.now(), Standing::inside);
  for (int i = 0; i < 20; ++i) {
    two_devices.post_after(seconds(15), kAway);
    EXPECT_EQ(two_devices.now(), Standing::outside);
    two_devices.post_after(seconds(15), kInside);
    EXPECT_EQ(two_devices.now(), Standing::outside);
  }

  World next_hour;
  next_hour.settle(kInside);
  next_hour.post_after(seconds(30), kAway);
  next_hour.post_after(seconds(30), kInside);
  for (int i = 0; i < 61; ++i) next_hour.post_after(seconds(30), kInside);
  next_hour.post_after(seconds(30), kAway);
  EXPECT_EQ(next_hour.now(), Standing::inside) << "half an hour later the first is forgotten";
}

TEST(Standings, R120_a_clear_fix_outside_that_can_be_true_counts_at_once) {
  World world;
  world.settle(kInside);
  world.post_after(minutes(4), kOutside);  // 550 km/h
  EXPECT_EQ(world.now(), Standing::outside);
  World near;
  near.settle(kInside);
  near.post_after(seconds(1), {48.5, 16.248});  // 150 m outside, 18 km in a second: not far enough
  EXPECT_EQ(near.now(), Standing::outside);
  World second;
  second.post(kInside);
  second.post_after(seconds(1), kAway);  // one against one: none of them is the odd one out
  EXPECT_EQ(second.now(), Standing::outside);
}

TEST(Standings, R120_a_held_fix_does_not_keep_a_position_fresh) {
  World world;
  world.settle(kInside);
  world.post_after(seconds(290), kAway);
  EXPECT_EQ(world.now(), Standing::inside);
  EXPECT_EQ(world.standings.stale_at(kAnn), world.clock.uptime() + seconds(10));
  world.clock.advance(seconds(10));
  EXPECT_EQ(world.now(), Standing::inside);
  world.clock.advance(std::chrono::milliseconds(2));
  EXPECT_EQ(world.now(), Standing::stale);
  auto const judged = world.judged();
  EXPECT_LT(judged.facts.unsure_for, seconds(1));
  EXPECT_LT(*judged.place.age, seconds(11)) << "of the last fix, for people to read";
}

TEST(Standings, R120_an_absurd_fix_after_a_stale_one_is_judged_by_itself) {
  World world;
  world.settle(kInside);
  world.post_after(seconds(301), kAway);
  EXPECT_EQ(world.now(), Standing::outside);
  EXPECT_FALSE(world.judged().measured->held);
  EXPECT_TRUE(has(world.judged().facts.hints, Hint::impossible_travel));
}

TEST(Standings, R120_a_held_fix_while_uncertain_starts_no_new_grace) {
  World world;
  world.settle(kInside);
  world.post({48.5, 16.2499}, 200);  // 7 m outside
  EXPECT_EQ(world.now(), Standing::uncertain);
  world.post_after(seconds(100), kAway);
  EXPECT_EQ(world.now(), Standing::uncertain);
  EXPECT_EQ(world.judged().facts.unsure_for, seconds(100));
}

TEST(Standings, R124_impossible_travel_counts_for_half_an_hour_after_the_last_one) {
  World world(policy("closed"));
  world.settle(kInside);
  EXPECT_FALSE(world.judged().verdict.release);
  world.post_after(seconds(30), kAway);
  EXPECT_EQ(world.judged().verdict.reason, Reason::suspicious);
  world.post_after(seconds(30), kInside);  // flies back as fast
  for (int i = 0; i < 60; ++i) {
    world.post_after(seconds(30), kInside);
    ASSERT_TRUE(world.judged().verdict.release) << i;
  }
  world.post_after(seconds(30), kInside);
  EXPECT_FALSE(world.judged().verdict.release);
  EXPECT_EQ(world.judged().facts.hints, 0);
}

TEST(Standings, R124_a_fix_without_hints_in_between_does_not_begin_the_grace_anew) {
  World world(policy("grace(2m)"));
  for (int i = 0; i < 4; ++i) {
    world.post(kInside, 1);
    EXPECT_EQ(world.judged().verdict.applied, Applied::grace) << i;
    world.post_after(seconds(15), kInside, 20);
    EXPECT_EQ(world.judged().verdict.applied, Applied::none) << i;
    world.clock.advance(seconds(15));
  }
  world.post(kInside, 1);
  EXPECT_EQ(world.judged().verdict.applied, Applied::grace_over);
  world.clock.advance(minutes(31));
  world.post(kInside, 1);
  EXPECT_EQ(world.judged().verdict.applied, Applied::grace);
}

TEST(Standings, R124_frozen_coordinates_are_told_after_two_hours_of_posts) {
  World world;
  for (int i = 1; i < 240; ++i) {
    world.post(kInside, 8);
    ASSERT_EQ(world.judged().facts.hints, 0) << i;
    world.clock.advance(seconds(30));
  }
  world.post(kInside, 8);
  EXPECT_EQ(world.judged().facts.hints, bit(Hint::frozen));
  world.post_after(seconds(30), {48.5000001, 16.5}, 8);
  EXPECT_EQ(world.judged().facts.hints, 0);
}

TEST(Standings, R124_the_browsers_own_time_is_looked_at_and_no_more) {
  World world;
  auto const fix = [&] { return Fix{kInside, {20}, world.clock.uptime(), world.clock.now()}; };
  world.standings.take(kAnn, fix(), world.clock.now() + minutes(6));
  EXPECT_EQ(world.judged().facts.hints, bit(Hint::future_time));
  EXPECT_EQ(world.now(), Standing::inside);
  world.standings.take(kAnn, fix(), world.clock.now() - std::chrono::hours(1));
  EXPECT_EQ(world.judged().facts.hints, 0);
  EXPECT_EQ(world.now(), Standing::inside);
}

TEST(Standings, R120_a_reload_that_leaves_somebodys_fences_alone_leaves_their_side_alone) {
  World world;
  world.post(kNearlyIn);
  world.post_after(minutes(4), {48.5, 16.2502});  // 15 m inside: not deep, no way back in
  EXPECT_EQ(world.now(), Standing::outside);
  auto other_times = policy();
  other_times.timeout = minutes(10);
  other_times.fences.insert(other_times.fences.begin(), box("elsewhere", 20, 21));
  other_times.fences[0].who = {.everybody = false, .emails = {"x@acme.example"}};
  seal(other_times.fences[0]);
  world.reload(other_times);
  EXPECT_EQ(world.now(), Standing::outside);
  EXPECT_TRUE(world.judged().verdict.release);
  world.reload(policy());
  EXPECT_EQ(world.now(), Standing::outside);
  world.reload(other_times);  // two reloads between two looks
  world.reload(policy());
  EXPECT_EQ(world.now(), Standing::outside);
  auto wider = policy();
  wider.fences[0] = box("vienna", 16.2, 17);
  world.reload(wider);
  EXPECT_EQ(world.now(), Standing::inside) << "another fence: the last fix alone tells";
}

TEST(Standings, R120_a_held_fix_stays_held_over_a_reload_of_something_else) {
  World world;
  world.settle(kInside);
  world.post_after(seconds(30), kAway);
  auto other = policy();
  other.mode = Mode::observe;
  world.reload(other);
  EXPECT_EQ(world.now(), Standing::inside);
  EXPECT_TRUE(world.judged().measured->held);
}

TEST(Standings, R119_degraded_stands_in_for_stale_and_its_grace_runs_from_going_stale) {
  auto settings = policy();
  settings.fences[0].policies.degraded = *parse_policy("grace(2m)");
  seal(settings.fences[0]);
  World world(settings);
  world.post(kInside);
  world.clock.advance(seconds(200));
  world.standings.set_degraded(true);
  EXPECT_FALSE(world.judged().verdict.release);
  world.clock.advance(seconds(160));  // stale for 60 s
  EXPECT_EQ(world.judged().verdict.applied, Applied::grace);
  world.post(kInside);  // answered 503, and counts all the same
  EXPECT_EQ(world.judged().verdict.reason, Reason::inside);
  world.clock.advance(seconds(300) + minutes(2));
  EXPECT_EQ(world.judged().verdict.applied, Applied::grace_over);
  world.post(kOutside);  // an hour's worth of outage excuses nobody who is elsewhere
  world.post(kOutside);
  EXPECT_EQ(world.judged().verdict.reason, Reason::outside);
}

TEST(Standings, R120_hold_what_they_promise_over_random_tracks_reloads_and_outages) {
  test::Dice dice(125);
  auto wider = policy("grace(2m)");
  wider.fences[0] = box("vienna", 16.2, 17);
  auto later = policy("closed");
  later.timeout = minutes(2);
  std::vector<PolicySettings> const policies{policy(), policy("closed"), wider, later};
  std::vector<GeoPoint> const places{kInside, kAway, kOutside, {48.5, 16.2505}, {48.5, 16.2495}};
  World world;
  world.post(kInside);
  auto place = kInside;
  std::size_t held = 0, inside = 0;
  for (std::size_t n = 0; n < test::count(20'000); ++n) {
    if (dice.one_in(8)) place = dice.pick(places);
    if (dice.one_in(200)) world.reload(dice.pick(policies));
    if (dice.one_in(50)) world.standings.set_degraded(dice.one_in(2));
    world.clock.advance(dice.one_in(20) ? seconds(dice.below(600)) : seconds(30));
    auto const standing_before = world.now();
    world.post({place.latitude + dice.normal(1e-4), place.longitude + dice.normal(3e-4)},
               dice.one_in(20) ? 10'000 : dice.between(1, 100));
    auto const judged = world.judged();
    auto const& m = *judged.measured;
    held += m.held;
    if (m.held) {
      ASSERT_EQ(world.now(), standing_before);
      ASSERT_TRUE(has(judged.facts.hints, Hint::impossible_travel));
    } else if (world.now() == Standing::inside) {
      ++inside;
      ASSERT_TRUE(m.reading.inside);
    }
    if (world.now() == Standing::inside && standing_before == Standing::outside) {
      ASSERT_FALSE(m.held);
    }
  }
  EXPECT_GT(held, 0u);
  EXPECT_GT(inside, 0u);
}

TEST(Standings, tells_the_distance_that_is_true_and_measures_the_same) {
  World world;
  world.post(kInside, 20, kBob);
  auto const exact = world.standings.judge_now(kBob);
  auto const quick = world.standings.judge_now(world.standings.assess(kBob));
  EXPECT_EQ(exact.verdict, quick.verdict);
  EXPECT_EQ(standing_of(*exact.measured), standing_of(*quick.measured));
  EXPECT_LT(exact.place.to_border->value, -15'000);
}

}  // namespace
}  // namespace wardroom::call_blocking
