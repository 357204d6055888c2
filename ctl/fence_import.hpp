/// `fence import FILE`: GeoJSON as fences to paste into the configuration, checked as the daemon
/// would check them.
#pragma once
#include "base/result.hpp"
#include "command_line.hpp"
#include "run.hpp"

#include <string>
#include <string_view>

namespace wardroom::ctl {

/// The entries of call_blocking.fences for what the file holds. `path` is absolute: it stands in
/// them. Of a feature's properties are taken: name, deny, margin, accuracy_limit, schedule,
/// no_fix, stale, uncertain, degraded and suspicious.
Result<std::string> fences_of_geojson(std::string_view text, std::string const& path);

int import_fences(Command const& command, Surroundings const& around);

}  // namespace wardroom::ctl
