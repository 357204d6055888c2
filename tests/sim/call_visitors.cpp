// Calls that somebody else gets into: pick-up, barge-in, monitoring, park and recall.
#include "sim/call_sim.hpp"
#include "sim/xsi_documents.hpp"

#include <algorithm>

namespace wardroom::sim {
namespace {
Result<void> not_now(std::string why) { return failure(ErrorKind::conflict, std::move(why)); }
}  // namespace

Result<void> CallSim::act_pick_up(Call& call, Act const& wish) {
  auto const by = somebody(wish.by);
  if (!by) return std::unexpected(by.error());
  auto const ringing = std::find_if(call.legs.begin(), call.legs.end(), [](Leg const& l) {
    return !l.gone && !l.originator && l.announced && l.state == LegState::alerting;
  });
  if (ringing == call.legs.end() || ringing->owner == *by)
    return not_now("it rings nowhere where it could be picked up");
  auto const from = party_of(*ringing);
  call.tracking = dice_.uuid();
  auto& own = join(call, make_leg(call, **by, false, from));
  own.state = LegState::active;
  own.answered = clock_.now();
  if (!call.answered) call.answered = own.answered;
  for (auto& leg : call.legs) {
    if (leg.gone || &leg == &own) continue;
    if (!leg.originator) {
      end_leg(call, leg, false, "picked up");
      continue;
    }
    point_at(call, leg, party_as(**by));
    leg.state = LegState::active;
    leg.answered = call.answered;
    announce(call, leg, "CallAnsweredEvent");
  }
  hook(own, true);
  announce(call, own, "CallPickedUpEvent");
  return {};
}

Result<void> CallSim::intrude(Call& call, Act const& wish, std::string_view type) {
  auto const by = somebody(wish.by);
  if (!by) return std::unexpected(by.error());
  auto const whose = leg_of(call, wish.to);
  if (!whose) return std::unexpected(whose.error());
  if (!call.answered) return not_now("the call is not answered yet");
  if (leg_of(call, wish.by)) return not_now(wish.by + " is in this call already");
  if (type == "CallBargedInEvent") call.tracking = dice_.uuid();
  auto& own = join(call, make_leg(call, **by, true, party_as(*(*whose)->owner)));
  own.state = LegState::active;
  own.answered = clock_.now();
  hook(own, true);
  announce(call, own, type);
  announce_all(call, "CallUpdatedEvent", &own);
  return {};
}

Result<void> CallSim::act_barge_in(Call& call, Act const& wish) {
  return intrude(call, wish, "CallBargedInEvent");
}
Result<void> CallSim::act_monitor(Call& call, Act const& wish) {
  return intrude(call, wish, "CallMonitoredEvent");
}

Result<void> CallSim::act_park(Call& call, Act const& wish) {
  auto const own = leg_of(call, wish.by);
  if (!own) return std::unexpected(own.error());
  if (!call.answered || call.parked_by) return not_now("only a call in progress can be parked");
  Person const* against = nullptr;
  if (!wish.to.empty()) {
    auto const found = somebody(wish.to);
    if (!found) return std::unexpected(found.error());
    against = *found;
  }
  auto& leg = **own;
  auto const far = party_of(leg);
  leg.state = LegState::detached;
  leg.detached = clock_.now();
  leave(call, leg);
  announce(call, leg, "CallDetachedEvent");
  hook(leg, false);
  call.parked_by = leg.owner;
  for (auto& other : call.legs) {
    if (other.gone) continue;
    other.state = LegState::remote_held;
    other.held = clock_.now();
    announce(call, other, "CallHeldEvent");
  }
  if (!against) return {};
  auto shown = make_leg(call, *against, false, far);  // told, but not a half of theirs
  shown.state = LegState::held;
  tell(*against, "CallParkedAgainstEvent",
       wish.data.value_or(call_xml(call, shown, "xsi:", "call")));
  return {};
}

Result<void> CallSim::act_park_retrieve(Call& call, Act const& wish) {
  auto const by = somebody(wish.by);
  if (!by) return std::unexpected(by.error());
  if (!call.parked_by) return not_now("the call is not parked");
  Party far{nullptr, call.from};
  for (auto const& leg : call.legs) far = leg.gone ? party_of(leg) : party_as(*leg.owner);
  call.parked_by = nullptr;
  call.tracking = dice_.uuid();
  auto& own = join(call, make_leg(call, **by, true, far));
  own.state = LegState::active;
  own.answered = clock_.now();
  hook(own, true);
  announce(call, own, "CallParkRetrievedEvent");
  for (auto& leg : call.legs) {
    if (leg.gone || &leg == &own) continue;
    leg.state = LegState::active;
    leg.held.reset();
    point_at(call, leg, party_as(**by));
    announce(call, leg, "CallRetrievedEvent");
  }
  return {};
}

// A parked call rings again where it was parked, as a new half; a held one on its own half.
Result<void> CallSim::act_recall(Call& call, Act const& wish) {
  if (call.parked_by) {
    Party far{nullptr, call.from};
    for (auto const& leg : call.legs) far = leg.gone ? party_of(leg) : party_as(*leg.owner);
    auto& own = bring(call, *call.parked_by, far, wish);
    own.recall_type = "Call Park";
    call.parked_by = nullptr;
    return {};
  }
  auto const own = leg_of(call, wish.by);
  if (!own) return std::unexpected(own.error());
  if ((*own)->state != LegState::held) return not_now("only a parked or held call is recalled");
  (*own)->state = LegState::alerting;
  (*own)->recall_type = "Hold";
  announce(call, **own, "CallReceivedEvent");
  if (wish.answer_after_s)
    later(call, **own, Milliseconds(std::int64_t(*wish.answer_after_s * 1000)),
          [this](Call& now, Leg& l) {
            if (l.state == LegState::alerting) answer(now, l.owner);
          });
  return {};
}

}  // namespace wardroom::sim
