#include "sim/call_sim.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {
namespace {
constexpr std::size_t ended_kept = 2000;

Milliseconds ms_of(double seconds) {
  return Milliseconds(static_cast<std::int64_t>(std::max(0.0, seconds) * 1000));
}

std::string digits_of(std::string_view text) {
  std::string out;
  for (char c : text)
    if ((c >= '0' && c <= '9') || c == '*' || c == '#' || (c == '+' && out.empty())) out += c;
  return out;
}
}  // namespace

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
    case LegState::released:
      return "Released";
  }
  return "Idle";
}

CallSim::CallSim(Organisation const& org, Clock& clock, Random& dice, Faults& faults)
    : org_(org), clock_(clock), dice_(dice), faults_(faults) {}

Result<CallSim::Party> CallSim::party(std::string const& text) const {
  if (text.find('@') != std::string::npos) {
    if (auto const* p = org_.by_email(text)) {
      if (p->calling) return Party{p, p->extension.empty() ? p->e164() : p->extension};
      return failure(ErrorKind::malformed, text + " has no Webex Calling licence");
    }
    return failure(ErrorKind::malformed, "nobody here has the address " + text);
  }
  auto const digits = digits_of(text);
  if (digits.empty() || digits == "+")
    return failure(ErrorKind::malformed,
                   "\"" + text + "\" is neither an e-mail address nor a number");
  if (auto const* p = org_.by_dialled(digits)) return Party{p, digits};
  return Party{nullptr, digits};
}

Leg CallSim::make_leg(Person const& owner, bool originator, Party const& other, bool emergency) {
  Leg leg;
  leg.id = fmt::format("callhalf-{}:0", next_half_++);
  leg.owner = &owner;
  leg.originator = originator;
  leg.remote_address = other.number;
  leg.started = clock_.now();
  if (emergency) {
    leg.type = faults_.emergency_label == "all" ? "Emergency" : "Network";
  } else if (other.person) {
    leg.remote = other.person;
    leg.remote_name = other.person->name();
    leg.type = other.person->office == owner.office ? "Group" : "Enterprise";
  } else {
    leg.type = "Network";
    leg.remote_country_code = owner.office->country_code;
  }
  return leg;
}

Result<Call const*> CallSim::place(PlaceCall const& wish) {
  auto from = party(wish.from), to = party(wish.to);
  if (!from) return std::unexpected(from.error());
  if (!to) return std::unexpected(to.error());
  if (!from->person && !to->person)
    return failure(ErrorKind::malformed,
                   "one end of the call must be a person of the organisation");
  if (from->person == to->person)
    return failure(ErrorKind::malformed, "a person cannot call themselves");

  auto call = std::make_unique<Call>();
  call->id = fmt::format("call-{}", next_++);
  call->tracking = dice_.uuid();
  call->from = wish.from;
  call->to = wish.to;
  call->started = clock_.now();
  call->began = clock_.uptime();
  call->emergency =
      from->person && !to->person && is_emergency_number(to->number, from->person->office->country);
  if (from->person) call->legs.push_back(make_leg(*from->person, true, *to, call->emergency));
  if (to->person) call->legs.push_back(make_leg(*to->person, false, *from, false));

  auto& kept = *call;
  calls_[kept.id] = std::move(call);
  order_.push_back(kept.id);
  for (auto const& leg : kept.legs) by_person_[leg.owner].push_back(&kept);
  ++live_;
  ++placed_;
  forget_old();

  if (kept.legs.front().originator) {
    hook(kept.legs.front(), true);
    announce(kept, kept.legs.front(), "CallOriginatedEvent");
  }
  after(kept, Milliseconds(40), &CallSim::ring);
  after(kept, Milliseconds(80), &CallSim::show_endpoints);
  if (wish.answer_after_s) after(kept, ms_of(*wish.answer_after_s), &CallSim::answer);
  if (wish.hang_up_after_s)
    kept.timers.push_back(clock_.after(
        ms_of(*wish.hang_up_after_s),
        [this, id = kept.id, by = std::string(wish.caller_hangs_up ? "caller" : "callee")] {
          hang_up(id, by);
        }));
  return &kept;
}

void CallSim::after(Call& call, Milliseconds d, void (CallSim::*what)(Call&)) {
  call.timers.push_back(clock_.after(d, [this, id = call.id, what] {
    auto const found = calls_.find(id);
    if (found != calls_.end() && !found->second->ended) (this->*what)(*found->second);
  }));
}

void CallSim::ring(Call& call) {
  for (auto& leg : call.legs)
    if (!leg.originator) announce(call, leg, "CallReceivedEvent");
}

