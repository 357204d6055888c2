/// Places where a test build can be told to die, fail or dawdle:
/// WARDROOM_FAILPOINTS=name:action[:n]. Several are separated by commas. Actions: `exit` (the
/// process ends on the n-th hit), `eio` (the n-th hit reports an I/O error), `delay` (each hit
/// waits n ms). Compiled into test builds only.
#pragma once
#include <string_view>

#ifdef WARDROOM_FAILPOINTS
namespace wardroom::failpoint {

/// True when the caller is to behave as if its I/O had failed. Any thread.
bool hit(std::string_view name);

/// Replaces what the environment said, for tests in one process; an empty text clears all.
/// Throws std::invalid_argument on a text it does not understand.
void set(std::string_view specification);

}  // namespace wardroom::failpoint
#define WARDROOM_FAILPOINT(name) (::wardroom::failpoint::hit(name))
#else
#define WARDROOM_FAILPOINT(name) (false)
#endif
