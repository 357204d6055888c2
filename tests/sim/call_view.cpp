// What the calls tell of themselves to /sim/.
#include "sim/call_sim.hpp"
#include "sim/instant_text.hpp"

namespace wardroom::sim {

nlohmann::json to_json(Call const& call) {
  using nlohmann::json;
  json legs = json::array();
  for (auto const& leg : call.legs) {
    json one{{"call_id", leg.id},
             {"person", leg.owner->email},
             {"xsi_user", leg.owner->xsi_user},
             {"personality", leg.click_to_dial ? "Click-to-Dial"
                             : leg.originator  ? "Originator"
                                               : "Terminator"},
             {"state", name(leg.state)},
             {"call_type", leg.type},
             {"remote", leg.remote_address}};
    if (leg.answered) one["answered_at"] = text_of(*leg.answered);
    if (leg.in_conference) one["in_conference"] = true;
    if (leg.queue) one["queue"] = leg.queue->email;
    if (!leg.released_by.empty()) one["released_by"] = leg.released_by;
    if (leg.gone && !leg.released) one["gone"] = true;
    if (leg.released) {
      one["released_at"] = text_of(*leg.released);
      one["releasing_party"] = leg.local_release ? "localRelease" : "remoteRelease";
    }
    legs.push_back(std::move(one));
  }
  json out{{"call", call.id},
           {"tracking", call.tracking},
           {"from", call.from},
           {"to", call.to},
           {"emergency", call.emergency},
           {"started_at", text_of(call.started)},
           {"legs", std::move(legs)},
           {"live", !call.ended.has_value()}};
  if (call.calls_back) out["calls_back"] = true;
  if (call.parked_by) out["parked_by"] = call.parked_by->email;
  if (call.answered) out["answered_at"] = text_of(*call.answered);
  if (call.ended) {
    out["ended_at"] = text_of(*call.ended);
    out["released_by"] = call.released_by;
    out["released_after_ms"] = *call.released_after_ms;
    out["answered_before_release"] = call.answered.has_value();
    if (!call.released_leg.empty()) out["released_leg"] = call.released_leg;
  }
  return out;
}

nlohmann::json CallSim::state() const {
  auto out = nlohmann::json::array();
  for (auto id = order_.rbegin(); id != order_.rend() && out.size() < 200; ++id)
    if (auto const* call = find(*id)) out.push_back(to_json(*call));
  return out;
}

nlohmann::json CallSim::counters() const {
  return {{"placed", placed_},
          {"live", live_},
          {"deletes", deletes_},
          {"released_by_api", released_by_api_},
          {"emergency_violations", touched_},
          {"emergency_call_backs_deleted", call_backs_deleted_}};
}

nlohmann::json CallSim::violations() const {
  auto out = nlohmann::json::array();
  for (auto const& d : violations_)
    out.push_back({{"at", text_of(d.at)},
                   {"person", d.person},
                   {"call_id", d.call_id},
                   {"result", d.result}});
  return out;
}

}  // namespace wardroom::sim
