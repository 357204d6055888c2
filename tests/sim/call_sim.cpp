#include "sim/call_sim.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {
namespace {
constexpr std::size_t ended_kept = 2000, deletions_kept = 100'000;
}

std::string_view name(LegState state) {
  switch (state) {
    case LegState::alerting:
      return "Alerting";
    case LegState::active:
      return "Active";
    case LegState::held:
      return "Held";
    case LegState::remote_held:
      return "Remote Held";
    case LegState::detached:
      return "Detached";
    case LegState::released:
      return "Released";
  }
  return "Idle";
}

CallSim::CallSim(Organisation const& org, Clock& clock, Random& dice, Faults& faults)
    : org_(org), clock_(clock), dice_(dice), faults_(faults) {}

void CallSim::later(Call& call, Milliseconds d, std::function<void(Call&)> then) {
  call.timers.push_back(clock_.after(d, [this, id = call.id, then = std::move(then)] {
    auto const found = calls_.find(id);
    if (found != calls_.end() && !found->second->ended) then(*found->second);
  }));
}

void CallSim::later(Call& call, Leg const& leg, Milliseconds d,
                    std::function<void(Call&, Leg&)> then) {
  later(call, d, [id = leg.id, owner = leg.owner, then = std::move(then)](Call& now) {
    for (auto& l : now.legs)
      if (l.id == id && l.owner == owner && !l.gone) return then(now, l);
  });
}

Leg& CallSim::join(Call& call, Leg leg) {
  auto& kept = call.legs.emplace_back(std::move(leg));
  auto& live = by_person_[kept.owner];
  if (std::find(live.begin(), live.end(), &call) == live.end()) live.push_back(&call);
  return kept;
}

void CallSim::ring(Call& call) {
  for (auto& leg : call.legs)
    if (!leg.originator && !leg.announced && !leg.gone) announce(call, leg, "CallReceivedEvent");
}

void CallSim::show_endpoints(Call& call) {
  for (auto& leg : call.legs)
    if (leg.announced && !leg.gone) announce(call, leg, "CallUpdatedEvent");
}

// Whoever rings beside the one who answers stops ringing.
void CallSim::answer(Call& call, Person const* by) {
  ring(call);  // an answer at once overtakes the ringing
  for (auto& leg : call.legs)
    if (by && !leg.gone && !leg.originator && leg.state == LegState::alerting && leg.owner != by)
      end_leg(call, leg, false, "answered elsewhere");
  auto const now = clock_.now();
  if (!call.answered) call.answered = now;
  std::vector<Leg*> fresh;
  for (auto& leg : call.legs) {
    if (leg.gone || leg.state != LegState::alerting) continue;
    leg.state = LegState::active;
    if (!leg.answered) leg.answered = now;
    fresh.push_back(&leg);
  }
  if (call.emergency)
    for (auto* leg : fresh) emergencies_[leg->owner] = now;
  for (auto* leg : fresh) {
    hook(*leg, true);
    announce(call, *leg, "CallAnsweredEvent");
  }
}

void CallSim::leave(Call& call, Leg& leg) {
  leg.gone = true;
  auto const here = [&](Leg const& l) { return l.owner == leg.owner && !l.gone; };
  if (std::any_of(call.legs.begin(), call.legs.end(), here)) return;
  auto const live = by_person_.find(leg.owner);
  if (live == by_person_.end()) return;
  std::erase(live->second, &call);
  if (live->second.empty()) by_person_.erase(live);
}

void CallSim::end_leg(Call& call, Leg& leg, bool local, std::string by) {
  if (leg.gone) return;
  leg.state = LegState::released;
  leg.released = clock_.now();
  leg.local_release = local;
  leg.released_by = std::move(by);
  leave(call, leg);
  if (leg.announced) announce(call, leg, "CallReleasedEvent");
  if (leg.off_hook) hook(leg, false);
}

bool CallSim::others_go_on(Call const& call, Leg const& leg) const {
  int talking = call.outside;
  bool rings_elsewhere = false;
  for (auto const& l : call.legs) {
    if (&l == &leg || l.gone) continue;
    if (l.state != LegState::alerting) ++talking;
    if (l.state == LegState::alerting && !l.originator) rings_elsewhere = true;
  }
  if (leg.state == LegState::alerting && !leg.originator && rings_elsewhere) return true;
  return call.answered && talking >= 2;
}

