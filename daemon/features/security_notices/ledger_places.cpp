// Legs in their calls.
#include "features/security_notices/ledger_state.hpp"

#include <algorithm>

namespace wardroom::security_notices {

using conference::CallId;

void Draft::touch(ConferenceId const& conference) {
  if (touched_.insert(conference).second) changes.conferences.push_back(conference);
}

void Draft::joined(Leg const& leg) {
  auto const [at, is_new] = joined_.try_emplace(leg.key, changes.joined.size());
  if (is_new)
    changes.joined.push_back(leg);
  else
    changes.joined[at->second] = leg;
}

LegEntry& ConferenceLedger::Impl::leg_entry(LegKey const& key) {
  auto const [at, is_new] = legs_.try_emplace(key);
  if (is_new) {
    at->second.leg.key = key;
    at->second.leg.facts.id = key.id;
  }
  return at->second;
}

Surroundings ConferenceLedger::Impl::around(LegEntry const& entry) const {
  bool lync = false;
  if (entry.in_call()) {
    auto const call = calls_.find({entry.leg.key.bridge, *entry.leg.facts.call});
    lync = call != calls_.end() && is_lync_conference(call->second.call.facts);
  }
  return {rules_, bridge_hosts_, lync, bridges_[entry.leg.key.bridge].may_share()};
}

ConferenceLedger::Impl::Before ConferenceLedger::Impl::lift(LegEntry& entry) {
  if (entry.counted) {
    auto const& call = calls_.at({entry.leg.key.bridge, *entry.leg.facts.call});
    conferences_.at(call.call.conference).counted.erase(&entry);
    --participants_.at(static_cast<std::size_t>(number(entry.leg.classified.level)));
    entry.counted = false;
  }
  return {entry.leg, std::string(effective_address(entry.leg.facts))};
}

void ConferenceLedger::Impl::count(LegEntry& entry) {
  if (entry.counted || !entry.leg.counts()) return;
  auto const& call = calls_.at({entry.leg.key.bridge, *entry.leg.facts.call});
  conferences_.at(call.call.conference).counted.insert(&entry);
  ++participants_.at(static_cast<std::size_t>(number(entry.leg.classified.level)));
  entry.counted = true;
}

void ConferenceLedger::Impl::enter(LegEntry& entry, Draft& draft, Moment const& at) {
  auto& call = call_entry({entry.leg.key.bridge, *entry.leg.facts.call}, draft, at);
  entry.place = call.call.legs.size();
  call.call.legs.push_back(entry.leg.key.id);
  entry.leg.joined = at.time;
  entry.was_in_call = true;
  if (entry.stranger != 0) strangers_.erase(std::exchange(entry.stranger, 0));
}

/// The last one takes the free place.
void ConferenceLedger::Impl::leave(LegEntry& entry, CallId const& call) {
  auto& legs = calls_.at({entry.leg.key.bridge, call}).call.legs;
  if (entry.place + 1 != legs.size()) {
    legs[entry.place] = std::move(legs.back());
    legs_.at({entry.leg.key.bridge, legs[entry.place]}).place = entry.place;
  }
  legs.pop_back();
}

void ConferenceLedger::Impl::expect_machine(LegKey leg, CallId call, Machine machine) {
  expected_machines_.insert_or_assign(std::move(leg), std::pair(std::move(call), machine));
}

void ConferenceLedger::Impl::forget_machines(BridgeNo no) {
  std::erase_if(expected_machines_, [no](auto const& one) { return one.first.bridge == no; });
}

/// Whose beginning is heard now is not the one that was known before.
void ConferenceLedger::Impl::recall_machine(LegEntry& entry) {
  auto const known = expected_machines_.find(entry.leg.key);
  if (known == expected_machines_.end()) return;
  auto const& [call, machine] = known->second;
  if (call == *entry.leg.facts.call && !entry.start_heard && entry.named == Machine::none)
    entry.named = machine;
  expected_machines_.erase(known);
}

/// Those without a call may be anybody's who dials at random: only so many are kept. Source: cms.md
/// 3.7.
void ConferenceLedger::Impl::keep_as_stranger(LegEntry& entry) {
  if (entry.stranger != 0) strangers_.erase(entry.stranger);
  entry.stranger = ++turns_;
  strangers_.emplace(entry.stranger, entry.leg.key);
  if (strangers_.size() <= most_strangers) return;
  LegKey const oldest = strangers_.begin()->second;
  strangers_.erase(strangers_.begin());
  forget_questions(oldest);
  legs_.erase(oldest);
}

void ConferenceLedger::Impl::note_address(LegEntry& entry, Before const& before, Tick when) {
  if (before.address == effective_address(entry.leg.facts)) return;
  entry.address_at = when;
  entry.link_proven = entry.link_refuted = false;
}

namespace {

bool differs(Leg const& a, Leg const& b) {
  return a.facts.display_name != b.facts.display_name || a.classified != b.classified ||
         a.machine != b.machine;
}

}  // namespace

void ConferenceLedger::Impl::settle(LegEntry& entry, Before const& before, Draft& draft,
                                    Moment const& at) {
  Leg& leg = entry.leg;
  auto const& was = before.leg.facts.call;
  auto const& is = leg.facts.call;
  bool const new_address = before.address != effective_address(leg.facts);
  bool const moved = was != is;
  if (moved && was) {
    leave(entry, *was);
    draft.changes.left.emplace_back(before.leg, is ? "moved to another call" : "left the call");
    hear(calls_.at({leg.key.bridge, *was}).call.conference, draft, at);
  }
  if (moved && is) {
    enter(entry, draft, at);
    recall_machine(entry);
  }
  auto judged = judge(entry, around(entry));
  leg.classified = std::move(judged.classified);
  leg.machine = judged.machine;
  leg.maybe_link = judged.maybe_link;
  count(entry);
  question_leg(entry, at.now);
  if (!is) return keep_as_stranger(entry);
  if (moved || new_address || differs(before.leg, leg)) draft.joined(leg);
  if (at.record || moved || new_address || differs(before.leg, leg) ||
      !(before.leg.facts == leg.facts) || before.leg.maybe_link != leg.maybe_link)
    hear(calls_.at({leg.key.bridge, *is}).call.conference, draft, at);
}

void ConferenceLedger::Impl::drop_leg(LegEntry& entry, std::string const& reason, Draft& draft,
                                      Moment const& at) {
  auto const before = lift(entry);
  LegKey const key = entry.leg.key;
  if (entry.in_call()) {
    leave(entry, *entry.leg.facts.call);
    draft.changes.left.emplace_back(before.leg, reason);
    hear(calls_.at({key.bridge, *entry.leg.facts.call}).call.conference, draft, at);
  }
  if (entry.stranger != 0) strangers_.erase(entry.stranger);
  forget_questions(key);
  legs_.erase(key);
}

}  // namespace wardroom::security_notices
