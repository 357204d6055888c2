// Moves of a call in progress that bring no new party by transfer: hold, park, pick-up, conference
// …
#include "sim/call_sim.hpp"
#include "sim/xsi_documents.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {
namespace {
Result<void> not_now(std::string why) { return failure(ErrorKind::conflict, std::move(why)); }
}  // namespace

std::vector<CallSim::NamedAct> const& CallSim::acts() {
  static std::vector<NamedAct> const all{
      {"hold", &CallSim::act_hold},
      {"retrieve", &CallSim::act_retrieve},
      {"update", &CallSim::act_update},
      {"answer", &CallSim::act_answer},
      {"hang_up", &CallSim::act_hang_up},
      {"transfer", &CallSim::act_transfer},
      {"consult_transfer", &CallSim::act_consult_transfer},
      {"forward", &CallSim::act_forward},
      {"voicemail", &CallSim::act_voicemail},
      {"pick_up", &CallSim::act_pick_up},
      {"barge_in", &CallSim::act_barge_in},
      {"monitor", &CallSim::act_monitor},
      {"park", &CallSim::act_park},
      {"park_retrieve", &CallSim::act_park_retrieve},
      {"recall", &CallSim::act_recall},
      {"conference", &CallSim::act_conference},
      {"collect", &CallSim::act_collect},
      {"treatment", &CallSim::act_treatment},
      {"change_id", &CallSim::act_change_id},
      {"event", &CallSim::act_event},
  };
  return all;
}

std::vector<std::string_view> CallSim::act_names() {
  std::vector<std::string_view> out;
  for (auto const& a : acts()) out.push_back(a.name);
  return out;
}

Result<void> CallSim::act(std::string const& id, std::string_view name, Act const& wish) {
  auto const found = calls_.find(id);
  if (found == calls_.end()) return failure(ErrorKind::not_found, "no such call");
  auto const known =
      std::find_if(acts().begin(), acts().end(), [&](NamedAct const& a) { return a.name == name; });
  if (known == acts().end())
    return failure(ErrorKind::not_found,
                   fmt::format("no such act; there are {}", fmt::join(act_names(), ", ")));
  if (found->second->ended) return not_now("the call has ended already");
  return (this->*known->play)(*found->second, wish);
}

bool CallSim::hold(std::string const& call, std::string const& email) {
  return act(call, "hold", {.by = email}).has_value();
}
bool CallSim::retrieve(std::string const& call, std::string const& email) {
  return act(call, "retrieve", {.by = email}).has_value();
}
bool CallSim::update(std::string const& call) { return act(call, "update", {}).has_value(); }

Result<Leg*> CallSim::leg_of(Call& call, std::string const& email) {
  for (auto& leg : call.legs)
    if (!leg.gone && (email.empty() || leg.owner->email == email)) return &leg;
  return failure(ErrorKind::conflict, fmt::format("{} has no half of this call now",
                                                  email.empty() ? "nobody here" : email));
}

Result<Person const*> CallSim::somebody(std::string const& email) const {
  auto const* p = org_.by_email(email);
  if (p && p->calling) return p;
  return failure(ErrorKind::malformed,
                 email.empty() ? "\"by\", who does it, is needed: an e-mail address"
                               : "nobody here has the address " + email + " and can call");
}

Result<void> CallSim::act_hold(Call& call, Act const& wish) {
  auto const own = leg_of(call, wish.by);
  if (!own) return std::unexpected(own.error());
  if (!call.answered || (*own)->state == LegState::alerting)
    return not_now("the call is not answered yet");
  for (auto& leg : call.legs) {
    if (leg.gone || leg.state == LegState::alerting) continue;
    leg.state = &leg == *own ? LegState::held : LegState::remote_held;
    leg.held = clock_.now();
  }
  announce_all(call, "CallHeldEvent");
  return {};
}

Result<void> CallSim::act_retrieve(Call& call, Act const&) {
  if (!call.answered) return not_now("the call is not answered yet");
  if (call.parked_by) return not_now("the call is parked; park_retrieve takes it back");
  for (auto& leg : call.legs) {
    if (leg.gone || leg.state == LegState::alerting) continue;
    leg.state = LegState::active;
    leg.held.reset();
  }
  announce_all(call, "CallRetrievedEvent");
  return {};
}

Result<void> CallSim::act_update(Call& call, Act const& wish) {
  if (wish.shape) {
    call.shape = *wish.shape;
    for (auto& leg : call.legs) point_at(call, leg, party_of(leg));
  }
  if (!wish.to.empty()) {
    auto const own = leg_of(call, wish.by);
    auto const to = party(wish.to);
    if (!own) return std::unexpected(own.error());
    if (!to) return std::unexpected(to.error());
    point_at(call, **own, *to);
  }
  if (wish.tell) show_endpoints(call);
  return {};
}

