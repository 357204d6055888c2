// The dense rows, the way from ids to them, and what a person costs.
#include "people/roster.hpp"

#include "base/encoding.hpp"
#include "people/dirty_set.hpp"
#include "support/random_runs.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace wardroom::people {
namespace {
using namespace std::chrono_literals;

Fix fix(double latitude, double longitude, double accuracy = 10) {
  return {{latitude, longitude}, {accuracy}, Uptime(1h), from_unix_ms(1'000)};
}

TEST(Roster, finds_people_by_uuid_and_platform_id_in_any_case) {
  Roster roster;
  roster.grow_to(2);
  roster.bind(RosterKey::of_uuid("0A1b"), 1);
  roster.bind(RosterKey::of_xsi("Ada@Acme.example"), 2);
  EXPECT_EQ(roster.find(RosterKey::of_uuid("0a1B")), 1u);
  EXPECT_EQ(roster.find(RosterKey::of_xsi("ada@acme.example")), 2u);
  EXPECT_EQ(roster.find(RosterKey::of_xsi("0a1b")), 0u) << "kinds do not mix";
  EXPECT_TRUE(roster.unbind(RosterKey::of_uuid("0a1b")));
  EXPECT_EQ(roster.find(RosterKey::of_uuid("0a1b")), 0u);
  EXPECT_FALSE(roster.unbind(RosterKey::of_uuid("0a1b")));
}

TEST(Roster, refuses_rows_for_people_it_was_not_told_of) {
  Roster roster;
  roster.grow_to(1'023);
  EXPECT_NO_THROW(roster.row(1'023));
  EXPECT_THROW(roster.row(1'024), std::out_of_range);
  EXPECT_THROW(roster.row(0), std::out_of_range);
  EXPECT_THROW(roster.bind(RosterKey::of_uuid("a"), 1'024), std::out_of_range);
  roster.grow_to(5);
  EXPECT_EQ(roster.size(), 1'023u);
}

TEST(Roster, keeps_a_fix_to_the_centimetre_and_never_shrinks_its_circle) {
  auto const seed = test::random_seed();
  test::Dice dice(seed);
  Roster roster;
  roster.grow_to(1);
  EXPECT_FALSE(roster.fix(1));
  for (int i = 0; i < 10'000; ++i) {
    auto const given = fix(double(dice.between(-900'000'000'000, 900'000'000'000)) / 1e10,
                           double(dice.between(-1'800'000'000'000, 1'800'000'000'000)) / 1e10,
                           double(dice.below(1'000'000'000)) / 1e4);
    roster.set_fix(1, given);
    auto const kept = roster.fix(1).value();
    ASSERT_NEAR(kept.where.latitude, given.where.latitude, 0.51e-7) << seed;
    ASSERT_NEAR(kept.where.longitude, given.where.longitude, 0.51e-7) << seed;
    ASSERT_GE(kept.accuracy.value, given.accuracy.value - 1e-3);
    ASSERT_LE(kept.accuracy.value, given.accuracy.value + 0.1 + 1e-9);
    ASSERT_EQ(kept.received, given.received);
    ASSERT_EQ(kept.received_at, given.received_at);
    roster.set_fix(1, kept);
    ASSERT_EQ(roster.fix(1).value(), kept) << "a kept fix is kept as it is";
  }
  EXPECT_EQ(roster.tracked(), 1u);
  roster.clear_fix(1);
  roster.clear_fix(1);
  EXPECT_EQ(roster.tracked(), 0u);
  EXPECT_FALSE(roster.fix(1));
}

TEST(Roster, bears_absurd_accuracies_and_the_edges_of_the_earth) {
  Roster roster;
  roster.grow_to(1);
  roster.set_fix(1, fix(-90, 180, 1e300));
  EXPECT_EQ(roster.fix(1)->where, (GeoPoint{-90, 180}));
  EXPECT_EQ(roster.fix(1)->accuracy.value, 4e8);
}

TEST(Roster, P8_a_tracked_person_costs_at_most_120_bytes) {
  constexpr PersonNo people = 100'000;
  Roster roster;
  DigestMap<std::pair<PersonNo, std::uint32_t>> sessions;  // the shape of the session store's table
  DirtySet dirty;
  double worst = 0;
  for (PersonNo no = 1; no <= people; ++no) {
    auto const text = std::to_string(no);
    roster.grow_to(no);
    roster.bind(RosterKey::of_uuid("uuid-" + text), no);
    roster.bind(RosterKey::of_xsi(text + "@acme.example"), no);
    sessions.put(Digest96::from(sha256(text)), {no, 1u});
    roster.set_fix(no, fix(48, 16));
    dirty.add(no);
    if (no > people / 2 && no % 1'000 == 0)
      worst = std::max(worst, double(roster.memory() + sessions.memory() + no / 4) / no);
  }
  fmt::print("bytes per tracked person: {:.1f} at most between 50,000 and 100,000 people\n", worst);
  RecordProperty("bytes_per_person", std::to_string(worst));
  EXPECT_LE(worst, 120.0);
}

}  // namespace
}  // namespace wardroom::people
