// People who come, wait, move and go, and what their legs look like.
#include "sim/cms_sim.hpp"
#include "sim/organisation.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {
namespace {

bool by_browser(CmsVia via) {
  return via == CmsVia::app || via == CmsVia::web_app || via == CmsVia::guest;
}

std::unexpected<Error> nobody(std::uint64_t no) {
  return failure(ErrorKind::not_found, fmt::format("there is no person {}", no));
}

}  // namespace

CmsLeg& CmsSim::new_leg(CmsBridge& bridge, std::string id) {
  if (id.empty()) id = dice_.uuid();
  auto& leg = bridge.legs[id];
  leg = {};
  leg.id = std::move(id);
  leg.order = bridge.next_order();
  leg.participant = dice_.uuid();
  leg.began = clock_.now();
  return leg;
}

void CmsSim::activate(CmsLeg& leg) {
  if (!leg.activated) leg.activated = clock_.now();
}

/// Whoever is in the call counts among the most that ever were.
void CmsSim::enter(CmsBridge& bridge, CmsLeg& leg, std::string const& call) {
  leg.call = call;
  auto& in = bridge.calls.at(call);
  in.most = std::max<std::uint64_t>(in.most, bridge.legs_of(call).size());
}

void CmsSim::drop_leg(CmsBridge& bridge, std::string const& id, std::string_view reason,
                      bool by_far_end) {
  auto const found = bridge.legs.find(id);
  if (found == bridge.legs.end()) return;
  auto const leg = found->second;
  bridge.legs.erase(found);
  if (auto const call = bridge.calls.find(leg.call); call != bridge.calls.end())
    ++call->second.completed;
  bridge.tell_leg_end(leg, reason, by_far_end);
}

Result<CmsPerson*> CmsSim::person(std::uint64_t no) {
  auto const found = people_.find(no);
  if (found == people_.end()) return nobody(no);
  return &found->second;
}

CmsLeg CmsSim::leg_for(CmsBridge& bridge, CmsPerson const& person, CmsJoin const& wish) {
  CmsLeg leg;
  leg.person = person.no;
  leg.remote_party = wish.first_address.empty() ? person.address : wish.first_address;
  leg.name = person.name;
  leg.direction = wish.outgoing || person.state == CmsState::ringing ? "outgoing" : "incoming";
  if (by_browser(person.via)) {
    leg.type = "acano";
    if (person.via != CmsVia::app) leg.sub_type = "webApp";
    leg.guest = person.via == CmsVia::guest;
    if (!leg.guest) leg.jid = person.address;
    return leg;
  }
  if (person.via == CmsVia::lync) {
    leg.sub_type = "lync";
    leg.lync_sub_type = "audioVideo";
  }
  if (person.via == CmsVia::avaya) leg.sub_type = "avaya";
  leg.local_address = person.state == CmsState::ivr
                          ? "ivr@meet.acme.example"
                          : lower_case(wish.conference) + "@meet.acme.example";
  std::erase(leg.local_address, ' ');
  leg.sip_call_id = fmt::format("{}@{}", dice_.uuid().substr(0, 8), bridge.ip);
  leg.can_move = person.via == CmsVia::sip && leg.direction == "incoming";
  if (leg.can_move) leg.confirmation = "notRequired";
  return leg;
}

Result<std::uint64_t> CmsSim::join(CmsJoin wish) {
  if (wish.bridge >= bridges_.size())
    return failure(ErrorKind::malformed, "there is no such bridge");
  auto& bridge = *bridges_[wish.bridge];
  if (!bridge.up) return failure(ErrorKind::conflict, bridge.options.name + " is down");
  if (wish.conference.empty() && wish.state != CmsState::ivr)
    return failure(ErrorKind::malformed, "a conference is needed, or the IVR");
  if (!wish.leg.empty() && bridge.leg(wish.leg))
    return failure(ErrorKind::conflict, "that bridge has a leg of this id");
  CmsPerson who;
  who.no = ++last_person_;
  who.name = std::move(wish.name);
  who.address = std::move(wish.address);
  who.via = wish.via;
  who.state = wish.state;
  who.bridge = wish.bridge;
  bool const in_call = wish.state != CmsState::ivr;
  std::string call;
  if (in_call) call = call_on(opened(wish.conference, wish.bridge, wish.type), wish.bridge).id;

  auto& leg = new_leg(bridge, wish.leg);
  auto made = leg_for(bridge, who, wish);
  made.id = leg.id;
  made.order = leg.order;
  made.began = leg.began;
  made.participant = by_browser(who.via) ? leg.id : leg.participant;
  leg = std::move(made);
  who.participant = leg.participant;
  who.legs = {leg.id};
  who.call = call;
  leg.ivr = !in_call;
  // SIP legs often come into their call by an update only; what is called out has it at once.
  bool const early = in_call && (by_browser(who.via) || who.via == CmsVia::lync ||
                                 wish.early_call || leg.direction == "outgoing");
  if (early) enter(bridge, leg, call);
  bridge.tell_leg_start(leg);
  if (in_call && !early) enter(bridge, leg, call);
  people_[who.no] = who;
  if (who.state == CmsState::ringing || who.state == CmsState::ivr) return who.no;
  leg.connected = true;
  leg.deactivated = who.state == CmsState::lobby;
  if (!leg.deactivated) activate(leg);
  if (leg.type == "sip") leg.remote_address = who.address;
  bridge.tell_leg_update(leg);
  return who.no;
}

