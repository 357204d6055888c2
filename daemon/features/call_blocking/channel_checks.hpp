/// What `doctor xsi` says of the session that runs: each channel, the subscription,
/// acknowledgements, heartbeats. It reads what the session knows and sends nothing.
#pragma once
#include "ports/call_events.hpp"
#include "process/doctor.hpp"

namespace wardroom::call_blocking {

class CallBlocking;
void add_channel_checks(Doctor& doctor, CallBlocking& feature);

/// Pure.
Findings judge_channels(ChannelHealth const& health, bool on, Instant now);
/// What to do about a channel, or a subscription, that failed with this error. Pure.
std::string channel_remedy(std::string_view error, std::string_view host);

}  // namespace wardroom::call_blocking
