/// One leg with where its facts come from: how facts come together, and what follows. Pure.
///
///   newest record         replaces what it names, and nothing else
///   late record           fills what is not known yet
///   answer, asked for after the last record or answer about the leg:
///                         replaces what may change; kinds are only filled, or become worse
///   older answer          fills what is not known yet
#pragma once
#include "features/security_notices/conference_ledger.hpp"

#include <string_view>
#include <unordered_set>

namespace wardroom::security_notices {

struct LegEntry {
  Leg leg;
  bool start_heard = false;        ///< callLegStart: what updates do not repeat
  bool party_from_record = false;  ///< remoteParty; then an answer's does not replace it
  bool link_proven = false, link_refuted = false;
  Machine named = Machine::none;  ///< a recording or streaming named it
  /// What the API calls its address, where that contradicts the records and nobody knows which is
  /// newer: the less trusted of both counts.
  conference::Text second_address{};
  Tick address_at = 0;  ///< its address changed
  /// When its call, and its address, were last told: a record that names neither makes neither
  /// newer than an answer.
  Tick place_at = 0, party_at = 0;
  bool was_in_call = false;    ///< at least once
  bool counted = false;        ///< in its conference's count
  std::size_t place = 0;       ///< in its call's legs
  std::uint64_t stranger = 0;  ///< its turn among those without a call; 0 = it is none of them

  /// What decides about a person is known: its start, or the API's answer in place of it.
  bool told() const { return start_heard || leg.asked; }
  bool in_call() const { return leg.facts.call.has_value(); }
  /// It may be in any call: an update told of it, and nothing says where it is.
  bool adrift() const {
    return !told() && !in_call() && !leg.facts.in_ivr && leg.machine == Machine::none;
  }
};

void merge_record(LegEntry& entry, conference::LegFacts const& told, bool late);
/// By what was asked for at `begun`: whatever records told of since stays.
void merge_answer(LegEntry& entry, conference::LegFacts const& told, Tick begun);

/// The last remoteAddress, else remoteParty, else what the API says. Source: cms.md 4.3.
std::string_view effective_address(conference::LegFacts const& facts);

/// A Lync or Skype conference: one leg stands for people that nobody here knows.
bool is_lync_conference(conference::CallFacts const& call);

/// What surrounds a leg and decides about it as well.
struct Surroundings {
  ClassRules const& rules;
  std::unordered_set<std::string> const& bridge_hosts;
  bool lync_conference = false;
  bool may_have_links = true;  ///< its bridge is, or may be, in a cluster
};
struct Judgement {
  Classified classified;
  Machine machine = Machine::none;
  bool maybe_link = false;
  bool operator==(Judgement const&) const = default;
};
Judgement judge(LegEntry const& entry, Surroundings const& around);
/// The API may tell what the level of a participant rests on, and was not asked yet.
bool is_to_be_asked(LegEntry const& entry);

/// A domain in its one spelling, as bridge_hosts has it; empty for an IP address: each is
/// suspicious.
std::string host_text(std::string_view host);

}  // namespace wardroom::security_notices