void CallSim::part(Call& call, Leg& leg, std::string by) {
  if (others_go_on(call, leg))
    end_leg(call, leg, true, std::move(by));
  else
    end(call, std::move(by), &leg);
}

void CallSim::end(Call& call, std::string by, Leg* released) {
  if (call.ended) return;
  call.ended = clock_.now();
  call.released_by = std::move(by);
  call.released_after_ms =
      std::chrono::duration_cast<Milliseconds>(clock_.uptime() - call.began).count();
  if (released) call.released_leg = released->id;
  call.parked_by = nullptr;
  --live_;
  for (auto& leg : call.legs) {
    bool const caller = call.released_by == "caller";
    end_leg(call, leg, released ? &leg == released : caller == leg.originator, call.released_by);
  }
  call.timers.clear();
}

bool CallSim::hang_up(std::string const& id, std::string by) {
  auto const found = calls_.find(id);
  if (found == calls_.end() || found->second->ended) return false;
  end(*found->second, std::move(by), nullptr);
  return true;
}

void CallSim::announce(Call& call, Leg& leg, std::string_view type) {
  leg.announced = true;
  if (sink_) sink_({*leg.owner, type, &call, &leg, leg.off_hook});
}

void CallSim::announce_all(Call& call, std::string_view type, Leg const* except) {
  for (auto& leg : call.legs)
    if (!leg.gone && leg.announced && &leg != except) announce(call, leg, type);
}

void CallSim::tell(Person const& person, std::string_view type, std::string data) {
  if (sink_) sink_({person, type, nullptr, nullptr, false, std::move(data)});
}

void CallSim::hook(Leg& leg, bool off) {
  if (leg.off_hook == off) return;
  leg.off_hook = off;
  if (sink_) sink_({*leg.owner, "HookStatusEvent", nullptr, nullptr, off});
}

std::vector<CallSim::Half> CallSim::halves_of(Person const& person) {
  std::vector<Half> out;
  auto const found = by_person_.find(&person);
  if (found == by_person_.end()) return out;
  for (auto* call : found->second)
    for (auto& leg : call->legs)
      if (leg.owner == &person && !leg.gone) out.push_back({call, &leg});
  return out;
}

CallSim::Half CallSim::half(Person const& person, std::string_view call_id) {
  for (auto const& h : halves_of(person))
    if (h.leg->id == call_id) return h;
  return {};
}

std::string CallSim::change_id(Half half) {
  half.leg->id = fmt::format("callhalf-{}:0", next_half_++);
  half.leg->id_changed = true;
  return half.leg->id;
}

bool CallSim::release(Person const& person, std::string_view call_id, bool decline) {
  ++deletes_;
  auto const h = half(person, call_id);
  bool const idle = faults_.delete_without_release && (faults_.delete_faults_for.empty() ||
                                                       faults_.delete_faults_for == person.email);
  Deletion record{clock_.now(), person.email, std::string(call_id),
                  !h     ? "not found"
                  : idle ? "ignored"
                         : "released"};
  record.decline = decline;
  record.emergency = h && h.call->emergency;
  record.calls_back = h && h.call->calls_back;
  if (record.calls_back) ++call_backs_deleted_;
  if (record.emergency) {
    ++touched_;
    violations_.push_back(record);
    if (violations_.size() > ended_kept) violations_.pop_front();
  }
  deletions_.push_back(std::move(record));
  if (deletions_.size() > deletions_kept) deletions_.pop_front();
  if (!h) return false;
  if (idle) return true;
  auto finish = [this](Call& call, Leg& leg) {
    ++released_by_api_;
    part(call, leg, "api");
  };
  if (faults_.release_delay_ms <= 0)
    finish(*h.call, *h.leg);
  else
    later(*h.call, *h.leg, Milliseconds(faults_.release_delay_ms), finish);
  return true;
}

Call const* CallSim::find(std::string const& id) const {
  auto const found = calls_.find(id);
  return found == calls_.end() ? nullptr : found->second.get();
}

void CallSim::forget_old() {
  // Calls end out of order, so look at a few from the front only.
  for (int i = 0; i < 4 && order_.size() > ended_kept + live_; ++i) {
    auto const id = std::move(order_.front());
    order_.pop_front();
    auto const found = calls_.find(id);
    if (found == calls_.end()) continue;
    if (found->second->ended)
      calls_.erase(found);
    else
      order_.push_back(id);
  }
}

}  // namespace wardroom::sim
