/// What wardroomctl asks of call blocking: calls, monitor, people, fence. See docs/api.md.
#pragma once
#include "control/verbs.hpp"

namespace wardroom::call_blocking {

class CallBlocking;
/// What the audit says of switching the monitoring, before it is done.
control::Change monitoring_change(CallBlocking const& feature, bool on);
void add_call_blocking_verbs(control::Verbs& verbs, CallBlocking& feature);

}  // namespace wardroom::call_blocking
