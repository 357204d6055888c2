// How calls begin: who is meant, which halves there are, what rings when.
#include "sim/call_sim.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {
namespace {
using std::chrono::hours;

Milliseconds ms_of(double seconds) {
  return Milliseconds(static_cast<std::int64_t>(std::max(0.0, seconds) * 1000));
}

std::string digits_of(std::string_view text) {
  std::string out;
  for (char c : text)
    if ((c >= '0' && c <= '9') || c == '*' || c == '#' || (c == '+' && out.empty())) out += c;
  return out;
}

std::set<std::string> words_of(std::string_view list) {
  std::set<std::string> out;
  while (!list.empty()) {
    auto const end = std::min(list.find(','), list.size());
    if (end > 0) out.emplace(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return out;
}
}  // namespace

Party CallSim::party_as(Person const& p) {
  return {&p, p.extension.empty() ? p.e164() : p.extension};
}

Party CallSim::party_of(Leg const& leg) {
  return {leg.remote, leg.remote_address, leg.remote ? "" : leg.remote_name,
          leg.remote ? "" : leg.type};
}

Result<Party> CallSim::party(std::string const& text) const {
  auto const& queue = org_.queue();
  if (text == "queue" || text == queue.email) return party_as(queue);
  if (text == "voicemail") return Party{nullptr, "+431888999", "Voice Portal", "Group"};
  if (text.find('@') != std::string::npos) {
    if (auto const* p = org_.by_email(text)) {
      if (p->calling) return party_as(*p);
      return failure(ErrorKind::malformed, text + " has no Webex Calling licence");
    }
    return failure(ErrorKind::malformed, "nobody here has the address " + text);
  }
  auto const digits = digits_of(text);
  if (digits.empty() || digits == "+")
    return failure(ErrorKind::malformed,
                   "\"" + text + "\" is neither an e-mail address nor a number");
  if (digits == queue.e164()) return Party{&queue, digits};
  if (auto const* p = org_.by_dialled(digits)) return Party{p, digits};
  return Party{nullptr, digits};
}

bool CallSim::dials_emergency(Person const& owner, Party const& other) const {
  return !other.person && is_emergency_number(other.number, owner.office->country);
}

// The half's view of its far end.
void CallSim::point_at(Call& call, Leg& leg, Party const& other) {
  leg.remote = other.person;
  leg.remote_address = other.number;
  leg.remote_country_code.clear();
  leg.remote_name = other.name;
  if (other.person) {
    leg.remote_name = other.person->name();
    leg.type = other.person->office == leg.owner->office ? "Group" : "Enterprise";
  } else {
    leg.type = "Network";
    leg.remote_country_code = leg.owner->office->country_code;
    if (!call.shape.name.empty()) leg.remote_name = call.shape.name;
  }
  if (leg.originator && dials_emergency(*leg.owner, other)) {
    call.emergency = true;
    leg.remote_country_code.clear();
    leg.type = faults_.emergency_label == "all" ? "Emergency" : "Network";
  }
  if (!other.type.empty()) leg.type = other.type;
  if (!call.shape.type.empty()) leg.type = call.shape.type;
}

Leg CallSim::make_leg(Call& call, Person const& owner, bool originator, Party const& other) {
  Leg leg;
  leg.id = fmt::format("callhalf-{}:0", next_half_++);
  leg.owner = &owner;
  leg.originator = originator;
  leg.started = clock_.now();
  point_at(call, leg, other);
  return leg;
}

Result<Call const*> CallSim::place(PlaceCall const& wish) {
  auto const from = party(wish.from), to = party(wish.to);
  if (!from) return std::unexpected(from.error());
  if (!to) return std::unexpected(to.error());
  if (!from->person && !to->person)
    return failure(ErrorKind::malformed,
                   "one end of the call must be a person of the organisation");
  if (from->person == to->person)
    return failure(ErrorKind::malformed, "a person cannot call themselves");
  if (from->person == &org_.queue()) return failure(ErrorKind::malformed, "a queue calls nobody");
  if (wish.click_to_dial && !from->person)
    return failure(ErrorKind::malformed, "only a person of the organisation can click to dial");

  auto call = std::make_unique<Call>();
  call->id = fmt::format("call-{}", next_++);
  call->tracking = dice_.uuid();
  call->from = wish.from;
  call->to = wish.to;
  call->shape = wish.shape;
  call->shape.extra = wish.shape.extra || faults_.call_extra_elements;
  call->shape.omit.merge(words_of(faults_.call_omit));
  call->started = clock_.now();
  call->began = clock_.uptime();
  if (auto const made = set_up(*call, wish, *from, *to); !made)
    return std::unexpected(made.error());

  auto& kept = *call;
  calls_[kept.id] = std::move(call);
  order_.push_back(kept.id);
  for (auto const& leg : kept.legs) by_person_[leg.owner].push_back(&kept);
  ++live_;
  ++placed_;
  forget_old();
  start(kept, wish);
  return &kept;
}

// All halves of the beginning, with nothing announced yet.
Result<void> CallSim::set_up(Call& call, PlaceCall const& wish, Party from, Party to) {
  call.outside = !from.person + !to.person;
  if (from.person) {
    auto leg = make_leg(call, *from.person, true, to);
    leg.click_to_dial = wish.click_to_dial;
    call.legs.push_back(std::move(leg));
  }
  auto const receive = [&](Person const& who) -> Leg& {
    auto& leg = call.legs.emplace_back(make_leg(call, who, false, from));
    auto const before = emergencies_.find(&who);
    if (!from.person && before != emergencies_.end() && clock_.now() - before->second < hours(1))
      call.calls_back = true;
    return leg;
  };
  bool const never_heard = !wish.forward_to.empty() && wish.forward_after_s <= 0;
  if (to.person && !never_heard) receive(*to.person);
  for (auto const& email : wish.also_ring) {
    auto const also = party(email);
    if (!also) return std::unexpected(also.error());
    if (!also->person || also->person == from.person || also->person == to.person)
      return failure(ErrorKind::malformed, email + " cannot ring beside the one who is called");
    receive(*also->person);
  }
  if (wish.forward_to.empty()) {
    if (call.legs.empty()) return failure(ErrorKind::malformed, "nobody has a half of this call");
    return {};
  }
  auto const on = party(wish.forward_to);
  if (!on) return std::unexpected(on.error());
  if (!to.person) return failure(ErrorKind::malformed, "only calls to a person are forwarded");
  if (!never_heard) return {};
  call.outside = !from.person + !on->person;
  if (on->person && on->person != from.person) {
    auto& leg = receive(*on->person);
    leg.redirected = Redirection{to, wish.forward_reason, clock_.now()};
  }
  if (call.legs.empty()) return failure(ErrorKind::malformed, "nobody has a half of this call");
  return {};
}

void CallSim::start(Call& call, PlaceCall const& wish) {
  if (wish.hang_up_after_s)
    later(call, ms_of(*wish.hang_up_after_s),
          [this, by = std::string(wish.caller_hangs_up ? "caller" : "callee")](Call& now) {
            end(now, by, nullptr);
          });
  if (wish.click_to_dial) return start_click_to_dial(call, wish);
  if (call.legs.front().originator) {
    hook(call.legs.front(), true);
    announce(call, call.legs.front(), "CallOriginatedEvent");
  }
  later(call, Milliseconds(40), [this](Call& now) { ring(now); });
  if (!wish.forward_to.empty() && wish.forward_after_s <= 0 && call.legs.front().originator)
    later(call, Milliseconds(50), [this, to = *party(wish.forward_to)](Call& now) {
      point_at(now, now.legs.front(), to);
      announce(now, now.legs.front(), "CallForwardedEvent");
    });
  later(call, Milliseconds(80), [this](Call& now) { show_endpoints(now); });
  if (wish.forward_after_s > 0 && !wish.forward_to.empty())
    later(call, ms_of(wish.forward_after_s), [this, wish](Call& now) {
      Act act{};
      act.by = wish.to.find('@') == std::string::npos ? "" : wish.to;
      act.to = wish.forward_to;
      act.reason = wish.forward_reason == "unconditional" ? "no-answer" : wish.forward_reason;
      act.answer_after_s = wish.answer_after_s;
      (void)act_forward(now, act);  // answered meanwhile: then nothing is forwarded
    });
  if (party(wish.to)->person == &org_.queue()) {
    auto const agent = wish.agent.empty() ? nullptr : org_.by_email(wish.agent);
    return start_queue(call, wish, agent);
  }
  if (!wish.answer_after_s) return;
  auto const by = party(wish.answered_by.empty() ? wish.to : wish.answered_by);
  later(call, ms_of(*wish.answer_after_s), [this, by](Call& now) {
    if (!now.answered) answer(now, by ? by->person : nullptr);
  });
}

// The own device rings first; the half gets another id when the far end is reached.
void CallSim::start_click_to_dial(Call& call, PlaceCall const& wish) {
  announce(call, call.legs.front(), "CallOriginatingEvent");
  auto const by = party(wish.to)->person;
  later(call, ms_of(wish.device_after_s), [this, wish, by](Call& now) {
    auto& own = now.legs.front();
    hook(own, true);
    change_id({&now, &own});
    own.click_to_dial = false;
    announce(now, own, "CallOriginatedEvent");
    later(now, Milliseconds(40), [this](Call& c) { ring(c); });
    if (wish.answer_after_s)
      later(now, ms_of(*wish.answer_after_s), [this, by](Call& c) {
        if (!c.answered) answer(c, by);
      });
  });
}

// The queue itself takes the call, with a half of its own; an agent gets it later.
void CallSim::start_queue(Call& call, PlaceCall const& wish, Person const* agent) {
  auto const* queue = &org_.queue();
  later(call, Milliseconds(100), [this, queue](Call& now) { answer(now, queue); });
  if (!agent) return;
  later(call, ms_of(wish.queued_s), [this, wish, queue, agent](Call& now) {
    auto const waits = [&](Leg const& l) { return l.owner == queue && !l.gone; };
    auto const in_queue = std::find_if(now.legs.begin(), now.legs.end(), waits);
    if (in_queue == now.legs.end()) return;
    auto leg = make_leg(now, *agent, false, party_of(*in_queue));
    leg.queue = queue;
    leg.redirected = Redirection{party_as(*queue), "call-center", clock_.now()};
    auto& offered = join(now, std::move(leg));
    announce(now, offered, "CallReceivedEvent");
    if (!wish.answer_after_s) return;
    later(now, offered, ms_of(*wish.answer_after_s), [this, queue, agent](Call& c, Leg&) {
      for (auto& l : c.legs) {
        if (l.owner != queue || l.gone) continue;
        l.redirect = Redirection{party_as(*agent), "call-center", clock_.now()};
        end_leg(c, l, false, "queue");
      }
      for (auto& l : c.legs)
        if (l.originator && !l.gone) point_at(c, l, party_as(*agent));
      answer(c, agent);
      for (auto& l : c.legs)
        if (l.originator && !l.gone) announce(c, l, "CallUpdatedEvent");
    });
  });
}

}  // namespace wardroom::sim
