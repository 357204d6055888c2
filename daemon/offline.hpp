/// Work on the store while no daemon runs: restore a backup, move to another store, adopt one that
/// a move left behind. Each gives the exit code of the program and tells on stdout and stderr.
#pragma once
#include "settings.hpp"

#include <string>

namespace wardroom {

/// `wardroomd --restore FILE [--force]`
int restore_store(DaemonSettings const& settings, std::string const& file, bool force);

/// `wardroomd --move-store --to URL [--to-password-file FILE]`
int move_store(DaemonSettings const& settings, std::string const& to_url,
               std::string const& to_password_file);

/// `wardroomd --adopt-store`: the configured store is the site's, whatever a move noted in it.
int adopt_store(DaemonSettings const& settings);

}  // namespace wardroom
