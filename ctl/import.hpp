/// `import DIR`: takes over what a prototype's files say, shows it key by key, and writes it the
/// way setup writes.
#pragma once
#include "command_line.hpp"
#include "import_plan.hpp"
#include "run.hpp"

#include <span>

namespace wardroom::ctl {

std::span<Importer const> importers();

int import_site(Command const& command, Surroundings const& around);

}  // namespace wardroom::ctl
