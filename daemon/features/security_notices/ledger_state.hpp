/// The tables behind ConferenceLedger and the few moves that keep them consistent. Used by its own
/// sources only.
///
/// A move of a leg is: `lift` it out of its conference's count, change its facts, `settle` it.
#pragma once
#include "features/security_notices/conference_ledger.hpp"
#include "features/security_notices/ended_ones.hpp"
#include "features/security_notices/leg_facts.hpp"

#include <functional>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace wardroom::security_notices {

struct KeyHash {
  template <class Key>
  std::size_t operator()(Key const& key) const {
    return std::hash<decltype(key.id)>{}(key.id) * 31 + key.bridge;
  }
};

/// The least trusted first; among equals by key, so that the order of arrival does not matter.
struct LeastTrustedFirst {
  bool operator()(LegEntry const* a, LegEntry const* b) const {
    if (a->leg.classified.level != b->leg.classified.level)
      return a->leg.classified.level > b->leg.classified.level;
    return a->leg.key < b->leg.key;
  }
};

struct CallEntry {
  Call call;
  std::int64_t last_index = -1;  ///< of the records that told of it or of a leg in it
  bool asked = false;            ///< the API told of it; when it told no correlator, there is none
  std::uint64_t other_bridges =
      0;  ///< instances elsewhere, as its bridge told, less those that ended
  Tick other_bridges_at = 0;
};

struct ConferenceEntry {
  ConferenceId id;
  std::uint64_t arrival = 0;
  std::vector<CallKey> calls;
  std::set<LegEntry const*, LeastTrustedFirst> counted;
  Tick heard = 0;
  Tick complete = 0;       ///< when the last complete reading began
  Tick instance_left = 0;  ///< one of its calls ended
};

struct Bridge {
  std::string name;
  std::optional<bool> clustered;
  std::string doubt;  ///< that somebody told
  Tick doubt_at = 0;
  std::set<conference::CallId> unknown_calls;  ///< to be asked for their correlator
  std::set<conference::LegId> unknown_legs, maybe_links;
  std::set<conference::LegId> adrift;  ///< of unknown_legs: those that may be in any call
  Tick unknown_at = 0;                 ///< the newest of unknown_calls and adrift came
  std::string shown_doubt;             ///< as doubt_of says it
  Tick session_at = 0;                 ///< answers asked for before know the last session
  std::set<conference::CallId> calls;

  bool has_unknown() const { return !unknown_calls.empty() || !adrift.empty(); }
  bool in_doubt() const { return !doubt.empty() || has_unknown(); }
  bool may_share() const { return clustered.value_or(true); }
  /// Everything it is in doubt about is older than that.
  bool doubts_before(Tick tick) const {
    return (doubt.empty() || doubt_at <= tick) && (!has_unknown() || unknown_at <= tick);
  }
};

/// Collects what one call of the ledger changes.
class Draft {
 public:
  void touch(ConferenceId const& conference);
  void joined(Leg const& leg);
  Changes changes;

 private:
  std::unordered_set<ConferenceId> touched_;
  std::unordered_map<LegKey, std::size_t, KeyHash> joined_;
};

/// The moment of a change: what it comes from decides what follows.
struct Moment {
  Tick now = 0;
  std::optional<Instant> time{};
  bool record = false;  ///< calm begins anew
};

class ConferenceLedger::Impl {
 public:
  Impl(std::vector<std::string> bridges, ClassRules rules);

  Changes apply(Tick now, BridgeNo bridge, conference::CallRecord const& record);
  Changes new_session(Tick now, BridgeNo bridge);
  void expect_machine(LegKey leg, conference::CallId call, Machine machine);
  void forget_machines(BridgeNo bridge);
  Changes expect_call(Tick now, CallKey const& call,
                      std::optional<conference::Correlator> const& correlator);
  Changes doubt(Tick now, BridgeNo bridge, std::string why);
  Changes take_bridge(Tick now, BridgeNo bridge, Tick begun, std::vector<CallReading> const& all);
  Changes take_call(Tick now, CallKey const& call, Tick begun, CallReading const& reading);
  Changes take_ended(Tick now, CallKey const& call, Tick begun);
  Changes take_leg(Tick now, LegKey const& leg, Tick begun, conference::LegFacts const& facts,
                   std::optional<bool> is_link);
  Changes take_leg_ended(Tick now, LegKey const& leg, Tick begun);
  Changes take_complete(ConferenceId const& conference, Tick begun);
  void set_cluster(Tick now, BridgeNo bridge, bool clustered);
  Changes set_bridge_hosts(Tick now, std::vector<std::string> const& hosts);
  Changes set_rules(Tick now, ClassRules rules);

  std::vector<Question> questions(BridgeNo bridge) const;
  Evidence evidence(ConferenceEntry const& conference) const;
  std::uint64_t unseen_instances(ConferenceEntry const& conference) const;
  ConferenceEntry const* find(ConferenceId const& id) const;
  CallEntry const* find(CallKey const& key) const;
  LegEntry const* find(LegKey const& key) const;
  Bridge const& bridge(BridgeNo no) const { return bridges_.at(no); }
  std::map<std::uint64_t, ConferenceEntry const*> const& in_order() const { return in_order_; }
  std::size_t conferences() const { return conferences_.size(); }
  std::array<std::size_t, 4> const& participants() const { return participants_; }
  std::size_t legs() const { return legs_.size() - strangers_.size(); }

