/// What a bridge's answers say, as values. Pure. Source: cms.md 6.2, 6.5.
#pragma once
#include "base/xml.hpp"
#include "ports/conferences.hpp"

namespace wardroom::cms {

BridgeStatus status_of(xml::Element status);
conference::CallFacts call_of(xml::Element call);
RunningCall running_call_of(xml::Element call);
/// Of a list, or of its own with what stands in `status`. That it is a recorder or streamer is
/// believed of legs which the bridge made towards nobody: what the flags say of a person's leg is
/// not documented, and a machine does not count.
conference::LegFacts leg_of(xml::Element leg);
RunningParticipant participant_of(xml::Element participant);
ClusterBridge cluster_bridge_of(xml::Element bridge);
CdrReceiver receiver_of(xml::Element receiver);

}  // namespace wardroom::cms
