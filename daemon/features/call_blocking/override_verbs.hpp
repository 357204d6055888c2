/// allow, block, exempt, override list, override remove.
#pragma once
#include "control/verbs.hpp"

#include <nlohmann/json.hpp>

namespace wardroom::call_blocking {

class CallBlocking;
struct OverrideEntry;

void add_override_verbs(control::Verbs& verbs, CallBlocking& feature);
/// {"kind","reason","by","since","until"}
nlohmann::ordered_json override_json(OverrideEntry const& entry);

}  // namespace wardroom::call_blocking
