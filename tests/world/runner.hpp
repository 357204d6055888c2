/// Plays many worlds on all cores and says what broke.
#pragma once
#include "world.hpp"

#include <cstdint>
#include <string>

namespace wardroom::world {

struct RunnerOptions {
  std::uint64_t seeds = 100, from = 1;
  unsigned minutes = 60;
  unsigned jobs = 0;    ///< processes; 0 = one a core
  std::string plant{};  ///< a planted bug; "list" names them
  bool twice = false, trace = false, go_on = false;
};

/// 0 = every promise was kept; 1 = one was broken, or two traces of a seed differ; 2 = the options
/// are wrong. Progress goes to stderr, results to stdout.
int run_worlds(RunnerOptions const& options);

/// What one world came to.
struct Outcome {
  std::uint64_t seed = 0;
  std::optional<Violation> violation{};
  std::uint64_t digest = 0;
  World::Figures figures{};
  std::size_t acts = 0;
  std::vector<std::string> trace{};
};
/// `folder` is emptied before. Never throws: what a world throws is a violation "world".
Outcome play(WorldOptions options);

/// The same world with as few acts and faults as still break the same promise.
Outcome shortest(Outcome const& failed, WorldOptions options);

}  // namespace wardroom::world
