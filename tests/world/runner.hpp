/// Plays many worlds on all cores and says what broke.
#pragma once
#include "play.hpp"

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

/// What a world of these options is.
WorldOptions world_options(RunnerOptions const& options, std::uint64_t seed,
                           std::string const& folder);

/// 0 = every promise was kept; 1 = one was broken, or two traces of a seed differ; 2 = the options
/// are wrong. Progress goes to stderr, results to stdout.
int run_worlds(RunnerOptions const& options);

}  // namespace wardroom::world
