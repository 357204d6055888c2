#include "features/security_notices/leg_facts.hpp"

#include <algorithm>
#include <cctype>

namespace wardroom::security_notices {
namespace {

using conference::Flag;
using conference::LegFacts;
using conference::Text;

bool is_word(Text const& text, std::string_view lower_case) {
  return text && std::ranges::equal(*text, lower_case, [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == b;
         });
}

bool is_said(Text const& text) { return text && !text->empty(); }

void take(Text& known, Text const& told, bool fill_only) {
  if (is_said(told) && !(fill_only && known)) known = told;
}
void take(Flag& known, Flag const& told, bool fill_only) {
  if (told && !(fill_only && known)) known = told;
}
/// Once true, always true.
void take_worse(Flag& known, Flag const& told) {
  if (told) known = *told || known.value_or(false);
}

void take_place(LegFacts& known, LegFacts const& told, bool fill_only) {
  if (fill_only && (known.call || known.in_ivr)) return;
  if (told.in_ivr) {
    known.call.reset();
    known.in_ivr = true;
  } else if (told.call && !told.call->empty()) {
    known.call = told.call;
    known.in_ivr = false;
  }
}

/// What a leg is does not change in its life; whatever says "web or app" is believed.
void take_kind(LegFacts& known, LegFacts const& told) {
  take(known.type, told.type, !is_word(told.type, "acano"));
  take(known.sub_type, told.sub_type, !is_word(told.sub_type, "webapp"));
  take(known.lync_sub_type, told.lync_sub_type, true);
  take(known.direction, told.direction, true);
  take(known.user_jid, told.user_jid, true);
  take(known.moved_from, told.moved_from, true);
  take(known.moved_from_bridge, told.moved_from_bridge, true);
  take(known.local_address, told.local_address, true);
  take_worse(known.guest, told.guest);
}

void take_state(LegFacts& known, LegFacts const& told, bool fill_only) {
  take(known.display_name, told.display_name, fill_only);
  take(known.sip_call_id, told.sip_call_id, fill_only);
  take(known.group_id, told.group_id, fill_only);
  take(known.deactivated, told.deactivated, fill_only);
  take(known.connected, told.connected, fill_only);
}

/// What a record says is so. In answers the words may as well tell what the far end does, so that
/// whoever records with an endpoint of his own would be a machine: bridges call their recorders and
/// streamers, and nobody who calls in is one by an answer.
void take_machine(LegFacts& known, LegFacts const& told, bool fill_only, bool by_record) {
  if (!by_record && !is_word(known.direction, "outgoing")) return;
  take(known.recording, told.recording, fill_only || !by_record);
  take(known.streaming, told.streaming, fill_only || !by_record);
}

bool same_host(std::string_view a, std::string_view b) {
  if (a == b) return true;
  auto const left = host_part(a), right = host_part(b);
  return !left.domain.empty() && left.domain == right.domain;
}

/// The API has one address, "remoteParty": the current one, as its "originalRemoteParty" beside it
/// shows where both differ (a record that told of the change was lost). Where they do not, nobody
/// knows whether it is the current one.
void take_party(LegEntry& entry, LegFacts const& told) {
  LegFacts& known = entry.leg.facts;
  take(known.original_remote_party, told.original_remote_party, false);
  take(known.remote_address, told.remote_address, false);
  if (!is_said(told.remote_party)) return;
  if (!entry.party_from_record) known.remote_party = told.remote_party;
  entry.second_address.reset();
  if (effective_address(known) == *told.remote_party) return;
  bool const moved = is_said(told.original_remote_party) &&
                     !same_host(*told.original_remote_party, *told.remote_party);
  (moved ? known.remote_address : entry.second_address) = told.remote_party;
}

bool is_link_type(Text const& sub_type) {
  return is_word(sub_type, "distributionlink") || is_word(sub_type, "lyncdistribution");
}

Machine machine_of(LegEntry const& entry) {
  LegFacts const& facts = entry.leg.facts;
  if (is_link_type(facts.sub_type) || entry.link_proven) return Machine::link;
  if (entry.named != Machine::none) return entry.named;
  if (facts.recording.value_or(false)) return Machine::recorder;
  if (facts.streaming.value_or(false)) return Machine::streamer;
  return Machine::none;
}

Classified classify_with(LegFacts const& facts, std::string_view address,
                         Surroundings const& around) {
  auto const text = [](Text const& each) {
    return std::string_view(each ? *each : std::string_view());
  };
  return classify(around.rules, {.type = text(facts.type),
                                 .sub_type = text(facts.sub_type),
                                 .guest = facts.guest.value_or(false),
                                 .has_user_jid = is_said(facts.user_jid),
                                 .has_sip_call_id = is_said(facts.sip_call_id),
                                 .in_lync_conference = around.lync_conference,
                                 .address = address});
}

Classified classified_of(LegEntry const& entry, Surroundings const& around) {
  auto const address = effective_address(entry.leg.facts);
  if (!entry.told())
    return {SecurityLevel::external, host_part(address).domain, "what it is is being asked"};
  auto by_records = classify_with(entry.leg.facts, address, around);
  if (!entry.second_address) return by_records;
  auto by_answer = classify_with(entry.leg.facts, *entry.second_address, around);
  return by_answer.level > by_records.level ? by_answer : by_records;
}

bool is_bridge_address(std::string_view address, Surroundings const& around) {
  if (address.empty()) return false;
  auto part = host_part(address);
  if (!part.is_address && part.domain.empty() && address.find('@') == address.npos)
    part = host_part("x@" + std::string(address));
  return part.is_address || (!part.domain.empty() && around.bridge_hosts.contains(part.domain));
}

bool is_suspicious(LegFacts const& facts, Surroundings const& around) {
  if (facts.type && !is_word(facts.type, "sip")) return false;
  auto const party =
      facts.remote_party ? std::string_view(*facts.remote_party) : std::string_view();
  return is_bridge_address(effective_address(facts), around) || is_bridge_address(party, around);
}

}  // namespace

std::string_view effective_address(LegFacts const& facts) {
  for (Text const* each :
       {&facts.remote_address, &facts.remote_party, &facts.original_remote_party})
    if (is_said(*each)) return **each;
  return {};
}

void merge_record(LegEntry& entry, LegFacts const& told, bool late) {
  LegFacts& known = entry.leg.facts;
  take_place(known, told, late);
  take(known.remote_party, told.remote_party, late && entry.party_from_record);
  entry.party_from_record = entry.party_from_record || is_said(told.remote_party);
  take(known.remote_address, told.remote_address, late);
  if (!late && is_said(told.remote_address)) entry.second_address.reset();
  take_kind(known, told);
  take_state(known, told, late);
  take_machine(known, told, late, true);
  entry.leg.connected = entry.leg.connected || told.connected.value_or(false);
}

void merge_answer(LegEntry& entry, LegFacts const& told, Tick begun) {
  LegFacts& known = entry.leg.facts;
  bool const fresh = entry.leg.heard <= begun;
  take_place(known, told, entry.place_at > begun);
  if (told.call) entry.place_at = std::max(entry.place_at, begun);
  if (entry.party_at <= begun) {
    take_party(entry, told);
    if (is_said(told.remote_party)) entry.party_at = begun;
  } else {
    take(known.remote_address, told.remote_address, true);
    take(known.remote_party, told.remote_party, true);
    take(known.original_remote_party, told.original_remote_party, true);
  }
  take_kind(known, told);
  take_state(known, told, !fresh);
  take_machine(known, told, !fresh, false);
  entry.leg.connected = entry.leg.connected || told.connected.value_or(false);
}

bool is_lync_conference(conference::CallFacts const& call) {
  return is_word(call.type, "lyncconferencing");
}

Judgement judge(LegEntry const& entry, Surroundings const& around) {
  Judgement out{.classified = classified_of(entry, around), .machine = machine_of(entry)};
  out.maybe_link = out.machine == Machine::none && entry.in_call() && !entry.link_refuted &&
                   around.may_have_links && is_suspicious(entry.leg.facts, around);
  return out;
}

bool is_to_be_asked(LegEntry const& entry) {
  if (entry.leg.asked || entry.leg.machine != Machine::none) return false;
  if (!entry.start_heard) return entry.in_call() || entry.adrift();
  LegFacts const& facts = entry.leg.facts;
  bool const may_be_sip = !facts.type || is_word(facts.type, "sip");
  return entry.in_call() && may_be_sip && (!facts.type || effective_address(facts).empty());
}

std::string host_text(std::string_view host) {
  auto const part = host_part("x@" + std::string(host));
  return part.domain;
}

}  // namespace wardroom::security_notices
