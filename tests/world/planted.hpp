/// Which mistake is switched on in the daemons of this process: none, or one by its name.
#pragma once
#include <string_view>

namespace wardroom::planted {

/// Before worlds run; empty = none. Throws std::invalid_argument on a name that is in no table.
void choose(std::string_view name);
std::string_view chosen();
/// How often the code asked for the chosen one since it was chosen: 0 = that place is not reached.
std::size_t asked();

}  // namespace wardroom::planted
