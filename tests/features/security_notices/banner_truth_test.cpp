// B1: whatever people, bridges, networks and restarts do, no screen says less than is true.
#include "banner_world.hpp"

#include <gtest/gtest.h>

namespace wardroom::security_notices::test {
namespace {

/// Histories of some twenty acts; ten of them follow one another in one world.
TEST(BannerTruth, B1_no_screen_is_ever_below_the_truth_and_all_equal_it_at_rest) {
  auto const seed = wardroom::test::random_seed();
  auto const count = wardroom::test::random_count(400);
  BannerWorld::Figures sum;
  std::uint64_t played = 0;
  for (std::uint64_t n = 0; played < count; ++n) {
    BannerWorld world(seed + n);
    for (int i = 0; i < 10 && played < count; ++i, ++played)
      ASSERT_TRUE(world.play(20)) << "WARDROOM_SEED=" << seed + n << " history " << i << "\n"
                                  << world.trouble() << "\n"
                                  << world.trace();
    auto const& f = world.figures();
    sum.acts += f.acts;
    sum.posts += f.posts;
    sum.faults += f.faults;
    sum.restarts += f.restarts;
    sum.bridge_restarts += f.bridge_restarts;
    sum.looks += f.looks;
    sum.notices += f.notices;
    sum.falls += f.falls;
    sum.told += f.told;
  }
  std::printf(
      "%llu histories: %llu acts, %llu posts, %llu faults, %llu restarts, %llu of bridges; %llu "
      "looks, %llu changes of screens, %llu falls, %llu things told\n",
      (unsigned long long)played, (unsigned long long)sum.acts, (unsigned long long)sum.posts,
      (unsigned long long)sum.faults, (unsigned long long)sum.restarts,
      (unsigned long long)sum.bridge_restarts, (unsigned long long)sum.looks,
      (unsigned long long)sum.notices, (unsigned long long)sum.falls, (unsigned long long)sum.told);
  // A world in which nothing happens proves nothing.
  EXPECT_GT(sum.falls, played / 4);
  EXPECT_GT(sum.told, played);
}

}  // namespace
}  // namespace wardroom::security_notices::test
