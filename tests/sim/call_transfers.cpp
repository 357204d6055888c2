// Calls that go on to somebody else: transfers, forwarding, voicemail. Source: xsi.md 6.2, 12.
#include "sim/call_sim.hpp"
#include "sim/xsi_documents.hpp"

#include <algorithm>

namespace wardroom::sim {
namespace {
std::string as_list(std::string calls) { return "<xsi:calls>" + std::move(calls) + "</xsi:calls>"; }
}  // namespace

// What was `by`'s goes on to `target`; `from` = who is sent there.
void CallSim::send_to(Call& call, Party const& target, Party const& from, Person const& by,
                      Act const& wish) {
  if (target.person) {
    auto& leg = bring(call, *target.person, from, wish);
    leg.redirected =
        Redirection{party_as(by), wish.reason.empty() ? "transfer" : wish.reason, clock_.now()};
    return;
  }
  ++call.outside;
  if (!call.answered && wish.answer_after_s)
    later(call, Milliseconds(std::int64_t(*wish.answer_after_s * 1000)), [this](Call& now) {
      if (!now.answered) answer(now, nullptr);
    });
}

Result<void> CallSim::act_transfer(Call& call, Act const& wish) {
  auto const own = leg_of(call, wish.by);
  auto const to = party(wish.to);
  if (!own) return std::unexpected(own.error());
  if (!to) return std::unexpected(to.error());
  auto& leg = **own;
  if (to->person == leg.owner)
    return failure(ErrorKind::malformed, "a person cannot transfer to themselves");
  auto const far = party_of(leg);
  bool const rang = leg.state == LegState::alerting;
  leg.redirect = Redirection{*to, rang ? "deflection" : "transfer", clock_.now()};
  leg.state = LegState::detached;
  leg.detached = clock_.now();
  leave(call, leg);
  tell(*leg.owner, "CallRedirectedEvent", as_list(call_xml(call, leg, "xsi:", "call")));
  hook(leg, false);
  send_to(call, *to, far, *leg.owner, wish);
  for (auto& other : call.legs) {
    if (other.gone || !other.announced) continue;
    other.originator = true;  // whoever was called is now who calls the target
    if (other.state != LegState::alerting) other.state = LegState::active;
    point_at(call, other, *to);
    announce(call, other, "CallTransferredEvent");
  }
  auto const left = [](Leg const& l) { return !l.gone; };
  if (std::none_of(call.legs.begin(), call.legs.end(), left)) end(call, "transfer", nullptr);
  return {};
}

// Two calls of one person become one between the far ends; theirs are the ids, the session is new
// for those of the second call.
Result<void> CallSim::act_consult_transfer(Call& call, Act const& wish) {
  auto const own = leg_of(call, wish.by);
  if (!own) return std::unexpected(own.error());
  auto const second = calls_.find(wish.other);
  if (second == calls_.end() || second->second->ended || second->first == call.id)
    return failure(ErrorKind::malformed, "\"other\", another live call, is needed");
  auto& other = *second->second;
  auto const theirs = leg_of(other, (*own)->owner->email);
  if (!theirs) return std::unexpected(theirs.error());
  auto const first_far = party_of(**own), second_far = party_of(**theirs);
  auto const send_away = [&](Leg& leg, Party const& to) {
    leg.redirect = Redirection{to, "transfer", clock_.now()};
    leg.state = LegState::detached;
    leg.detached = clock_.now();
  };
  send_away(**own, second_far);
  send_away(**theirs, first_far);
  tell(*(*own)->owner, "CallRedirectedEvent",
       as_list(call_xml(call, **own, "xsi:", "call") + call_xml(other, **theirs, "xsi:", "call")));
  leave(call, **own);
  leave(other, **theirs);
  hook(**own, false);
  hook(**theirs, false);
  for (auto& leg : call.legs)
    if (!leg.gone) point_at(call, leg, second_far);
  std::vector<Leg*> moved;
  for (auto& leg : other.legs) {
    if (leg.gone) continue;
    auto copy = leg;
    leg.released_by = "moved";
    leave(other, leg);
    point_at(call, copy, first_far);
    moved.push_back(&join(call, std::move(copy)));
  }
  call.outside += other.outside;
  call.emergency = call.emergency || other.emergency;
  if (!call.answered) call.answered = other.answered;
  end(other, "transfer", nullptr);
  for (auto& leg : call.legs) {
    if (leg.gone || !leg.announced) continue;
    if (leg.state == LegState::held || leg.state == LegState::remote_held)
      leg.state = LegState::active;
    announce(call, leg, "CallTransferredEvent");
  }
  for (auto* leg : moved)
    if (leg->state == LegState::alerting && !leg->originator && wish.answer_after_s)
      later(call, *leg, Milliseconds(std::int64_t(*wish.answer_after_s * 1000)),
            [this](Call& now, Leg& l) {
              if (l.state == LegState::alerting) answer(now, l.owner);
            });
  auto const left = [](Leg const& l) { return !l.gone; };
  if (std::none_of(call.legs.begin(), call.legs.end(), left)) end(call, "transfer", nullptr);
  return {};
}

// A service sends on a call that rings: nobody there, busy, voicemail.
Result<void> CallSim::act_forward(Call& call, Act const& wish) {
  auto const to = party(wish.to);
  if (!to) return std::unexpected(to.error());
  auto const ringing = std::find_if(call.legs.begin(), call.legs.end(), [&](Leg const& l) {
    return !l.gone && !l.originator && l.state == LegState::alerting &&
           (wish.by.empty() || l.owner->email == wish.by);
  });
  if (ringing == call.legs.end())
    return failure(ErrorKind::conflict, "it does not ring there, so nothing can be forwarded");
  if (to->person == ringing->owner)
    return failure(ErrorKind::malformed, "a person cannot forward to themselves");
  auto& leg = *ringing;
  auto const far = party_of(leg);
  auto act = wish;
  if (act.reason.empty()) act.reason = "no-answer";
  leg.redirect = Redirection{*to, act.reason, clock_.now()};
  end_leg(call, leg, true, "forwarded");
  for (auto& other : call.legs) {
    if (other.gone || !other.originator) continue;
    point_at(call, other, *to);
    announce(call, other, "CallForwardedEvent");
  }
  send_to(call, *to, far, *leg.owner, act);
  auto const left = [](Leg const& l) { return !l.gone; };
  if (std::none_of(call.legs.begin(), call.legs.end(), left)) end(call, "forwarded", nullptr);
  return {};
}

Result<void> CallSim::act_voicemail(Call& call, Act const& wish) {
  auto act = wish;
  act.to = "voicemail";
  if (act.reason.empty()) act.reason = "voicemail";
  return act_forward(call, act);
}

}  // namespace wardroom::sim
