/// Processes that play a runner's worlds side by side, and what they tell of them.
#pragma once
#include "runner.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace wardroom::world {

/// Of one world, as its worker told it.
struct Told {
  std::uint64_t seed = 0, digest = 0;
  int same = 1;
  std::uint64_t acts = 0;
  std::int64_t virtual_ms = 0;
  std::uint64_t starts = 0, crashes = 0, faults = 0, steps = 0;
  std::string promise{};
};

struct Played {
  std::vector<Told> broken{};         ///< a promise was, or two traces differ
  std::vector<std::uint64_t> dead{};  ///< seeds at which a worker died
};

/// All worlds of these options, with the progress on stderr; until the first that is broken unless
/// `go_on` is set.
Played play_side_by_side(RunnerOptions const& options);

}  // namespace wardroom::world