Result<void> CmsSim::answer(std::uint64_t no) {
  auto const who = person(no);
  if (!who) return std::unexpected(who.error());
  if ((*who)->state != CmsState::ringing)
    return failure(ErrorKind::conflict, "nothing rings at that person's");
  (*who)->state = CmsState::connected;
  auto& bridge = *bridges_[(*who)->bridge];
  auto& leg = *bridge.leg((*who)->legs.front());
  leg.connected = true;
  activate(leg);
  if (leg.type == "sip") leg.remote_address = (*who)->address;
  bridge.tell_leg_update(leg);
  return {};
}

Result<void> CmsSim::admit(std::uint64_t no) {
  auto const who = person(no);
  if (!who) return std::unexpected(who.error());
  if ((*who)->state != CmsState::lobby)
    return failure(ErrorKind::conflict, "that person is not in the lobby");
  (*who)->state = CmsState::connected;
  auto& bridge = *bridges_[(*who)->bridge];
  for (auto const& id : (*who)->legs) {
    auto& leg = *bridge.leg(id);
    leg.deactivated = false;
    activate(leg);
    bridge.tell_leg_update(leg);
  }
  return {};
}

Result<void> CmsSim::put_through(std::uint64_t no, std::string const& name) {
  auto const found = person(no);
  if (!found) return std::unexpected(found.error());
  if (name.empty()) return failure(ErrorKind::malformed, "a conference is needed");
  auto& who = **found;
  auto& bridge = *bridges_[who.bridge];
  auto const before = who.call;
  auto const call = call_on(opened(name, who.bridge, "coSpace"), who.bridge).id;
  if (call == before) return failure(ErrorKind::conflict, "that person is in it already");
  who.call = call;
  who.state = CmsState::connected;
  for (auto const& id : who.legs) {
    auto& leg = *bridge.leg(id);
    leg.ivr = leg.deactivated = false;
    leg.connected = true;
    activate(leg);
    enter(bridge, leg, call);
    if (leg.type == "sip") leg.remote_address = who.address;
    bridge.tell_leg_update(leg);
  }
  if (!before.empty()) tidy(who.bridge, before);
  return {};
}

Result<void> CmsSim::readdress(std::uint64_t no, std::string address) {
  auto const who = person(no);
  if (!who) return std::unexpected(who.error());
  (*who)->address = std::move(address);
  auto& bridge = *bridges_[(*who)->bridge];
  for (auto const& id : (*who)->legs) {
    auto& leg = *bridge.leg(id);
    (leg.type == "sip" ? leg.remote_address : leg.jid) = (*who)->address;
    bridge.tell_leg_update(leg);
  }
  return {};
}

Result<void> CmsSim::rename(std::uint64_t no, std::string name) {
  auto const who = person(no);
  if (!who) return std::unexpected(who.error());
  (*who)->name = std::move(name);
  auto& bridge = *bridges_[(*who)->bridge];
  for (auto const& id : (*who)->legs) {
    bridge.leg(id)->name = (*who)->name;
    bridge.tell_leg_update(*bridge.leg(id));
  }
  return {};
}

Result<void> CmsSim::mention(std::uint64_t no, CmsBridge::Telling with) {
  auto const who = person(no);
  if (!who) return std::unexpected(who.error());
  auto& bridge = *bridges_[(*who)->bridge];
  for (auto const& id : (*who)->legs) bridge.tell_leg_update(*bridge.leg(id), with);
  return {};
}

Result<void> CmsSim::share(std::uint64_t no) {
  auto const who = person(no);
  if (!who) return std::unexpected(who.error());
  if ((*who)->via != CmsVia::lync)
    return failure(ErrorKind::conflict, "only Lync shares over a leg of its own");
  auto& bridge = *bridges_[(*who)->bridge];
  auto copy = *bridge.leg((*who)->legs.front());
  auto& leg = new_leg(bridge);
  copy.id = leg.id;
  copy.order = leg.order;
  copy.began = leg.began;
  copy.lync_sub_type = "applicationSharing";
  copy.remote_address.clear();
  leg = std::move(copy);
  (*who)->legs.push_back(leg.id);
  leg.connected = false;
  bridge.tell_leg_start(leg);
  leg.connected = true;
  leg.remote_address = (*who)->address;
  if (!leg.call.empty()) enter(bridge, leg, leg.call);
  bridge.tell_leg_update(leg);
  return {};
}

Result<void> CmsSim::leave(std::uint64_t no, std::string const& reason) {
  auto const found = person(no);
  if (!found) return std::unexpected(found.error());
  auto const who = **found;
  people_.erase(no);
  auto& bridge = *bridges_[who.bridge];
  for (auto const& id : who.legs) {
    auto const* leg = bridge.leg(id);
    // As seen on the wire: an update without `state` just before the end. Source: cms.md 3.4.
    if (leg->type != "sip" && leg->connected) bridge.tell_leg_update(*leg, {false, true});
    drop_leg(bridge, id, reason, reason == "clientInitiatedTeardown" || reason == "remoteTeardown");
  }
  if (!who.call.empty()) tidy(who.bridge, who.call);
  return {};
}

}  // namespace wardroom::sim