void CallSim::show_endpoints(Call& call) {
  for (auto& leg : call.legs)
    if (leg.announced) announce(call, leg, "CallUpdatedEvent");
}

void CallSim::answer(Call& call) {
  if (call.answered) return;
  for (auto& leg : call.legs)  // an answer at once overtakes the ringing
    if (!leg.announced) announce(call, leg, "CallReceivedEvent");
  call.answered = clock_.now();
  for (auto& leg : call.legs) {
    leg.state = LegState::active;
    leg.answered = call.answered;
  }
  for (auto& leg : call.legs) {
    hook(leg, true);
    announce(call, leg, "CallAnsweredEvent");
  }
}

void CallSim::end(Call& call, std::string by, Leg* released) {
  if (call.ended) return;
  call.ended = clock_.now();
  call.released_by = std::move(by);
  call.released_after_ms =
      std::chrono::duration_cast<Milliseconds>(clock_.uptime() - call.began).count();
  if (released) call.released_leg = released->id;
  --live_;
  for (auto& leg : call.legs) {
    leg.state = LegState::released;
    leg.released = call.ended;
    leg.local_release =
        released ? &leg == released : (call.released_by == "caller") == leg.originator;
    auto& live = by_person_[leg.owner];
    std::erase(live, &call);
    if (live.empty()) by_person_.erase(leg.owner);
  }
  for (auto& leg : call.legs) {
    if (leg.announced) announce(call, leg, "CallReleasedEvent");
    if (leg.off_hook) hook(leg, false);
  }
  call.timers.clear();
}

bool CallSim::hang_up(std::string const& id, std::string by) {
  auto const found = calls_.find(id);
  if (found == calls_.end() || found->second->ended) return false;
  end(*found->second, std::move(by), nullptr);
  return true;
}

bool CallSim::hold(std::string const& id, std::string const& email) {
  auto const found = calls_.find(id);
  if (found == calls_.end() || found->second->ended || !found->second->answered) return false;
  auto const* who = org_.by_email(email);
  for (auto& leg : found->second->legs) {
    leg.state = leg.owner == who ? LegState::held : LegState::remote_held;
    leg.held = clock_.now();
  }
  for (auto& leg : found->second->legs) announce(*found->second, leg, "CallHeldEvent");
  return true;
}

bool CallSim::retrieve(std::string const& id, std::string const&) {
  auto const found = calls_.find(id);
  if (found == calls_.end() || found->second->ended || !found->second->answered) return false;
  for (auto& leg : found->second->legs) {
    leg.state = LegState::active;
    leg.held.reset();
  }
  for (auto& leg : found->second->legs) announce(*found->second, leg, "CallRetrievedEvent");
  return true;
}

bool CallSim::update(std::string const& id) {
  auto const found = calls_.find(id);
  if (found == calls_.end() || found->second->ended) return false;
  show_endpoints(*found->second);
  return true;
}

void CallSim::announce(Call& call, Leg& leg, std::string_view type) {
  leg.announced = true;
  if (sink_) sink_({*leg.owner, type, &call, &leg, leg.off_hook});
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
      if (leg.owner == &person) out.push_back({call, &leg});
  return out;
}

CallSim::Half CallSim::half(Person const& person, std::string_view call_id) {
  for (auto const& h : halves_of(person))
    if (h.leg->id == call_id) return h;
  return {};
}

bool CallSim::release(Person const& person, std::string_view call_id, bool decline) {
  ++deletes_;
  auto const h = half(person, call_id);
  bool const emergency = h && h.call->emergency;
  if (emergency) ++violations_;
  auto result = !h ? "not found" : faults_.delete_without_release ? "ignored" : "released";
  deletions_.push_back(
      {clock_.now(), person.email, std::string(call_id), result, emergency, decline});
  if (deletions_.size() > 2 * ended_kept)
    deletions_.erase(deletions_.begin(), deletions_.begin() + ended_kept);
  if (!h) return false;
  if (faults_.delete_without_release) return true;
  auto finish = [this, id = h.call->id, leg = h.leg->id] {
    auto const found = calls_.find(id);
    if (found == calls_.end() || found->second->ended) return;
    for (auto& l : found->second->legs)
      if (l.id == leg) {
        ++released_by_api_;
        return end(*found->second, "api", &l);
      }
  };
  if (faults_.release_delay_ms <= 0)
    finish();
  else
    h.call->timers.push_back(clock_.after(Milliseconds(faults_.release_delay_ms), finish));
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
