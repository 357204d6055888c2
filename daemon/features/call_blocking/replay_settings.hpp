/// The policy that a replay tries out: from a whole wardroom.yaml, from its section call_blocking,
/// or from a list of fences. Checked like the configuration.
#pragma once
#include "features/call_blocking/call_blocking_settings.hpp"

#include <string_view>

namespace wardroom::call_blocking {

struct OtherPolicy {
  PolicySettings policy;
  config::Complaints complaints;  ///< the policy is good when there is none
};

/// Of the other sections of a whole file nothing is read. A file that begins with `fences:` may
/// have other keys of call_blocking beside them; what it leaves out is as in force. Reads the files
/// of GeoJSON it names and builds grids: not on the loop.
OtherPolicy read_other_policy(std::string_view text, PolicySettings const& in_force);

}  // namespace wardroom::call_blocking
