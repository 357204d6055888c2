/// The same answer on every kind of screen: a pipe, narrow and wide terminals, with colours.
#pragma once
#include "ctl/tool.hpp"

#include <string>
#include <vector>

namespace wardroom::test {

/// What one run of the tool prints on each, one below the other; escapes made visible.
std::string drawn_on_all(std::vector<std::string> const& args, std::string const& wire);

}  // namespace wardroom::test
