// What is not known, whom that concerns, and what the level of a conference rests on.
#include "base/planted.hpp"
#include "features/security_notices/ledger_state.hpp"

#include <algorithm>

namespace wardroom::security_notices {

std::string short_id(std::string const& id) { return id.size() <= 8 ? id : id.substr(0, 8) + "…"; }

Changes ConferenceLedger::Impl::doubt(Tick now, BridgeNo no, std::string why) {
  return change(no, [&](Draft& draft) {
    Bridge& bridge = bridges_[no];
    bridge.doubt = why.empty() ? "not read yet" : std::move(why);
    bridge.doubt_at = now;
    touch_shared(no, draft);
  });
}

Changes ConferenceLedger::Impl::new_session(Tick now, BridgeNo no) {
  return change(no, [&](Draft& draft) {
    Bridge& bridge = bridges_[no];
    Moment const at{.now = now, .time = {}, .record = true};
    // Whatever comes of the new session is newer than all of the old one.
    for (auto const calls = bridge.calls; auto const& id : calls)
      drop_call(*known_call({no, id}), "the bridge was restarted", {false, -1, now}, draft, at);
    for (auto const strangers = strangers_; auto const& [turn, key] : strangers)
      if (key.bridge == no) drop_leg(legs_.at(key), "the bridge was restarted", draft, at);
    forget_machines(no);
    bridge.session_at = now;
  });
}

void ConferenceLedger::Impl::set_cluster(Tick now, BridgeNo no, bool clustered) {
  if (std::exchange(bridges_.at(no).clustered, clustered) == clustered) return;
  Draft draft;  // only suspicions change, and what is to be asked
  judge_all(draft, {.now = now}, [no](LegEntry const& leg) { return leg.leg.key.bridge == no; });
}

Changes ConferenceLedger::Impl::set_bridge_hosts(Tick now, std::vector<std::string> const& hosts) {
  std::unordered_set<std::string> known;
  for (auto const& host : hosts)
    if (auto text = host_text(host); !text.empty()) known.insert(std::move(text));
  if (known == bridge_hosts_) return {};
  bridge_hosts_ = std::move(known);
  Draft draft;
  judge_all(draft, {.now = now}, [](LegEntry const&) { return true; });
  return std::move(draft.changes);
}

Changes ConferenceLedger::Impl::set_rules(Tick now, ClassRules rules) {
  rules_ = std::move(rules);
  Draft draft;
  judge_all(draft, {.now = now}, [](LegEntry const&) { return true; });
  return std::move(draft.changes);
}

void ConferenceLedger::Impl::question_call(CallEntry const& entry, Tick now) {
  Bridge& bridge = bridges_[entry.call.key.bridge];
  if (entry.asked || entry.call.facts.correlator)
    bridge.unknown_calls.erase(entry.call.key.id);
  else if (bridge.unknown_calls.insert(entry.call.key.id).second)
    bridge.unknown_at = now;
}

void ConferenceLedger::Impl::question_leg(LegEntry const& entry, Tick now) {
  LegKey const& key = entry.leg.key;
  Bridge& bridge = bridges_[key.bridge];
  auto const put = [&](std::set<conference::LegId>& list, bool is_in) {
    return is_in ? list.insert(key.id).second : (list.erase(key.id), false);
  };
  put(bridge.unknown_legs, is_to_be_asked(entry));
  put(bridge.maybe_links, entry.leg.maybe_link);
  if (put(bridge.adrift, entry.adrift())) bridge.unknown_at = now;
}

void ConferenceLedger::Impl::forget_questions(LegKey const& key) {
  Bridge& bridge = bridges_[key.bridge];
  for (auto* list : {&bridge.unknown_legs, &bridge.maybe_links, &bridge.adrift})
    list->erase(key.id);
}

/// A suspicion answers both questions about a leg.
std::vector<Question> ConferenceLedger::Impl::questions(BridgeNo no) const {
  Bridge const& bridge = bridges_.at(no);
  std::vector<Question> out;
  auto const ask = [&](Question::Kind kind, conference::LegId const& id) {
    auto const& facts = legs_.at({no, id}).leg.facts;
    out.push_back({kind, {no, facts.call.value_or(conference::CallId())}, {no, id}});
  };
  for (auto const& id : bridge.unknown_calls) out.push_back({Question::Kind::call, {no, id}, {}});
  for (auto const& id : bridge.maybe_links) ask(Question::Kind::link, id);
  for (auto const& id : bridge.unknown_legs)
    if (!bridge.maybe_links.contains(id)) ask(Question::Kind::leg, id);
  return out;
}

/// Conferences with a call on that bridge, or that its cluster may share with it.
void ConferenceLedger::Impl::touch_shared(BridgeNo no, Draft& draft) const {
  for (auto const& [arrival, conference] : in_order_)
    if (std::ranges::any_of(conference->calls, [&](CallKey const& call) {
          return call.bridge == no ||
                 (bridges_[no].may_share() && bridges_[call.bridge].may_share());
        }))
      draft.touch(conference->id);
}

std::string ConferenceLedger::Impl::own_doubt(BridgeNo no) const {
  Bridge const& bridge = bridges_[no];
  if (!bridge.doubt.empty()) return bridge.doubt;
  if (!bridge.unknown_calls.empty())
    return "call " + short_id(bridge.unknown_calls.begin()->text()) + " is not known yet";
  if (!bridge.adrift.empty())
    return "where leg " + short_id(bridge.adrift.begin()->text()) + " is is not known yet";
  return {};
}

/// After every change of a bridge: whom it concerns when doubt begins or ends. Doubt that goes on
/// and is renewed concerns those that a complete reading had freed of it.
void ConferenceLedger::Impl::tell_doubt(BridgeNo no, bool was_in_doubt, Tick was_unknown_at,
                                        Draft& draft) {
  Bridge& bridge = bridges_[no];
  bridge.shown_doubt = own_doubt(no);
  bool const renewed = bridge.unknown_at > was_unknown_at && newest_complete_ >= was_unknown_at;
  if (was_in_doubt != bridge.in_doubt() || renewed) touch_shared(no, draft);
}

std::uint64_t ConferenceLedger::Impl::unseen_instances(ConferenceEntry const& conference) const {
  std::uint64_t most = 0;
  for (auto const& key : conference.calls) {
    std::set<BridgeNo> others;
    for (auto const& other : conference.calls)
      if (other.bridge != key.bridge) others.insert(other.bridge);
    std::uint64_t const told = calls_.at(key).other_bridges;
    if (told > others.size()) most = std::max<std::uint64_t>(most, told - others.size());
  }
  return most;
}

std::string ConferenceLedger::Impl::doubt_about(ConferenceEntry const& conference) const {
  bool may_share = false;
  for (auto const& call : conference.calls) {
    Bridge const& bridge = bridges_[call.bridge];
    may_share = may_share || bridge.may_share();
    if (bridge.in_doubt()) return bridge.name + ": " + bridge.shown_doubt;
  }
  auto const unseen = unseen_instances(conference);
  if (unseen > 0)
    return std::to_string(unseen) + (unseen == 1 ? " instance runs" : " instances run") +
           " on a bridge that is not known";
  if (!may_share) return {};
  for (Bridge const& bridge : bridges_)
    if (bridge.in_doubt() && bridge.may_share() && !bridge.doubts_before(conference.complete))
      return bridge.name + " may have a part of it: " + bridge.shown_doubt;
  return {};
}

Evidence ConferenceLedger::Impl::evidence(ConferenceEntry const& conference) const {
  Evidence out{.heard = conference.heard, .participants = conference.counted.size()};
  out.doubt = doubt_about(conference);
  for (auto const& call : conference.calls)
    out.heard =
        std::max({out.heard, bridges_[call.bridge].doubt_at, bridges_[call.bridge].unknown_at});
  if (conference.counted.empty()) {
    out.cause = "nobody is in it";
    return out;
  }
  Leg const& worst = WARDROOM_PLANTED("level-of-the-best-leg") ? (*conference.counted.rbegin())->leg
                                                               : (*conference.counted.begin())->leg;
  auto const& domain = worst.classified.domain;
  out.level = worst.classified.level;
  out.cause = "leg " + short_id(worst.key.id.text()) + " (" + worst.facts.type.value_or("unknown") +
              ", " + (domain.empty() ? worst.classified.why : domain) + ")";
  return out;
}

}  // namespace wardroom::security_notices