Result<void> CallSim::act_answer(Call& call, Act const& wish) {
  auto const ringing = [](Leg const& l) { return !l.gone && l.state == LegState::alerting; };
  if (std::none_of(call.legs.begin(), call.legs.end(), ringing))
    return not_now("nothing rings in this call");
  Person const* by = nullptr;
  for (auto const& leg : call.legs)
    if (ringing(leg) && !leg.originator && (wish.by.empty() || leg.owner->email == wish.by))
      by = leg.owner;
  if (!by && !wish.by.empty()) return not_now("it does not ring at " + wish.by);
  answer(call, by);
  return {};
}

Result<void> CallSim::act_hang_up(Call& call, Act const& wish) {
  auto const own = leg_of(call, wish.by);
  if (!own) return std::unexpected(own.error());
  part(call, **own, (*own)->originator ? "caller" : "callee");
  return {};
}

// A new half on the way to `person`: it rings, and is answered when the wish says so.
Leg& CallSim::bring(Call& call, Person const& person, Party const& from, Act const& wish) {
  auto& leg = join(call, make_leg(call, person, false, from));
  later(call, leg, Milliseconds(40), [this](Call& now, Leg& l) {
    if (!l.announced) announce(now, l, "CallReceivedEvent");
  });
  if (wish.answer_after_s)
    later(call, leg, Milliseconds(std::int64_t(*wish.answer_after_s * 1000)),
          [this](Call& now, Leg& l) {
            if (l.state == LegState::alerting) answer(now, l.owner);
          });
  return leg;
}

// The person's halves of two calls talk together; both keep their ids.
Result<void> CallSim::act_conference(Call& call, Act const& wish) {
  auto const own = leg_of(call, wish.by);
  if (!own) return std::unexpected(own.error());
  auto const& person = *(*own)->owner;
  auto const mode = wish.mode.empty() ? std::string("Started") : wish.mode;
  if (mode == "Started") {
    auto const second = calls_.find(wish.other);
    if (second == calls_.end() || second->second->ended || second->first == call.id)
      return failure(ErrorKind::malformed, "\"other\", another live call, is needed");
    auto const theirs = leg_of(*second->second, person.email);
    if (!theirs) return std::unexpected(theirs.error());
    (*own)->in_conference = (*theirs)->in_conference = true;
    for (auto* c : {&call, second->second.get()})
      for (auto& leg : c->legs)
        if (leg.owner == &person && leg.state == LegState::held) leg.state = LegState::active;
  }
  if (!(*own)->in_conference) return not_now("this call is in no conference");
  std::string participants;
  for (auto const& h : halves_of(person))
    if (h.leg->in_conference)
      participants += fmt::format(
          "<xsi:conferenceParticipant><xsi:callId>{}</xsi:callId></xsi:conferenceParticipant>",
          h.leg->id);
  if (mode == "Released")
    for (auto const& h : halves_of(person)) h.leg->in_conference = false;
  tell(person, fmt::format("Conference{}Event", mode),
       wish.data.value_or(fmt::format(
           "<xsi:conference><xsi:state>{}</xsi:state><xsi:appearance>1</xsi:appearance>"
           "<xsi:conferenceParticipantList>{}</xsi:conferenceParticipantList></xsi:conference>",
           mode == "Held"       ? "Held"
           : mode == "Released" ? "Released"
                                : "Active",
           participants)));
  return {};
}

Result<void> CallSim::act_collect(Call& call, Act const& wish) {
  auto const own = leg_of(call, wish.by);
  if (!own) return std::unexpected(own.error());
  announce(call, **own, "CallCollectingEvent");
  return {};
}

// The platform connects the caller to a failure treatment, and ends the call a moment later.
Result<void> CallSim::act_treatment(Call& call, Act const& wish) {
  auto const own = leg_of(call, wish.by);
  if (!own) return std::unexpected(own.error());
  (*own)->release_cause = wish.cause.empty() ? "Busy" : wish.cause;
  announce(call, **own, "CallReleasingEvent");
  later(call, Milliseconds(1000), [this](Call& now) { end(now, "platform", nullptr); });
  return {};
}

Result<void> CallSim::act_change_id(Call& call, Act const& wish) {
  auto const own = leg_of(call, wish.by);
  if (!own) return std::unexpected(own.error());
  change_id({&call, *own});
  if (wish.tell) announce(call, **own, "CallUpdatedEvent");
  return {};
}

Result<void> CallSim::act_event(Call& call, Act const& wish) {
  auto const own = leg_of(call, wish.by);
  if (!own) return std::unexpected(own.error());
  if (wish.type.empty())
    return failure(ErrorKind::malformed,
                   "\"type\", the event's, is needed: CallRecordingStartedEvent");
  if (wish.data)
    tell(*(*own)->owner, wish.type, *wish.data);
  else
    announce(call, **own, wish.type);
  return {};
}

}  // namespace wardroom::sim
