#include "features/call_blocking/call_ledger.hpp"

#include "features/call_blocking/verdict.hpp"

#include <algorithm>

namespace wardroom::call_blocking {
namespace {

constexpr auto kListsMayLag = std::chrono::seconds(2);
bool carries_calls(CallEventKind kind) {
  return kind != CallEventKind::hook_status && kind != CallEventKind::subscription_terminated &&
         kind != CallEventKind::conference && kind != CallEventKind::aside &&
         kind != CallEventKind::other && kind != CallEventKind::parked_against;
}

bool is_snapshot(CallEventKind kind) {
  return kind == CallEventKind::snapshot || kind == CallEventKind::snapshot_resync;
}

bool is_beginning(CallEventKind kind) {
  return kind == CallEventKind::received || kind == CallEventKind::originated ||
         kind == CallEventKind::originating;
}

/// Newer facts win, but nothing that was known is lost to an event that leaves it out.
void merge(CallLeg& known, CallLeg const& news) {
  auto const before = known;
  known = news;
  if (known.tracking.empty()) known.tracking = before.tracking;
  if (known.personality == Personality::unknown) known.personality = before.personality;
  if (known.state == CallState::unknown) known.state = before.state;
  if (known.remote_address.empty()) {
    known.remote_address = before.remote_address;
    known.remote_country_code = before.remote_country_code;
  }
  if (known.remote_name.empty()) known.remote_name = before.remote_name;
  if (known.remote_user.empty()) known.remote_user = before.remote_user;
  if (known.type == CallType::absent) known.type = before.type;
  if (before.started) known.started = before.started;
  if (before.answered) known.answered = before.answered;  // always the first answer
}

}  // namespace

int rank(CallState state) {
  switch (state) {
    case CallState::idle:
      return 0;
    case CallState::alerting:
      return 1;
    case CallState::active:
    case CallState::held:
    case CallState::remote_held:
      return 2;
    case CallState::detached:
      return 3;
    case CallState::released:
      return 4;
    case CallState::unknown:
      break;
  }
  return -1;
}

/// A call being connected to a failure treatment reaches nobody any more.
bool is_ending(CallEventKind kind, CallState state) {
  return kind == CallEventKind::released || kind == CallEventKind::releasing ||
         kind == CallEventKind::detached || kind == CallEventKind::redirected ||
         rank(state) >= rank(CallState::detached);
}

/// Whether events told us more of a call than a list asked for at `asked`, or standing at `place`.
bool CallLedger::knows_better(LiveCall const& call, Uptime asked, EventPlace place) {
  auto const when = order(place, {call.subscription, call.sequence});
  return when == Order::unknown ? call.last_seen >= asked : when == Order::earlier;
}

std::vector<Folded> CallLedger::apply(CallEvent const& event, Uptime now) {
  std::vector<Folded> out;
  burials_.forget_old(now);
  if (event.target.empty()) return out;
  if (is_snapshot(event.kind))
    return replace(event.target, event.legs, event.arrived, now,
                   {event.subscription, event.sequence});
  if (!carries_calls(event.kind)) return out;
  for (auto const& leg : event.legs)
    if (!leg.id.empty()) take(out, event, leg, now);
  return out;
}

void CallLedger::take(std::vector<Folded>& out, CallEvent const& event, CallLeg const& leg,
                      Uptime now) {
  if (is_ending(event.kind, leg.state)) return take_end(out, event, leg, now);
  EventPlace const place{event.subscription, event.sequence};
  if (auto const known = find(event.target, leg.id)) {
    bool const rings_anew = is_beginning(event.kind) && leg.started && known->leg.started &&
                            *leg.started > *known->leg.started;
    if (rings_anew)
      close(out, known, now);  // its end was lost; what comes now is another call of that id
    else if (order(place, {known->subscription, known->sequence}) == Order::earlier)
      return take_late(out, known, leg);
  }
  if (auto const* burial = burials_.find(event.target, leg.id)) {
    auto const when = after_burial(*burial, leg, place);
    // Nobody told its end, a list left it out: what comes now may have been on its way since.
    bool const on_its_way = burial->inferred && !is_beginning(event.kind);
    if (when == Order::unknown || (when == Order::later && on_its_way)) doubt(event.target, true);
    if (when != Order::later || on_its_way) return;
  }
  put(out, event.target, leg, now, place);
}

/// Late news of a call in progress: only what was dialled still matters, and whether the platform
/// called it an emergency.
void CallLedger::take_late(std::vector<Folded>& out, LiveCallPtr const& call, CallLeg const& leg) {
  if (is_incoming(leg.personality)) return;
  bool const emergency = leg.type == CallType::emergency && !call->emergency;
  bool const dialled = !leg.remote_address.empty() && leg.remote_address != call->dialled;
  if (!emergency && !dialled) return;
  if (emergency) call->leg.type = CallType::emergency;
  if (dialled) {
    call->dialled = leg.remote_address;
    call->dialled_country_code = leg.remote_country_code;
  }
  out.push_back({Change::late, call});
}

void CallLedger::take_end(std::vector<Folded>& out, CallEvent const& event, CallLeg const& leg,
                          Uptime now) {
  EventPlace const place{event.subscription, event.sequence};
  auto const known = find(event.target, leg.id);
  if (!known) {
    doubt_clicked(event.target);
    // Its beginning may still come, late: it must not open then.
    Burial burial{now, event.subscription, event.sequence, leg.started, leg.tracking, false, {}};
    if (auto const* before = burials_.find(event.target, leg.id)) {
      if (after_burial(*before, leg, place) == Order::earlier) return;
      burial.emergency = before->emergency;
      burial.record = before->record;
      if (!burial.started) burial.started = before->started;
    }
    return burials_.bury(event.target, leg.id, std::move(burial));
  }
  if (leg.started && known->leg.started && *leg.started < *known->leg.started) return;
  if (order(place, {known->subscription, known->sequence}) == Order::earlier)
    return doubt(event.target, true);
  merge(known->leg, leg);
  known->subscription = event.subscription;
  known->sequence = event.sequence;
  close(out, known, now);
}

std::vector<Folded> CallLedger::replace(XsiUserId const& target, std::vector<CallLeg> const& legs,
                                        Uptime asked, Uptime now) {
  burials_.forget_old(now);
  return replace(target, legs, asked, now, {});
}

std::vector<Folded> CallLedger::replace(XsiUserId const& target, std::vector<CallLeg> const& legs,
                                        Uptime asked, Uptime now, EventPlace place) {
  std::vector<Folded> out;
  auto const known = calls_of(target);  // a copy: closing changes the list
  for (auto const& call : known) {
    bool const listed =
        std::ranges::any_of(legs, [&](auto const& leg) { return leg.id == call->leg.id; });
    if (listed || knows_better(*call, asked, place)) continue;
    bool const snapshot = place.sequence != 0;
    if (snapshot && order(place, {call->subscription, call->sequence}) == Order::unknown) {
      doubt(target, true);  // it may have been on its way while the call began
      continue;
    }
    close(out, call, now);
    if (auto* burial = burials_.find(target, call->leg.id)) burial->inferred = true;
  }
  for (auto const& leg : legs)
    if (!leg.id.empty()) take_listed(out, target, leg, asked, now, place);
  return out;
}

void CallLedger::take_listed(std::vector<Folded>& out, XsiUserId const& target, CallLeg const& leg,
                             Uptime asked, Uptime now, EventPlace place) {
  auto const live = find(target, leg.id);
  bool const newer = live && knows_better(*live, asked, place);
  if (is_ending(CallEventKind::snapshot, leg.state)) {
    if (live && !newer) close(out, live, now);
    return;
  }
  if (newer) {
    out.push_back({Change::updated, live});  // events told us more since
    return;
  }
  if (auto const* burial = live ? nullptr : burials_.find(target, leg.id)) {
    auto const when = after_burial(*burial, leg, place);
    bool const plain_list = place.sequence == 0;
    if (when == Order::earlier && !plain_list) return;
    if (when != Order::later) {
      // It is said to have ended, and to be there: another look will tell. Until then an end that
      // came after the question counts; judging what was there after the end does no harm.
      if (asked - burial->at < kListsMayLag) doubt(target, false);
      if (asked <= burial->at) return;
    }
  }
  put(out, target, leg, asked, place);
}

LiveCallPtr CallLedger::restore(XsiUserId const& target, CallLeg const& leg, bool emergency,
                                Uptime now) {
  std::vector<Folded> ignored;
  put(ignored, target, leg, now, {});
  auto call = ignored.back().call;
  call->emergency |= emergency;
  return call;
}

LiveCall& CallLedger::put(std::vector<Folded>& out, XsiUserId const& target, CallLeg const& leg,
                          Uptime seen, EventPlace place) {
  auto call = find(target, leg.id);
  if (call) {
    merge(call->leg, leg);
    call->last_seen = std::max(call->last_seen, seen);
    out.push_back({Change::updated, call});
  } else {
    make_room(out, seen);
    call = open(target, leg, seen);
    out.push_back({Change::opened, call});
  }
  if (place.sequence != 0) {
    call->subscription = place.subscription;
    call->sequence = place.sequence;
  }
  return *call;
}

LiveCallPtr CallLedger::open(XsiUserId const& target, CallLeg const& leg, Uptime seen) {
  auto call = std::make_shared<LiveCall>();
  call->target = target;
  call->leg = leg;
  call->number = ++numbers_;
  call->first_seen = call->last_seen = seen;
  if (!is_incoming(leg.personality)) {
    call->dialled = leg.remote_address;
    call->dialled_country_code = leg.remote_country_code;
  }
  if (auto before = burials_.raise(target, leg.id)) {
    ++recalls_;
    call->record = std::move(before->record);
    // A list left it out although it went on: it is the call that was let through.
    if (before->inferred && !leg.recall && leg.started == before->started) {
      call->passed = before->passed;
      call->callback = before->callback;
    }
    if (before->emergency && (leg.recall || leg.tracking.empty() || before->tracking.empty() ||
                              before->tracking == leg.tracking))
      call->emergency = true;
  }
  inherit(*call);
  by_target_[target].push_back(call);
  in_order_.push_back(call);
  ++size_;
  return call;
}

/// The id of a call placed through an API can change (xsi.md 6.3): what dialled an emergency number
/// goes on to be an emergency call, and the platform tells whether the old id is gone.
void CallLedger::inherit(LiveCall& call) {
  doubt_clicked(call.target);
  if (call.leg.tracking.empty() || is_incoming(call.leg.personality)) return;
  if (burials_.was_emergency(call.target, call.leg.tracking))
    call.emergency = true;  // the end of the old id was told first
  for (auto const& other : calls_of(call.target)) {
    if (other->leg.tracking != call.leg.tracking || is_incoming(other->leg.personality)) continue;
    call.emergency |= other->emergency;
    if (!other->dialled.empty()) {
      call.dialled = other->dialled;
      call.dialled_country_code = other->dialled_country_code;
    }
    doubt(call.target, true);
  }
}

/// A call placed by click that nobody heard of since may be the one that is told of now, under
/// another id.
void CallLedger::doubt_clicked(XsiUserId const& target) {
  for (auto const& other : calls_of(target))
    if (other->leg.personality == Personality::click_to_dial) return doubt(target, true);
}

void CallLedger::close(std::vector<Folded>& out, LiveCallPtr const& call, Uptime now,
                       bool bury_it) {
  // Erasing may drop the reference we were given.
  auto const held = call;  // NOLINT(performance-unnecessary-copy-initialization)
  held->open = false;
  held->ended = held->last_seen = now;
  if (bury_it)
    burials_.bury(held->target, held->leg.id,
                  {.at = now,
                   .subscription = held->subscription,
                   .sequence = held->sequence,
                   .started = held->leg.started,
                   .tracking = held->leg.tracking,
                   .emergency = held->emergency,
                   .record = held->record,
                   .passed = held->passed,
                   .callback = held->callback});
  auto const it = by_target_.find(held->target);
  if (it != by_target_.end()) {
    std::erase(it->second, held);
    if (it->second.empty()) by_target_.erase(it);
  }
  --size_;
  out.push_back({Change::closed, held});
}

/// The oldest go, without a tombstone: the next event of theirs brings them back.
void CallLedger::make_room(std::vector<Folded>& out, Uptime now) {
  auto const gone = [](auto const& weak) {
    auto const call = weak.lock();
    return !call || !call->open;
  };
  while (!in_order_.empty() && gone(in_order_.front())) in_order_.pop_front();
  if (in_order_.size() > 2 * size_ + 1024) std::erase_if(in_order_, gone);
  if (size_ < most_calls_ || in_order_.empty()) return;
  auto const oldest = in_order_.front().lock();
  in_order_.pop_front();
  ++evicted_;
  close(out, oldest, now, false);
}

void CallLedger::doubt(XsiUserId const& target, bool at_once) {
  for (auto& known : doubted_)
    if (known.target == target) {
      known.at_once |= at_once;
      return;
    }
  doubted_.push_back({target, at_once});
}

LiveCallPtr CallLedger::find(XsiUserId const& target, CallId const& call) const {
  for (auto const& live : calls_of(target))
    if (live->leg.id == call) return live;
  return nullptr;
}

std::vector<LiveCallPtr> const& CallLedger::calls_of(XsiUserId const& target) const {
  static std::vector<LiveCallPtr> const none;
  auto const it = by_target_.find(target);
  return it == by_target_.end() ? none : it->second;
}

std::vector<XsiUserId> CallLedger::targets() const {
  std::vector<XsiUserId> out;
  out.reserve(by_target_.size());
  for (auto const& [target, calls] : by_target_) out.push_back(target);
  return out;
}

}  // namespace wardroom::call_blocking
