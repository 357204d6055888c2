/// A ledger with three bridges, and the few words to tell it records and answers.
#pragma once
#include "features/security_notices/conference_ledger.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace wardroom::security_notices::test {

using conference::CallFacts;
using conference::CallId;
using conference::CallRecord;
using conference::LegFacts;
using conference::LegId;
using conference::RecordKind;

inline ClassRules domains() {
  return {*DomainList::make({"acme.example"}), *DomainList::make({"staff.example"})};
}

struct LedgerSite {
  ConferenceLedger ledger{{"cms1", "cms2", "cms3"}, domains()};
  std::array<std::uint64_t, 3> next{};  ///< correlatorIndex of each bridge
  Changes last;                         ///< of what was told last

  Changes const& tell(BridgeNo bridge, CallRecord record, std::optional<std::uint64_t> index = {}) {
    record.index = index ? *index : next[bridge]++;
    record.time = Instant(std::chrono::seconds(1'700'000'000 + *record.index));
    return last = ledger.apply(bridge, record);
  }
  Changes const& call(BridgeNo bridge, std::string id, std::string correlator = "conf",
                      std::optional<std::uint64_t> index = {}) {
    return tell(bridge, call_start(id, correlator), index);
  }
  /// In the call from the start, or in none.
  Changes const& join(BridgeNo bridge, std::string leg, std::string call, std::string address) {
    return tell(bridge, leg_start(leg, call, address));
  }
  Changes const& leave(BridgeNo bridge, std::string leg) { return tell(bridge, leg_end(leg)); }
  Changes const& end(BridgeNo bridge, std::string call) {
    return tell(bridge, {.kind = RecordKind::call_end, .call = {.id = CallId(call)}});
  }

  static CallRecord call_start(std::string id, std::string correlator) {
    CallRecord out{.kind = RecordKind::call_start, .call = {.id = CallId(id)}};
    if (!correlator.empty()) out.call.correlator = conference::Correlator(correlator);
    return out;
  }
  static CallRecord leg_start(std::string leg, std::string call, std::string address) {
    CallRecord out{.kind = RecordKind::leg_start, .leg = {.id = LegId(leg)}};
    if (!call.empty()) out.leg.call = CallId(call);
    if (!address.empty()) out.leg.remote_party = address;
    out.leg.type = "sip";
    return out;
  }
  static CallRecord leg_update(std::string leg, std::string call = "", std::string address = "") {
    CallRecord out{.kind = RecordKind::leg_update, .leg = {.id = LegId(leg)}};
    if (!call.empty()) out.leg.call = CallId(call);
    if (!address.empty()) out.leg.remote_address = address;
    return out;
  }
  static CallRecord leg_end(std::string leg) {
    return {.kind = RecordKind::leg_end, .leg = {.id = LegId(leg)}, .end_reason = "remoteTeardown"};
  }
  static LegFacts listed(std::string leg, std::string address, std::string type = "sip") {
    LegFacts out{.id = LegId(leg)};
    if (!address.empty()) out.remote_party = out.original_remote_party = address;
    if (!type.empty()) out.type = type;
    return out;
  }
  static CallReading reading(std::string call, std::string correlator, std::vector<LegFacts> legs,
                             std::uint64_t other_bridges = 0) {
    CallReading out{.call = {.facts = {.id = CallId(call)}, .other_bridges = other_bridges},
                    .legs = std::move(legs)};
    if (!correlator.empty()) out.call.facts.correlator = conference::Correlator(correlator);
    return out;
  }

  static ConferenceId id(std::string text = "conf") { return ConferenceId(std::move(text)); }
  Evidence evidence(std::string conference = "conf") const {
    return ledger.evidence(id(std::move(conference)));
  }
  int level(std::string conference = "conf") const {
    return number(evidence(std::move(conference)).level);
  }
  bool in_doubt(std::string conference = "conf") const {
    return !evidence(std::move(conference)).doubt.empty();
  }
  Leg const* leg(BridgeNo bridge, std::string leg) const {
    return ledger.leg({bridge, LegId(std::move(leg))});
  }
  std::vector<Question::Kind> questions(BridgeNo bridge) const {
    std::vector<Question::Kind> out;
    for (auto const& each : ledger.questions(bridge)) out.push_back(each.kind);
    return out;
  }
};

/// Everything that must not depend on the order of arrival.
inline std::vector<std::string> state_of(ConferenceLedger const& ledger) {
  std::vector<std::string> out;
  for (auto const& id : ledger.conferences()) {
    auto const evidence = ledger.evidence(id);
    out.push_back(id.text() + " " + std::to_string(number(evidence.level)) + " " +
                  std::to_string(evidence.participants) + " " + evidence.cause + evidence.doubt);
    for (auto const& call : ledger.calls(id))
      out.push_back(id.text() + " has " + std::to_string(call.bridge) + call.id.text());
    for (auto const* leg : ledger.people(id))
      out.push_back(id.text() + " with " + std::to_string(leg->key.bridge) + leg->key.id.text() +
                    " " + leg->classified.why + std::to_string(static_cast<int>(leg->machine)) +
                    leg->facts.call->text());
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace wardroom::security_notices::test
