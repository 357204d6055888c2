#include "sim/cms_sim.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace wardroom::sim {

CmsSim::CmsSim(Clock& clock, Random& dice, Faults& faults)
    : clock_(clock), dice_(dice), faults_(faults) {}
CmsSim::~CmsSim() = default;

CmsBridge& CmsSim::add_bridge(CmsBridgeOptions options) {
  bridges_.push_back(
      std::make_unique<CmsBridge>(*this, bridges_.size(), std::move(options), clock_, dice_));
  return *bridges_.back();
}

CmsBridge* CmsSim::bridge_named(std::string_view name) {
  for (auto const& b : bridges_)
    if (b->options.name == name) return b.get();
  return nullptr;
}

// --- conferences -------------------------------------------------------------------------------

CmsConference const* CmsSim::conference(std::string const& name) const {
  for (auto const& c : conferences_)
    if (c.name == name) return &c;
  return nullptr;
}

CmsConference const* CmsSim::by_correlator(std::string const& correlator) const {
  for (auto const& c : conferences_)
    if (c.correlator == correlator) return &c;
  return nullptr;
}

CmsConference* CmsSim::find_correlator(std::string const& correlator) {
  return const_cast<CmsConference*>(by_correlator(correlator));
}

// A conference spreads over the cluster only; elsewhere each bridge has its own of that name.
CmsConference* CmsSim::find(std::string const& name, std::size_t bridge) {
  bool const clustered = bridges_[bridge]->options.clustered;
  for (auto& c : conferences_) {
    if (c.name != name || c.calls.empty()) continue;
    auto const at = c.calls.begin()->first;
    if (at == bridge || (clustered && bridges_[at]->options.clustered)) return &c;
  }
  return nullptr;
}

std::string CmsSim::space_of(std::string const& name) {
  auto& id = spaces_[name];
  if (id.empty()) id = dice_.uuid();
  return id;
}

CmsConference& CmsSim::opened(std::string const& name, std::size_t bridge,
                              std::string const& type) {
  if (auto* found = find(name, bridge)) return *found;
  conferences_.push_back({dice_.uuid(), name, type, type == "coSpace" ? space_of(name) : "", {}});
  return conferences_.back();
}

CmsCall& CmsSim::call_on(CmsConference& conference, std::size_t bridge) {
  auto& on = *bridges_[bridge];
  if (auto const found = conference.calls.find(bridge); found != conference.calls.end())
    return on.calls.at(found->second);
  CmsCall call;
  call.id = dice_.uuid();
  call.correlator = conference.correlator;
  call.name = conference.name;
  call.type = conference.type;
  call.space = conference.space;
  call.order = on.next_order();
  call.began = clock_.now();
  auto& kept = on.calls[call.id] = call;
  auto const others = conference.calls;
  conference.calls[bridge] = call.id;
  on.tell_call_start(kept);
  for (auto const& [other, id] : others) link(conference, bridge, other);
  return kept;
}

void CmsSim::link(CmsConference& conference, std::size_t from, std::size_t to) {
  auto end = [&](std::size_t here, std::size_t there, bool outgoing) {
    auto& bridge = *bridges_[here];
    auto const& far = *bridges_[there];
    auto& leg = new_leg(bridge);
    leg.link = true;
    leg.sub_type = "distributionLink";
    leg.direction = outgoing ? "outgoing" : "incoming";
    leg.remote_party =
        outgoing ? fmt::format("{}@{}", conference.calls.at(there), far.sip_domain) : far.ip;
    leg.call = conference.calls.at(here);
    leg.sip_call_id = fmt::format("link-{}@{}", leg.order, far.ip);
    leg.began = clock_.now();
    bridge.tell_leg_start(leg);
    leg.connected = true;
    activate(leg);
    leg.remote_address = leg.remote_party;
    bridge.tell_leg_update(leg);
  };
  end(from, to, true);
  end(to, from, false);
}

/// The links between that bridge's call and the others' end.
void CmsSim::unlink(CmsConference& conference, std::size_t bridge) {
  auto drop = [&](std::size_t at, auto&& is_one) {
    std::vector<std::string> ids;
    for (auto const* leg : bridges_[at]->legs_of(conference.calls.at(at)))
      if (leg->link && is_one(*leg)) ids.push_back(leg->id);
    for (auto const& id : ids) drop_leg(*bridges_[at], id, "remoteTeardown", true);
  };
  auto const& gone = *bridges_[bridge];
  for (auto const& [other, call] : conference.calls)
    if (other != bridge)
      drop(other, [&](CmsLeg const& leg) {
        return leg.remote_party == gone.ip || leg.remote_party.ends_with("@" + gone.sip_domain);
      });
  drop(bridge, [](CmsLeg const&) { return true; });
}

Result<void> CmsSim::open(std::string const& name, std::size_t bridge, std::string const& type) {
  if (name.empty() || bridge >= bridges_.size())
    return failure(ErrorKind::malformed, "a conference needs a name and a bridge");
  if (!bridges_[bridge]->up) return failure(ErrorKind::conflict, "that bridge is down");
  call_on(opened(name, bridge, type), bridge).stays_empty = true;
  return {};
}

