// Legs without a person: recorders, streamers, scanners.
#include "sim/cms_records.hpp"
#include "sim/cms_sim.hpp"

#include <fmt/format.h>

namespace wardroom::sim {

Result<std::string> CmsSim::start_machine(std::string const& name, std::size_t at, bool streaming,
                                          bool sip) {
  auto* const conference = at < bridges_.size() ? find(name, at) : nullptr;
  if (!conference || !conference->calls.contains(at))
    return failure(ErrorKind::not_found, "no conference \"" + name + "\" is running there");
  auto& bridge = *bridges_[at];
  auto& leg = new_leg(bridge);
  leg.direction = "outgoing";
  leg.call = conference->calls.at(at);
  if (sip) {
    leg.remote_party = streaming ? "streamer@machines.example" : "recorder@machines.example";
    leg.sip_call_id = fmt::format("machine-{}@{}", leg.order, bridge.ip);
  } else {
    leg.type = "acano";
    leg.participant = leg.id;
    (streaming ? leg.streaming : leg.recording) = true;
  }
  bridge.tell_leg_start(leg);
  CmsMachine const machine{dice_.uuid(), leg.id, at, streaming, sip};
  bridge.tell(streaming ? "streamingStart" : "recordingStart", machine_start_xml(machine, leg));
  leg.connected = true;
  activate(leg);
  if (sip) leg.remote_address = leg.remote_party;
  bridge.tell_leg_update(leg);
  machines_[machine.id] = machine;
  return machine.id;
}

Result<void> CmsSim::stop_machine(std::string const& id) {
  auto const found = machines_.find(id);
  if (found == machines_.end()) return failure(ErrorKind::not_found, "no such machine");
  auto const machine = found->second;
  machines_.erase(found);
  auto& bridge = *bridges_[machine.bridge];
  bridge.tell(machine.streaming ? "streamingEnd" : "recordingEnd", machine_end_xml(machine));
  drop_leg(bridge, machine.leg, "apiInitiatedTeardown", false);
  return {};
}

void CmsSim::scan(std::size_t at) {
  auto& bridge = *bridges_[at];
  auto& leg = new_leg(bridge);
  leg.remote_party = "100@192.0.2.66";
  leg.local_address = "900441234567@" + bridge.ip;
  leg.sip_call_id = fmt::format("{}@192.0.2.66", leg.id.substr(0, 8));
  bridge.tell_leg_start(leg);
  auto const id = leg.id;
  drop_leg(bridge, id, "unknownDestination", false);
}

}  // namespace wardroom::sim
