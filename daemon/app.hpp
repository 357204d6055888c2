/// The composition root: every object of the daemon, in order of need, on one page.
#pragma once
#include "settings.hpp"

namespace wardroom {

/// Runs until TERM or INT. Returns the exit code: 0, 69 (an address is taken), 74 (store), 75
/// (another daemon holds the state), 77 (not permitted), 78 (configuration, master key).
int run_daemon(DaemonSettings settings);

}  // namespace wardroom
