// Calls in their conferences.
#include "features/security_notices/ledger_state.hpp"

#include <algorithm>

namespace wardroom::security_notices {

using conference::CallFacts;
using conference::Correlator;

namespace {

ConferenceId conference_id(CallKey const& key, std::optional<Correlator> const& correlator) {
  if (correlator && !correlator->empty()) return ConferenceId(correlator->text());
  return ConferenceId(std::to_string(key.bridge) + "~" + key.id.text());
}

void take(conference::Text& known, conference::Text const& told, bool fill_only) {
  if (told && !told->empty() && !(fill_only && known)) known = told;
}

}  // namespace

CallEntry* ConferenceLedger::Impl::known_call(CallKey const& key) {
  auto const at = calls_.find(key);
  return at == calls_.end() ? nullptr : &at->second;
}

/// The conference is there while it has a call.
void ConferenceLedger::Impl::join(CallEntry& entry, ConferenceId const& id, Tick complete) {
  auto const [at, is_new] = conferences_.try_emplace(id);
  ConferenceEntry& conference = at->second;
  if (is_new) {
    conference.id = id;
    conference.arrival = ++turns_;
    conference.complete = complete;
    in_order_.emplace(conference.arrival, &conference);
  }
  conference.complete = std::min(conference.complete, complete);
  conference.calls.push_back(entry.call.key);
  entry.call.conference = id;
  for (auto const& leg : entry.call.legs) count(legs_.at({entry.call.key.bridge, leg}));
}

void ConferenceLedger::Impl::part(CallEntry& entry, Draft& draft) {
  ConferenceEntry& conference = conferences_.at(entry.call.conference);
  draft.touch(conference.id);
  for (auto const& leg : entry.call.legs) lift(legs_.at({entry.call.key.bridge, leg}));
  std::erase(conference.calls, entry.call.key);
  if (!conference.calls.empty()) return;
  in_order_.erase(conference.arrival);
  conferences_.erase(ConferenceId(entry.call.conference));
}

CallEntry& ConferenceLedger::Impl::call_entry(CallKey const& key, Draft& draft, Moment const& at,
                                              std::optional<Correlator> const& correlator) {
  auto const [place, is_new] = calls_.try_emplace(key);
  CallEntry& entry = place->second;
  if (!is_new) return entry;
  entry.call.key = key;
  entry.call.facts.id = key.id;
  entry.call.facts.correlator = correlator;
  entry.call.began = at.time;
  bridges_[key.bridge].calls.insert(key.id);
  auto const id = conference_id(key, correlator);
  auto const known = conferences_.find(id);
  join(entry, id, known == conferences_.end() ? 0 : known->second.complete);
  draft.changes.new_calls.push_back(key);
  question_call(entry, at.now);
  hear(id, draft, at);
  return entry;
}

Changes ConferenceLedger::Impl::expect_call(Tick now, CallKey const& call,
                                            std::optional<Correlator> const& correlator) {
  return change(call.bridge, [&](Draft& draft) {
    if (ended_calls_.find(call.bridge, call.id.text()) == nullptr)
      call_entry(call, draft, {.now = now}, correlator);
  });
}

void ConferenceLedger::Impl::hear(ConferenceId const& id, Draft& draft, Moment const& at) {
  draft.touch(id);
  auto const conference = conferences_.find(id);
  if (at.record && conference != conferences_.end()) conference->second.heard = at.now;
}

void ConferenceLedger::Impl::merge_call(CallEntry& entry, CallFacts const& facts, bool fill_only,
                                        Draft& draft, Moment const& at) {
  CallFacts& known = entry.call.facts;
  CallFacts const before = known;
  take(known.name, facts.name, fill_only);
  take(known.type, facts.type, fill_only);
  take(known.space, facts.space, fill_only);
  if (facts.correlator && !facts.correlator->empty() && !(fill_only && known.correlator))
    known.correlator = facts.correlator;
  question_call(entry, at.now);
  auto const to = conference_id(entry.call.key, known.correlator);
  if (auto const from = entry.call.conference; from != to) {
    auto const& old = conferences_.at(from);
    Tick const complete = old.complete, heard = old.heard;
    part(entry, draft);
    join(entry, to, complete);
    auto& conference = conferences_.at(to);
    conference.heard = std::max(conference.heard, heard);
    if (!conferences_.contains(from)) draft.changes.renamed.emplace_back(from, to);
    draft.touch(to);
  }
  if (before.type != known.type)
    for (auto const legs = entry.call.legs; auto const& id : legs) {
      auto& leg = legs_.at({entry.call.key.bridge, id});
      settle(leg, lift(leg), draft, at);
    }
  if (!(before == known)) draft.touch(to);
}

void ConferenceLedger::Impl::drop_call(CallEntry& entry, std::string const& reason, Ended how,
                                       Draft& draft, Moment const& at) {
  CallKey const key = entry.call.key;
  for (auto const legs = entry.call.legs; auto const& id : legs) {
    auto& leg = legs_.at({key.bridge, id});
    ended_legs_.add(key.bridge, id.text(),
                    {false, std::min(how.index, leg.leg.last_index), how.at, digest_of(key.id)});
    drop_leg(leg, reason, draft, at);
  }
  ended_calls_.add(key.bridge, key.id.text(), how);
  hear(entry.call.conference, draft, at);
  ConferenceId const conference = entry.call.conference;
  part(entry, draft);
  if (auto const rest = conferences_.find(conference); rest != conferences_.end()) {
    rest->second.instance_left = at.now;
    // Whoever told after the call had ended, as an answer showed, may not have counted it.
    for (auto const& key_of_other : rest->second.calls) {
      auto& other = calls_.at(key_of_other);
      bool const counted_it = at.record || other.other_bridges_at < how.at;
      if (counted_it && other.other_bridges > 0) --other.other_bridges;
    }
  }
  bridges_[key.bridge].calls.erase(key.id);
  bridges_[key.bridge].unknown_calls.erase(key.id);
  draft.changes.gone_calls.push_back(key);
  calls_.erase(key);
}

void ConferenceLedger::Impl::judge_all(Draft& draft, Moment const& at,
                                       std::function<bool(LegEntry const&)> whom) {
  for (auto& [key, entry] : legs_) {
    if (!entry.in_call() || !whom(entry)) continue;
    Leg const& leg = entry.leg;
    if (judge(entry, around(entry)) != Judgement{leg.classified, leg.machine, leg.maybe_link})
      settle(entry, lift(entry), draft, at);
  }
}

}  // namespace wardroom::security_notices
