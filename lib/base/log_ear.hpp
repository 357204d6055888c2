/// Somebody who hears what is logged, in this process: for tests.
#pragma once
#include "base/log.hpp"

#include <functional>

namespace wardroom::log {

/// On the thread that logs; levels below the threshold are not heard, what is
/// always written is (as info). Must not log.
using Ear = std::function<void(Level level, std::string_view message, Fields fields)>;
/// Takes the place of the ear before; empty = nobody hears. While no other thread logs.
void listen_with(Ear ear);

}  // namespace wardroom::log
