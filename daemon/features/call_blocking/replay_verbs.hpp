/// `fence simulate`: what other fences would have cut.
#pragma once
#include "control/verbs.hpp"

namespace wardroom::call_blocking {

class CallBlocking;
void add_replay_verbs(control::Verbs& verbs, CallBlocking& feature);

}  // namespace wardroom::call_blocking