Result<void> CmsSim::end(std::string const& name, bool legs_open) {
  auto const* found = conference(name);
  if (!found) return failure(ErrorKind::not_found, "no conference \"" + name + "\" is running");
  auto const calls = found->calls;
  for (auto const& [bridge, call] : calls) end_call(bridge, call, legs_open);
  return {};
}

void CmsSim::end_call(std::size_t at, std::string const& id, bool legs_open) {
  auto& bridge = *bridges_[at];
  auto const found = bridge.calls.find(id);
  if (found == bridge.calls.end()) return;
  found->second.stays_empty = true;  // it ends here, once
  std::vector<std::uint64_t> there;
  for (auto const& [no, person] : people_)
    if (person.bridge == at && person.call == id) there.push_back(no);
  for (auto const no : there) {
    if (!legs_open)
      for (auto const& leg : std::vector(people_.at(no).legs))
        drop_leg(bridge, leg, "callEnded", false);
    people_.erase(no);
  }
  auto* const conference = find_correlator(found->second.correlator);
  if (!legs_open && conference) unlink(*conference, at);
  for (auto const* leg : bridge.legs_of(id)) {
    auto const leg_id = leg->id;
    if (legs_open)
      bridge.legs.erase(leg_id);
    else
      drop_leg(bridge, leg_id, "callEnded", false);
  }
  std::erase_if(machines_,
                [&](auto const& m) { return m.second.bridge == at && !bridge.leg(m.second.leg); });
  bridge.tell_call_end(found->second);
  bridge.calls.erase(found);
  if (!conference) return;
  if (legs_open) {
    // The far ends of its links notice.
    for (auto const& [other, call] : conference->calls) {
      if (other == at) continue;
      for (auto const* leg : bridges_[other]->legs_of(call))
        if (leg->link && (leg->remote_party == bridge.ip ||
                          leg->remote_party.ends_with("@" + bridge.sip_domain))) {
          auto const leg_id = leg->id;
          drop_leg(*bridges_[other], leg_id, "remoteTeardown", true);
        }
    }
  }
  conference->calls.erase(at);
  std::erase_if(conferences_, [](auto const& c) { return c.calls.empty(); });
}

void CmsSim::tidy(std::size_t at, std::string const& id) {
  auto const& bridge = *bridges_[at];
  auto const found = bridge.calls.find(id);
  if (found == bridge.calls.end() || found->second.stays_empty) return;
  for (auto const* leg : bridge.legs_of(id))
    if (leg->person != 0) return;
  end_call(at, id, false);
}

// --- bridges -----------------------------------------------------------------------------------

void CmsSim::crash(std::size_t at) {
  auto& bridge = *bridges_[at];
  std::erase_if(people_, [&](auto const& p) { return p.second.bridge == at; });
  std::erase_if(machines_, [&](auto const& m) { return m.second.bridge == at; });
  bridge.legs.clear();
  auto const calls = std::exchange(bridge.calls, {});
  bridge.up = false;
  for (auto const& [id, call] : calls) {
    auto* const conference = find_correlator(call.correlator);
    if (!conference) continue;
    for (auto const& [other, far] : conference->calls) {
      if (other == at) continue;
      for (auto const* leg : bridges_[other]->legs_of(far))
        if (leg->link && (leg->remote_party == bridge.ip ||
                          leg->remote_party.ends_with("@" + bridge.sip_domain))) {
          auto const leg_id = leg->id;
          drop_leg(*bridges_[other], leg_id, "timeout", false);
        }
    }
    conference->calls.erase(at);
  }
  std::erase_if(conferences_, [](auto const& c) { return c.calls.empty(); });
}

void CmsSim::start(std::size_t at) {
  auto& bridge = *bridges_[at];
  bridge.begin_session();
  bridge.up = true;
}

// --- the truth ---------------------------------------------------------------------------------

int CmsSim::level(std::string const& name, CmsDomains const& domains) const {
  int highest = 0;
  for (auto const& c : conferences_) {
    if (c.name != name) continue;
    for (auto const& [no, person] : people_) {
      auto const at = c.calls.find(person.bridge);
      if (person.call.empty() || at == c.calls.end() || at->second != person.call) continue;
      highest = std::max(highest, true_level(person, c.type, domains));
    }
  }
  return highest;
}

std::map<std::string, int> CmsSim::levels(CmsDomains const& domains) const {
  std::map<std::string, int> out;
  for (auto const& c : conferences_) out[c.correlator] = 0;
  for (auto const& [no, person] : people_) {
    if (person.call.empty()) continue;
    auto const& call = bridges_[person.bridge]->calls.at(person.call);
    auto& level = out[call.correlator];
    level = std::max(level, true_level(person, call.type, domains));
  }
  return out;
}

}  // namespace wardroom::sim
