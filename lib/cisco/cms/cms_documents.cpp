#include "cisco/cms/cms_documents.hpp"

#include "base/iso_moment.hpp"
#include "cisco/cms/cms_fields.hpp"
#include "cisco/cms/cms_text.hpp"

namespace wardroom::cms {
namespace {

std::string own_id(xml::Element element) { return guid_of(element.attribute("id")); }

template <class Facts>
void take_children(Facts& facts, xml::Element parent) {
  for (auto field = parent.first(); field; field = field.next())
    take_field(facts, field.name(), field.text());
}

}  // namespace

BridgeStatus status_of(xml::Element status) {
  BridgeStatus out;
  out.version = status.text_of("softwareVersion");
  out.next_record = number_of(status.text_of("cdrCorrelatorIndex"));
  out.clustered = flag_of(status.text_of("clusterEnabled"));
  out.time = parse_iso(status.text_of("cdrTime"));
  if (auto const seconds = number_of(status.text_of("uptimeSeconds")))
    out.up_for = std::chrono::seconds(*seconds);
  return out;
}

conference::CallFacts call_of(xml::Element call) {
  conference::CallFacts out{.id = conference::CallId(own_id(call))};
  take_children(out, call);
  return out;
}

RunningCall running_call_of(xml::Element call) {
  RunningCall out{.facts = call_of(call),
                  .message = {.text = std::string(call.text_of("messageText")),
                              .position = std::string(call.text_of("messagePosition")),
                              .duration = std::string(call.text_of("messageDuration"))},
                  .legs = number_of(call.text_of("numCallLegs")),
                  .other_bridges = number_of(call.text_of("numDistributedInstances"))};
  return out;
}

conference::LegFacts leg_of(xml::Element leg) {
  conference::LegFacts out{.id = conference::LegId(own_id(leg))};
  take_children(out, leg);
  take_children(out, leg.child("status"));
  bool const towards_nobody = out.direction && same_word(*out.direction, "outgoing") &&
                              !out.remote_party && !out.original_remote_party;
  if (!towards_nobody) {
    out.recording.reset();
    out.streaming.reset();
  }
  return out;
}

RunningParticipant participant_of(xml::Element participant) {
  return {.id = own_id(participant), .call_bridge = guid_of(participant.text_of("callBridge"))};
}

ClusterBridge cluster_bridge_of(xml::Element bridge) {
  return {.id = own_id(bridge),
          .name = std::string(bridge.text_of("name")),
          .address = std::string(bridge.text_of("address")),
          .sip_domain = std::string(bridge.text_of("sipDomain"))};
}

CdrReceiver receiver_of(xml::Element receiver) {
  auto uri = receiver.text_of("uri");
  if (uri.empty()) uri = receiver.text_of("url");
  return {.id = own_id(receiver), .uri = std::string(uri)};
}

}  // namespace wardroom::cms