 private:
  struct Before {
    Leg leg;
    std::string address;
  };
  static constexpr std::size_t most_strangers = 10'000;
  static constexpr std::size_t most_ended_legs = 131'072, most_ended_calls = 16'384;

  // ledger_places.cpp
  Before lift(LegEntry& entry);
  /// What was found out about links was about the old one.
  void note_address(LegEntry& entry, Before const& before, Tick when);
  void settle(LegEntry& entry, Before const& before, Draft& draft, Moment const& at);
  void enter(LegEntry& entry, Draft& draft, Moment const& at);
  void leave(LegEntry& entry, conference::CallId const& call);
  void recall_machine(LegEntry& entry);
  void count(LegEntry& entry);
  void keep_as_stranger(LegEntry& entry);
  void drop_leg(LegEntry& entry, std::string const& reason, Draft& draft, Moment const& at);
  LegEntry& leg_entry(LegKey const& key);
  Surroundings around(LegEntry const& entry) const;

  // ledger_calls.cpp
  CallEntry* known_call(CallKey const& key);
  CallEntry& call_entry(CallKey const& key, Draft& draft, Moment const& at,
                        std::optional<conference::Correlator> const& correlator = {});
  void merge_call(CallEntry& entry, conference::CallFacts const& facts, bool fill_only,
                  Draft& draft, Moment const& at);
  void join(CallEntry& entry, ConferenceId const& id, Tick complete);
  void part(CallEntry& entry, Draft& draft);
  void drop_call(CallEntry& entry, std::string const& reason, Ended how, Draft& draft,
                 Moment const& at);
  void hear(ConferenceId const& id, Draft& draft, Moment const& at);
  void judge_all(Draft& draft, Moment const& at, std::function<bool(LegEntry const&)> whom);

  // ledger_records.cpp
  void call_started(BridgeNo bridge, conference::CallRecord const& record, Draft& draft, Moment at);
  void call_ended(BridgeNo bridge, conference::CallRecord const& record, Draft& draft, Moment at);
  void leg_told(BridgeNo bridge, conference::CallRecord const& record, Draft& draft, Moment at);
  void leg_ended(BridgeNo bridge, conference::CallRecord const& record, Draft& draft, Moment at);
  void machine_started(BridgeNo bridge, conference::CallRecord const& record, Draft& draft,
                       Moment at);
  bool is_over(LegKey const& key, conference::CallRecord const& record) const;
  bool comes_back(CallKey const& key, std::optional<std::uint64_t> index);

  // ledger_answers.cpp
  void answer_call(CallKey const& key, Tick begun, CallReading const& reading, Draft& draft,
                   Moment const& at);
  void answer_leg(LegKey const& key, Tick begun, conference::LegFacts const& facts,
                  std::optional<bool> is_link, bool alone, Draft& draft, Moment const& at);
  void remove_unlisted(CallEntry& entry, Tick begun, CallReading const& reading, Draft& draft,
                       Moment const& at);
  void remove_unlisted(BridgeNo no, Tick begun, std::vector<CallReading> const& all, Draft& draft,
                       Moment const& at);
  bool comes_back(CallKey const& key, Tick begun);
  bool comes_back(LegKey const& key, Tick begun, std::optional<conference::CallId> const& call);

  // ledger_doubt.cpp
  void question_call(CallEntry const& entry, Tick now);
  void question_leg(LegEntry const& entry, Tick now);
  void forget_questions(LegKey const& key);
  void touch_shared(BridgeNo bridge, Draft& draft) const;
  void tell_doubt(BridgeNo bridge, bool was_in_doubt, Tick was_unknown_at, Draft& draft);
  template <class Act>
  Changes change(BridgeNo no, Act act) {
    bool const was_in_doubt = bridges_.at(no).in_doubt();
    Tick const was_unknown_at = bridges_[no].unknown_at;
    Draft draft;
    act(draft);
    tell_doubt(no, was_in_doubt, was_unknown_at, draft);
    return std::move(draft.changes);
  }
  std::string own_doubt(BridgeNo bridge) const;
  std::string doubt_about(ConferenceEntry const& conference) const;

  std::vector<Bridge> bridges_;
  ClassRules rules_;
  std::unordered_set<std::string> bridge_hosts_;
  std::unordered_map<LegKey, std::pair<conference::CallId, Machine>, KeyHash> expected_machines_;
  std::unordered_map<CallKey, CallEntry, KeyHash> calls_;
  std::unordered_map<LegKey, LegEntry, KeyHash> legs_;
  std::unordered_map<ConferenceId, ConferenceEntry> conferences_;
  std::map<std::uint64_t, ConferenceEntry const*> in_order_;
  std::map<std::uint64_t, LegKey> strangers_;
  std::array<std::size_t, 4> participants_{};  ///< the counted of all conferences, by level
  EndedOnes ended_legs_{most_ended_legs}, ended_calls_{most_ended_calls};
  std::uint64_t turns_ = 0;
  Tick newest_complete_ = 0;
};

/// "1e6000a0…": enough to find it, short enough for a sentence.
std::string short_id(std::string const& id);

}  // namespace wardroom::security_notices
