#include "features/security_notices/conference_ledger.hpp"

#include "base/planted.hpp"
#include "features/security_notices/ledger_state.hpp"

#include <algorithm>
#include <iterator>

namespace wardroom::security_notices {

using conference::CallRecord;
using conference::LegFacts;

bool Changes::empty() const {
  return conferences.empty() && joined.empty() && left.empty() && new_calls.empty() &&
         gone_calls.empty() && renamed.empty();
}

void Changes::add(Changes other) {
  auto const append = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  std::unordered_set<LegKey, KeyHash> told_anew;
  for (auto const& leg : other.joined) told_anew.insert(leg.key);
  for (auto const& [leg, reason] : other.left) told_anew.insert(leg.key);
  std::erase_if(joined, [&](Leg const& leg) { return told_anew.contains(leg.key); });
  std::unordered_set<ConferenceId> const known(conferences.begin(), conferences.end());
  std::erase_if(other.conferences, [&](ConferenceId const& id) { return known.contains(id); });
  append(conferences, other.conferences);
  append(joined, other.joined);
  append(left, other.left);
  append(new_calls, other.new_calls);
  append(gone_calls, other.gone_calls);
  append(renamed, other.renamed);
}

ConferenceLedger::Impl::Impl(std::vector<std::string> bridges, ClassRules rules)
    : rules_(std::move(rules)) {
  for (auto& name : bridges) bridges_.emplace_back().name = std::move(name);
}

ConferenceEntry const* ConferenceLedger::Impl::find(ConferenceId const& id) const {
  auto const at = conferences_.find(id);
  return at == conferences_.end() ? nullptr : &at->second;
}
CallEntry const* ConferenceLedger::Impl::find(CallKey const& key) const {
  auto const at = calls_.find(key);
  return at == calls_.end() ? nullptr : &at->second;
}
LegEntry const* ConferenceLedger::Impl::find(LegKey const& key) const {
  auto const at = legs_.find(key);
  return at == legs_.end() ? nullptr : &at->second;
}

ConferenceLedger::ConferenceLedger(std::vector<std::string> bridges, ClassRules rules)
    : impl_(std::make_unique<Impl>(std::move(bridges), std::move(rules))) {}
ConferenceLedger::~ConferenceLedger() = default;

Changes ConferenceLedger::apply(BridgeNo bridge, CallRecord const& record) {
  if (!WARDROOM_PLANTED("lowered-by-an-old-reading")) ++tick_;
  return impl_->apply(tick_, bridge, record);
}
Changes ConferenceLedger::new_session(BridgeNo bridge) {
  return impl_->new_session(++tick_, bridge);
}
void ConferenceLedger::expect_machine(LegKey leg, conference::CallId call, Machine machine) {
  impl_->expect_machine(std::move(leg), std::move(call), machine);
}
void ConferenceLedger::forget_machines(BridgeNo bridge) { impl_->forget_machines(bridge); }
Changes ConferenceLedger::expect_call(CallKey call,
                                      std::optional<conference::Correlator> const& correlator) {
  return impl_->expect_call(++tick_, call, correlator);
}
Changes ConferenceLedger::doubt(BridgeNo bridge, std::string why) {
  return impl_->doubt(++tick_, bridge, std::move(why));
}
std::string const& ConferenceLedger::doubt_of(BridgeNo bridge) const {
  return impl_->bridge(bridge).shown_doubt;
}
Changes ConferenceLedger::take_bridge(BridgeNo bridge, Tick begun, std::vector<CallReading> all) {
  return impl_->take_bridge(++tick_, bridge, begun, all);
}
Changes ConferenceLedger::take_call(CallKey call, Tick begun, CallReading reading) {
  return impl_->take_call(++tick_, call, begun, reading);
}
Changes ConferenceLedger::take_ended(CallKey call, Tick begun) {
  return impl_->take_ended(++tick_, call, begun);
}
Changes ConferenceLedger::take_leg(LegKey leg, Tick begun, LegFacts facts,
                                   std::optional<bool> is_link) {
  return impl_->take_leg(++tick_, leg, begun, facts, is_link);
}
Changes ConferenceLedger::take_leg_ended(LegKey leg, Tick begun) {
  return impl_->take_leg_ended(++tick_, leg, begun);
}
Changes ConferenceLedger::take_complete(ConferenceId const& conference, Tick begun) {
  ++tick_;
  return impl_->take_complete(conference, begun);
}

void ConferenceLedger::set_cluster(BridgeNo bridge, bool clustered) {
  impl_->set_cluster(++tick_, bridge, clustered);
}
Changes ConferenceLedger::set_bridge_hosts(std::vector<std::string> hosts) {
  return impl_->set_bridge_hosts(++tick_, hosts);
}
Changes ConferenceLedger::set_rules(ClassRules rules) {
  return impl_->set_rules(++tick_, std::move(rules));
}

std::vector<Question> ConferenceLedger::questions(BridgeNo bridge) const {
  return impl_->questions(bridge);
}

std::vector<ConferenceId> ConferenceLedger::conferences() const {
  std::vector<ConferenceId> out;
  for (auto const& [arrival, conference] : impl_->in_order()) out.push_back(conference->id);
  return out;
}
std::size_t ConferenceLedger::size() const { return impl_->conferences(); }
std::size_t ConferenceLedger::legs() const { return impl_->legs(); }
std::array<std::size_t, 4> ConferenceLedger::participants() const { return impl_->participants(); }
bool ConferenceLedger::knows(ConferenceId const& conference) const {
  return impl_->find(conference) != nullptr;
}

Evidence ConferenceLedger::evidence(ConferenceId const& conference) const {
  auto const* known = impl_->find(conference);
  return known == nullptr ? Evidence{} : impl_->evidence(*known);
}

std::vector<CallKey> ConferenceLedger::calls(ConferenceId const& conference) const {
  auto const* known = impl_->find(conference);
  return known == nullptr ? std::vector<CallKey>{} : known->calls;
}

std::vector<CallKey> ConferenceLedger::calls_of(BridgeNo bridge) const {
  std::vector<CallKey> out;
  for (auto const& id : impl_->bridge(bridge).calls) out.push_back({bridge, id});
  return out;
}

Call const* ConferenceLedger::call(CallKey const& key) const {
  auto const* known = impl_->find(key);
  return known == nullptr ? nullptr : &known->call;
}

Leg const* ConferenceLedger::leg(LegKey const& key) const {
  auto const* known = impl_->find(key);
  return known == nullptr ? nullptr : &known->leg;
}

std::vector<Leg const*> ConferenceLedger::people(ConferenceId const& conference) const {
  std::vector<Leg const*> out;
  for (auto const& key : calls(conference))
    for (auto const& id : impl_->find(key)->call.legs)
      out.push_back(&impl_->find(LegKey{key.bridge, id})->leg);
  return out;
}

std::optional<ConferenceId> ConferenceLedger::conference_of(CallKey const& key) const {
  auto const* known = impl_->find(key);
  if (known == nullptr) return std::nullopt;
  return known->call.conference;
}

std::uint64_t ConferenceLedger::unseen_instances(ConferenceId const& conference) const {
  auto const* known = impl_->find(conference);
  return known == nullptr ? 0 : impl_->unseen_instances(*known);
}

}  // namespace wardroom::security_notices
