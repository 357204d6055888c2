// Records into the tables.
#include "base/planted.hpp"
#include "features/security_notices/ledger_state.hpp"

#include <algorithm>

namespace wardroom::security_notices {

using conference::CallRecord;
using conference::RecordKind;

namespace {

std::int64_t index_of(CallRecord const& record) {
  return record.index ? static_cast<std::int64_t>(*record.index) : -1;
}

bool is_newer(std::optional<std::uint64_t> index, std::int64_t than) {
  return !index || static_cast<std::int64_t>(*index) > than;
}

}  // namespace

Changes ConferenceLedger::Impl::apply(Tick now, BridgeNo no, CallRecord const& record) {
  return change(no, [&](Draft& draft) {
    if (record.broken) return;
    Moment const at{.now = now, .time = record.time, .record = true};
    switch (record.kind) {
      case RecordKind::call_start:
        return call_started(no, record, draft, at);
      case RecordKind::call_end:
        return call_ended(no, record, draft, at);
      case RecordKind::leg_start:
      case RecordKind::leg_update:
        return leg_told(no, record, draft, at);
      case RecordKind::leg_end:
        return leg_ended(no, record, draft, at);
      case RecordKind::machine_start:
        return machine_started(no, record, draft, at);
      case RecordKind::machine_end:  // the leg's own end follows
      case RecordKind::unknown:
        return;
    }
  });
}

/// Over, and this record does not change that: it is no newer, or does not say where the leg is.
bool ConferenceLedger::Impl::is_over(LegKey const& key, CallRecord const& record) const {
  auto const* ended = ended_legs_.find(key.bridge, key.id.text());
  if (ended == nullptr) return false;
  return ended->for_good || !is_newer(record.index, ended->index) || !record.leg.call;
}

/// True unless the call is over, and stays so.
bool ConferenceLedger::Impl::comes_back(CallKey const& key, std::optional<std::uint64_t> index) {
  auto const* ended = ended_calls_.find(key.bridge, key.id.text());
  if (ended == nullptr) return true;
  if (ended->for_good || !is_newer(index, ended->index)) return false;
  ended_calls_.forget(key.bridge, key.id.text());
  return true;
}

void ConferenceLedger::Impl::call_started(BridgeNo no, CallRecord const& record, Draft& draft,
                                          Moment at) {
  CallKey const key{no, record.call.id};
  if (!comes_back(key, record.index)) return;
  bool const again =
      known_call(key) != nullptr && !is_newer(record.index, known_call(key)->last_index);
  auto& entry = call_entry(key, draft, at, record.call.correlator);
  merge_call(entry, record.call, true, draft, at);
  if (!entry.call.began) entry.call.began = record.time;
  entry.call.heard = at.now;
  entry.last_index = std::max(entry.last_index, index_of(record));
  if (!again) hear(entry.call.conference, draft, at);
}

void ConferenceLedger::Impl::call_ended(BridgeNo no, CallRecord const& record, Draft& draft,
                                        Moment at) {
  CallKey const key{no, record.call.id};
  Ended const how{.for_good = true, .index = index_of(record), .at = at.now};
  if (auto* entry = known_call(key)) return drop_call(*entry, "the call ended", how, draft, at);
  ended_calls_.add(no, key.id.text(), how);
}

void ConferenceLedger::Impl::leg_told(BridgeNo no, CallRecord const& record, Draft& draft,
                                      Moment at) {
  LegKey const key{no, record.leg.id};
  if (is_over(key, record)) return;
  auto facts = record.leg;
  auto const known = legs_.find(key);
  bool const late = known != legs_.end() && !is_newer(record.index, known->second.leg.last_index);
  if (facts.call && !comes_back({no, *facts.call}, record.index)) {
    if (!late) {  // whoever was in that call left with it
      if (known != legs_.end()) drop_leg(known->second, "the call ended", draft, at);
      ended_legs_.add(no, key.id.text(), {false, index_of(record), at.now, digest_of(*facts.call)});
      return;
    }
    facts.call.reset();
  }
  ended_legs_.forget(no, key.id.text());
  auto& entry = leg_entry(key);
  auto const before = lift(entry);
  bool const start = record.kind == RecordKind::leg_start;
  merge_record(entry, facts, late);
  if (!late && (facts.call || facts.in_ivr)) entry.place_at = at.now;
  if (!late && (facts.remote_party || facts.remote_address)) entry.party_at = at.now;
  note_address(entry, before, at.now);
  bool const news = !(before.leg.facts == entry.leg.facts) || (start && !entry.start_heard);
  entry.start_heard = entry.start_heard || start;
  entry.leg.last_index = std::max(entry.leg.last_index, index_of(record));
  entry.leg.heard = at.now;
  at.record = !late || news;
  settle(entry, before, draft, at);
  if (!entry.in_call()) return;
  auto& call = calls_.at({no, *entry.leg.facts.call});
  call.call.heard = at.now;
  call.last_index = std::max(call.last_index, index_of(record));
}

void ConferenceLedger::Impl::leg_ended(BridgeNo no, CallRecord const& record, Draft& draft,
                                       Moment at) {
  LegKey const key{no, record.leg.id};
  Ended const how{.for_good = true, .index = index_of(record), .at = at.now};
  auto const known = legs_.find(key);
  if (known == legs_.end()) return ended_legs_.add(no, key.id.text(), how);
  // Whoever dials at random and never gets into a call is not worth remembering.
  bool const stranger = !known->second.was_in_call && known->second.start_heard;
  drop_leg(known->second, record.end_reason.empty() ? "ended" : record.end_reason, draft, at);
  if (WARDROOM_PLANTED("ended-leg-comes-back")) return;
  if (!stranger) ended_legs_.add(no, key.id.text(), how);
}

/// May come before the leg's own start: then the leg begins here.
void ConferenceLedger::Impl::machine_started(BridgeNo no, CallRecord const& record, Draft& draft,
                                             Moment at) {
  LegKey const key{no, record.leg.id};
  if (record.leg.id.empty() || ended_legs_.find(no, key.id.text()) != nullptr) return;
  if (record.leg.call && !comes_back({no, *record.leg.call}, record.index)) return;
  auto& entry = leg_entry(key);
  auto const before = lift(entry);
  if (entry.named == Machine::none)
    entry.named = record.is_streamer ? Machine::streamer : Machine::recorder;
  auto& facts = entry.leg.facts;
  if (!facts.call && !facts.in_ivr) facts.call = record.leg.call;
  entry.leg.heard = at.now;
  settle(entry, before, draft, at);
  if (entry.in_call()) calls_.at({no, *facts.call}).call.heard = at.now;
}

}  // namespace wardroom::security_notices
