/// What wardroomctl asks about fences: list, show, test.
#pragma once
#include "control/verbs.hpp"

namespace wardroom::call_blocking {

class CallBlocking;
void add_fence_verbs(control::Verbs& verbs, CallBlocking& feature);

}  // namespace wardroom::call_blocking
