/// Reads what runs on a bridge, whole or not at all.
///
/// A call that ends while it is read is left out (what ended needs no proof); anything else that
/// fails fails the reading: half an answer could hide somebody. Source: cms.md 6.2, 7.3.
#pragma once
#include "features/security_notices/conference_ledger.hpp"
#include "ports/conferences.hpp"

#include <functional>
#include <set>

namespace wardroom::security_notices {

/// Legs whose type the ledger knows already need no request of their own.
using KnownLeg = std::function<bool(conference::LegId const&)>;

/// One call with all legs. not_found = it is over.
Task<Result<CallReading>> read_call(Conferences& bridge, conference::CallId id, KnownLeg known);
/// All calls of a bridge.
Task<Result<std::vector<CallReading>>> read_bridge(Conferences& bridge, KnownLeg known);
/// Whether a suspicious leg joins two bridges: its own subtype says so, or its groupId is no
/// participant of its call. The address alone never suffices: anybody can claim one. Source: cms.md
/// 5 "Distribution links", ways 2 to 4.
struct LinkFinding {
  conference::LegFacts facts;
  bool is_link = false;
  bool says_so = false;  ///< by its subtype. Else it is no participant: ask again a while later,
                         ///< for a list taken while somebody joins may lack him
};
Task<Result<LinkFinding>> look_at_link(Conferences& bridge, conference::LegId leg);

}  // namespace wardroom::security_notices
