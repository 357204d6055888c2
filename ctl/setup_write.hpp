/// Where a site's files go, and their writing: shared by setup and import.
#pragma once
#include "command_line.hpp"
#include "setup_files.hpp"
#include "setup_talk.hpp"

#include <expected>
#include <string>
#include <vector>

namespace wardroom::ctl {

/// Where --config or --dir say, or the system's own. Error: a usage sentence.
std::expected<Places, std::string> places_of(Command const& command);

/// Puts in what nobody is asked for: the master key's file, and the socket of a site that is not
/// the system's.
Result<void> add_own_keys(Site& site, Places const& places);

/// Writes the configuration, the secrets and the folders they need; the master key, too, when it is
/// missing. What was written.
Result<std::vector<WrittenFile>> write_site(Site const& site, Places const& places, bool with_key);

}  // namespace wardroom::ctl
