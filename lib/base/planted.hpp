/// Mistakes on purpose: WARDROOM_PLANTED("name") is true while a test world has that mistake
/// switched on, to see that one of its promises finds it. In every other build it is false, and the
/// code behind it is not there; the functions below exist in the world's programs alone.
/// The table of all names: tests/world/planted_bugs.cpp.
#pragma once

#ifdef WARDROOM_PLANTED_BUGS
#include <string_view>

namespace wardroom::planted {

/// Any thread.
bool active(std::string_view name);

}  // namespace wardroom::planted
#define WARDROOM_PLANTED(name) (::wardroom::planted::active(name))
#else
#define WARDROOM_PLANTED(name) (false)
#endif
