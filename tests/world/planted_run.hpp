/// Looks for every planted bug, seed after seed, until a promise that must find it is broken.
#pragma once
#include "runner.hpp"

namespace wardroom::world {

/// At most `options.seeds` worlds each. A table goes to stdout: which promise found it, after how
/// many seeds. 0 = all were found.
int find_planted(RunnerOptions const& options);

}  // namespace wardroom::world
