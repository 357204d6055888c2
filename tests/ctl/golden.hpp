/// Golden texts: what was looked at and approved, in tests/ctl/golden.
#pragma once
#include <string>

namespace wardroom::test {

/// Compares with golden/NAME.txt. WARDROOM_GOLDEN=write takes the present text as the new truth;
/// look at it before committing.
void compare(std::string const& name, std::string const& text);

}  // namespace wardroom::test
