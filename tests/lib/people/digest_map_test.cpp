// The open-addressing hash against std::map, with removals; and its bytes per entry.
#include "people/digest_map.hpp"

#include "support/random_runs.hpp"

#include <gtest/gtest.h>

#include <map>

namespace wardroom::people {
namespace {

Digest96 key(std::uint64_t n) {
  // Few distinct words, so that shards fill and runs of probes grow long.
  return {{static_cast<std::uint32_t>(n % 3), static_cast<std::uint32_t>(n * 2'654'435'761u),
           static_cast<std::uint32_t>(n)}};
}

TEST(DigestMap, behaves_like_a_map_under_random_insertions_and_removals) {
  auto const seed = test::random_seed();
  test::Dice dice(seed);
  DigestMap<std::uint32_t> map;
  std::map<std::uint64_t, std::uint32_t> model;
  auto const rounds = test::random_count(60'000);
  for (std::uint64_t i = 0; i < rounds; ++i) {
    // Phases of growth and of shrinking.
    bool const grow = (i / 5'000) % 2 == 0;
    auto const n = dice.below(4'000);
    if (dice.below(10) < (grow ? 7u : 3u)) {
      auto const value = static_cast<std::uint32_t>(dice.below(1'000) + 1);
      map.put(key(n), value);
      model[n] = value;
    } else {
      EXPECT_EQ(map.erase(key(n)), model.erase(n) == 1) << "seed " << seed;
    }
    auto const probe = dice.below(4'000);
    auto const found = map.find(key(probe));
    ASSERT_EQ(found.has_value(), model.contains(probe)) << "seed " << seed << " round " << i;
    if (found) ASSERT_EQ(*found, model[probe]);
    ASSERT_EQ(map.size(), model.size());
  }
  map.erase_if([](Digest96 const&, std::uint32_t value) { return value % 2 == 0; });
  std::erase_if(model, [](auto const& entry) { return entry.second % 2 == 0; });
  EXPECT_EQ(map.size(), model.size());
  for (std::uint64_t n = 0; n < 4'000; ++n) {
    auto const found = map.find(key(n));
    ASSERT_EQ(found.has_value(), model.contains(n)) << "seed " << seed;
  }
}

TEST(DigestMap, is_empty_at_first_and_finds_nothing) {
  DigestMap<std::uint32_t> map;
  EXPECT_FALSE(map.find(key(1)));
  EXPECT_FALSE(map.erase(key(1)));
  map.erase_if([](auto const&, auto) { return true; });
  EXPECT_EQ(map.size(), 0u);
}

}  // namespace
}  // namespace wardroom::people
