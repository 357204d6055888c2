/// What wardroomctl asks about people: list, show, why. See docs/api.md.
#pragma once
#include "control/verbs.hpp"

namespace wardroom::call_blocking {

class CallBlocking;
void add_people_verbs(control::Verbs& verbs, CallBlocking& feature);

}  // namespace wardroom::call_blocking
