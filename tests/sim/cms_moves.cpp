// People who are moved to another bridge of the cluster. Source: cms.md E9.
#include "sim/cms_sim.hpp"

#include <fmt/format.h>

#include <utility>

namespace wardroom::sim {

Result<void> CmsSim::move(std::uint64_t no, std::size_t to, CmsMoveOrder order) {
  auto const found = person(no);
  if (!found) return std::unexpected(found.error());
  auto& who = **found;
  if (to >= bridges_.size() || to == who.bridge || who.call.empty() || !bridges_[to]->up ||
      !bridges_[to]->options.clustered || !bridges_[who.bridge]->options.clustered)
    return failure(ErrorKind::conflict, "nobody can be moved from there to there");
  auto const from = who.bridge;
  auto& old_bridge = *bridges_[from];
  auto& bridge = *bridges_[to];
  auto const old_call = who.call;
  auto const old_legs = who.legs;
  auto const correlator = old_bridge.calls.at(old_call).correlator;
  bool const kept = std::exchange(old_bridge.calls.at(old_call).stays_empty, true);
  auto end_old = [&] {
    for (auto const& id : old_legs) drop_leg(old_bridge, id, "callMoved", false);
  };
  auto const first = *old_bridge.leg(old_legs.front());
  if (order == CmsMoveOrder::end_first) end_old();
  auto const call = call_on(*find_correlator(correlator), to).id;
  auto& leg = new_leg(bridge);
  auto made = first;
  made.id = leg.id;
  made.order = leg.order;
  made.began = leg.began;
  made.participant = made.type == "sip" ? leg.participant : leg.id;
  made.direction = "outgoing";
  made.remote_party = who.address;
  made.remote_address.clear();
  made.local_address.clear();
  made.moved_leg = first.id;
  made.moved_bridge = old_bridge.guid;
  made.replaces = first.sip_call_id;
  made.can_move = false;
  made.confirmation.clear();
  if (made.type == "sip") made.sip_call_id = fmt::format("{}@{}", leg.id.substr(0, 8), bridge.ip);
  made.connected = false;
  leg = std::move(made);
  enter(bridge, leg, call);
  bridge.tell_leg_start(leg);
  leg.connected = true;
  if (leg.type == "sip") leg.remote_address = who.address;
  bridge.tell_leg_update(leg);
  who.bridge = to;
  who.call = call;
  who.legs = {leg.id};
  who.participant = leg.participant;
  if (order == CmsMoveOrder::start_first) end_old();
  if (auto const still = old_bridge.calls.find(old_call); still != old_bridge.calls.end())
    still->second.stays_empty = kept;
  tidy(from, old_call);
  return {};
}

}  // namespace wardroom::sim
