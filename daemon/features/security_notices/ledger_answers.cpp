// What the API answered, into the tables.
#include "features/security_notices/ledger_state.hpp"

#include <algorithm>

namespace wardroom::security_notices {

using conference::LegFacts;
using conference::LegId;

namespace {
constexpr char const* not_there = "not there any more";
}

/// True unless it is over, and the answer was asked for before that.
bool ConferenceLedger::Impl::comes_back(CallKey const& key, Tick begun) {
  auto const* ended = ended_calls_.find(key.bridge, key.id.text());
  if (ended == nullptr) return true;
  if (ended->for_good || begun < ended->at) return false;
  ended_calls_.forget(key.bridge, key.id.text());
  return true;
}

bool ConferenceLedger::Impl::comes_back(LegKey const& key, Tick begun,
                                        std::optional<conference::CallId> const& call) {
  auto const* ended = ended_legs_.find(key.bridge, key.id.text());
  if (ended == nullptr) return true;
  if (ended->for_good) return false;
  bool const elsewhere = call && ended->with_call != 0 && ended->with_call != digest_of(*call);
  if (begun < ended->at && !elsewhere) return false;
  ended_legs_.forget(key.bridge, key.id.text());
  return true;
}

Changes ConferenceLedger::Impl::take_bridge(Tick now, BridgeNo no, Tick begun,
                                            std::vector<CallReading> const& all) {
  return change(no, [&](Draft& draft) {
    Bridge& bridge = bridges_[no];
    if (begun < bridge.session_at) return;
    Moment const at{.now = now};
    for (auto const& reading : all)
      answer_call({no, reading.call.facts.id}, begun, reading, draft, at);
    remove_unlisted(no, begun, all, draft, at);
    forget_machines(no);
    if (bridge.doubt.empty() || bridge.doubt_at > begun) return;
    bridge.doubt.clear();
    touch_shared(no, draft);
  });
}

Changes ConferenceLedger::Impl::take_call(Tick now, CallKey const& key, Tick begun,
                                          CallReading const& reading) {
  return change(key.bridge, [&](Draft& draft) {
    if (begun < bridges_[key.bridge].session_at) return;
    Moment const at{.now = now};
    answer_call(key, begun, reading, draft, at);
    if (auto* entry = known_call(key)) remove_unlisted(*entry, begun, reading, draft, at);
  });
}

Changes ConferenceLedger::Impl::take_ended(Tick now, CallKey const& key, Tick begun) {
  return change(key.bridge, [&](Draft& draft) {
    auto* entry = known_call(key);
    if (entry == nullptr || entry->call.heard > begun) return;
    drop_call(*entry, not_there, {false, entry->last_index, begun}, draft, {.now = now});
  });
}

Changes ConferenceLedger::Impl::take_leg(Tick now, LegKey const& key, Tick begun,
                                         LegFacts const& facts, std::optional<bool> is_link) {
  return change(key.bridge, [&](Draft& draft) {
    if (begun < bridges_[key.bridge].session_at) return;
    answer_leg(key, begun, facts, is_link, true, draft, {.now = now});
  });
}

Changes ConferenceLedger::Impl::take_leg_ended(Tick now, LegKey const& key, Tick begun) {
  return change(key.bridge, [&](Draft& draft) {
    auto const known = legs_.find(key);
    if (known == legs_.end() || known->second.leg.heard > begun) return;
    ended_legs_.add(key.bridge, key.id.text(), {false, known->second.leg.last_index, begun});
    drop_leg(known->second, not_there, draft, {.now = now});
  });
}

Changes ConferenceLedger::Impl::take_complete(ConferenceId const& id, Tick begun) {
  Draft draft;
  if (auto const known = conferences_.find(id);
      known != conferences_.end() && unseen_instances(known->second) == 0) {
    known->second.complete = std::max(known->second.complete, begun);
    newest_complete_ = std::max(newest_complete_, begun);
    draft.touch(id);
  }
  return std::move(draft.changes);
}

void ConferenceLedger::Impl::answer_call(CallKey const& key, Tick begun, CallReading const& reading,
                                         Draft& draft, Moment const& at) {
  if (!comes_back(key, begun)) return;
  auto& entry = call_entry(key, draft, at, reading.call.facts.correlator);
  bool const fresh = entry.call.heard <= begun;
  entry.asked = true;
  merge_call(entry, reading.call.facts, !fresh, draft, at);
  entry.call.heard = std::max(entry.call.heard, begun);
  auto const& conference = conferences_.at(entry.call.conference);
  if (reading.call.other_bridges && begun >= entry.other_bridges_at &&
      begun >= conference.instance_left) {
    if (entry.other_bridges != *reading.call.other_bridges) draft.touch(conference.id);
    entry.other_bridges = *reading.call.other_bridges;
    entry.other_bridges_at = begun;
  }
  for (auto const& leg : reading.legs) {
    auto facts = leg;
    if (!facts.call) facts.call = key.id;
    answer_leg({key.bridge, leg.id}, begun, facts, {}, false, draft, at);
  }
}

/// `alone` = it is the leg's own object, with all the bridge tells of it; otherwise it may be a
/// line of a list.
void ConferenceLedger::Impl::answer_leg(LegKey const& key, Tick begun, LegFacts const& facts,
                                        std::optional<bool> is_link, bool alone, Draft& draft,
                                        Moment const& at) {
  if (facts.call && !comes_back(CallKey{key.bridge, *facts.call}, begun)) return;
  if (!comes_back(key, begun, facts.call)) return;
  if (!legs_.contains(key) && !facts.call) return;
  auto& entry = leg_entry(key);
  auto const before = lift(entry);
  merge_answer(entry, facts, begun);
  note_address(entry, before, begun);
  entry.leg.asked = entry.leg.asked || alone || facts.type.has_value();
  if (is_link && entry.address_at <= begun) {
    entry.link_proven = *is_link;
    entry.link_refuted = !*is_link;
  }
  entry.leg.heard = std::max(entry.leg.heard, begun);
  settle(entry, before, draft, at);
  if (!entry.in_call()) return;
  auto& call = calls_.at({key.bridge, *entry.leg.facts.call}).call;
  call.heard = std::max(call.heard, begun);
}

void ConferenceLedger::Impl::remove_unlisted(CallEntry& entry, Tick begun,
                                             CallReading const& reading, Draft& draft,
                                             Moment const& at) {
  std::unordered_set<LegId> listed;
  for (auto const& leg : reading.legs) listed.insert(leg.id);
  for (auto const legs = entry.call.legs; auto const& id : legs) {
    LegEntry& leg = legs_.at({entry.call.key.bridge, id});
    if (listed.contains(id) || leg.leg.heard > begun) continue;
    ended_legs_.add(entry.call.key.bridge, id.text(), {false, leg.leg.last_index, begun});
    drop_leg(leg, not_there, draft, at);
  }
}

void ConferenceLedger::Impl::remove_unlisted(BridgeNo no, Tick begun,
                                             std::vector<CallReading> const& all, Draft& draft,
                                             Moment const& at) {
  std::unordered_set<conference::CallId> listed;
  for (auto const& reading : all) {
    listed.insert(reading.call.facts.id);
    if (auto* entry = known_call({no, reading.call.facts.id}))
      remove_unlisted(*entry, begun, reading, draft, at);
  }
  for (auto const calls = bridges_[no].calls; auto const& id : calls) {
    auto* const entry = known_call({no, id});
    if (listed.contains(id) || entry->call.heard > begun) continue;
    drop_call(*entry, not_there, {false, entry->last_index, begun}, draft, at);
  }
  // Whoever might have been in any call is in none.
  for (auto const adrift = bridges_[no].adrift; auto const& id : adrift)
    if (auto& leg = legs_.at({no, id}); leg.leg.heard <= begun) drop_leg(leg, not_there, draft, at);
}

}  // namespace wardroom::security_notices
