// Worlds from a handful of seeds, under the sanitizers. The volume runs from the release build: see
// `./dev world`.
#include "planted.hpp"
#include "planted_bugs.hpp"
#include "runner.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include <filesystem>
#include <unistd.h>

namespace wardroom::world {
namespace {
namespace fs = std::filesystem;

class Worlds : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_GE(sodium_init(), 0);
    fs::create_directories(folder_);
    fs::permissions(folder_, fs::perms::owner_all);
  }
  void TearDown() override {
    planted::choose({});
    fs::remove_all(folder_);
  }

  Outcome play(std::uint64_t seed, int minutes, std::size_t keep_lines = 60) const {
    return world::play({.seed = seed,
                        .length = Milliseconds(minutes * 60'000),
                        .folder = folder_.string(),
                        .keep_lines = keep_lines});
  }
  static std::string told(Outcome const& o) {
    std::string out;
    for (auto const& line : o.trace) out += line + '\n';
    return out + "seed " + std::to_string(o.seed) + ": " + o.violation->promise +
           " is broken: " + o.violation->sentence;
  }

 private:
  fs::path folder_ = fs::temp_directory_path() / ("wardroom-world-" + std::to_string(::getpid()));
};

TEST_F(Worlds, the_same_seed_gives_the_same_trace_to_the_byte) {
  for (std::uint64_t seed = 1; seed <= test::count(3); ++seed) {
    auto const once = play(seed, 20, 0), again = play(seed, 20, 0);
    ASSERT_EQ(once.trace, again.trace) << "seed " << seed;
    EXPECT_EQ(once.digest, again.digest);
    EXPECT_GT(once.trace.size(), 100u) << "nothing happens in it";
  }
}

TEST_F(Worlds, another_seed_gives_another_trace) {
  EXPECT_NE(play(1, 5).digest, play(2, 5).digest);
}

TEST_F(Worlds, an_hour_breaks_no_promise) {
  for (std::uint64_t seed = 10'001; seed <= 10'000 + test::count(6); ++seed) {
    auto const outcome = play(seed, 60);
    EXPECT_FALSE(outcome.violation) << told(outcome);
  }
}

TEST_F(Worlds, seeds_that_once_broke_a_promise_keep_it) {
  struct Regression {
    std::uint64_t seed;
    int minutes;
    char const* showed;
  };
  static constexpr std::initializer_list<Regression> all{
#include "regressions.inc"
  };
  for (auto const& one : all) {
    auto const outcome = play(one.seed, one.minutes);
    EXPECT_FALSE(outcome.violation) << one.showed << '\n' << told(outcome);
  }
}

TEST_F(Worlds, a_planted_bug_is_found_and_the_shortest_prefix_that_shows_it_still_does) {
  planted::choose("level-of-the-best-leg");
  auto const* const bug = planted_bug(planted::chosen());
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    auto const outcome = play(seed, 20);
    if (!outcome.violation) continue;
    EXPECT_TRUE(must_find(*bug, outcome.violation->promise)) << told(outcome);
    return;
  }
  ADD_FAILURE() << bug->name << " was not found";
}

}  // namespace
}  // namespace wardroom::world
