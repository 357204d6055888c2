/// Keeps what this process holds in memory to itself.
#pragma once
#include "base/result.hpp"

namespace wardroom::crypto {

/// No core file, no look into our memory by other processes of our uid (debugger, /proc), files of
/// ours for us alone (umask 077). At the start of the daemon, before any secret is read.
/// The leak check of sanitizer builds makes itself an exception and works all the same.
Result<void> harden_process();

}  // namespace wardroom::crypto
