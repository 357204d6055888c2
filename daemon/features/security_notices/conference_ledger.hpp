/// Who is in which conference, folded from records and API answers in any order. Pure: no clock, no
/// I/O; on the loop.
///
/// Any record may come first, twice, late or never. What is not known counts as external. A leg
/// goes only by its end, its call's end, a new session, a move to another call, or a complete API
/// answer asked for after it was last heard of. Source: cms.md 3, 4, 5, 7.3.
///
/// Order is by ticks: each record, answer and change takes the next. `tick()` before a question to
/// the API tells which facts are older than the answer.
#pragma once
#include "features/security_notices/participant_class.hpp"
#include "ports/conferences.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace wardroom::security_notices {

using BridgeNo = std::uint16_t;  ///< place in the configuration
using Tick = std::uint64_t;

struct CallKey {
  BridgeNo bridge = 0;
  conference::CallId id;
  auto operator<=>(CallKey const&) const = default;
};
struct LegKey {
  BridgeNo bridge = 0;
  conference::LegId id;
  auto operator<=>(LegKey const&) const = default;
};

/// The correlator; while that is not known "BRIDGE~CALL" with the bridge's number.
using ConferenceId = Id<struct ConferenceTag>;

/// Why a leg is no participant.
enum class Machine : std::uint8_t { none, recorder, streamer, link };

/// One party, as it stands.
struct Leg {
  LegKey key;
  conference::LegFacts facts;  ///< merged: the newest of each
  Classified classified;       ///< of a person; of a machine it says nothing
  Machine machine = Machine::none;
  /// Its address is that of a bridge or an IP: whether it joins two bridges is to be asked. It
  /// counts until then.
  bool maybe_link = false;
  bool asked = false;               ///< the API told its type and groupId
  bool connected = false;           ///< it was, at least once
  std::optional<Instant> joined{};  ///< as the record says
  std::int64_t last_index = -1;     ///< of the records about it, in this session
  Tick heard = 0;

  bool in_lobby() const { return facts.deactivated.value_or(false); }
  /// Whether it is a participant of a call: also ringing, also in the lobby.
  bool counts() const { return facts.call && !facts.in_ivr && machine == Machine::none; }
};

/// One instance of a conference.
struct Call {
  CallKey key;
  conference::CallFacts facts;
  ConferenceId conference;
  std::optional<Instant> began{};
  std::vector<conference::LegId> legs;
  Tick heard = 0;
};

/// What the level of a conference rests on.
struct Evidence {
  SecurityLevel level = SecurityLevel::none;  ///< by who is known to be in it
  std::string cause{};  ///< "leg 1e60… (sip, partner.example.net)": no name, no full address
  /// Something about it is not known: level 3 until it is. Empty = all is known.
  std::string doubt{};
  /// The last record that concerns it, or doubt about its bridges; answers do not count, or no
  /// reading could ever prove anything.
  Tick heard = 0;
  std::size_t participants = 0;
  bool in_lowest_doubt() const { return !doubt.empty(); }
};

/// What one record or answer did; each list without repetition. A leg that moved left one call and
/// joined another: read `left` first. Machines join and leave as well (they do not count).
struct Changes {
  std::vector<ConferenceId> conferences{};  ///< whose evidence may differ, and the calls of it
  std::vector<Leg> joined{};  ///< became participants of a call, or changed (name, class, call)
  std::vector<std::pair<Leg, std::string>> left{};  ///< with the reason
  std::vector<CallKey> new_calls{};
  std::vector<CallKey> gone_calls{};
  std::vector<std::pair<ConferenceId, ConferenceId>> renamed{};  ///< its correlator became known
  void add(Changes other);
  bool empty() const;
};

/// What the API must be asked so that doubt ends. Told again until it was answered.
struct Question {
  enum class Kind { call, leg, link } kind = Kind::call;
  CallKey call{};
  LegKey leg{};
};

/// A complete answer about one call.
struct CallReading {
  RunningCall call;
  std::vector<conference::LegFacts> legs;  ///< all that there are, each with what is known of it
};

class ConferenceLedger {
 public:
  ConferenceLedger(std::vector<std::string> bridges, ClassRules rules);
  ~ConferenceLedger();

  Tick tick() const { return tick_; }
  /// A moment of its own: whatever is asked from now on is not older than it.
  Tick mark() { return ++tick_; }

  /// `bridge`'s record, already found to be new (or late) by RecordOrder. Unknown and broken ones
  /// do nothing.
  Changes apply(BridgeNo bridge, conference::CallRecord const& record);
  /// The bridge was restarted: everything of it is over.
  Changes new_session(BridgeNo bridge);

  /// An earlier daemon heard that this leg is a recorder's or streamer's; no answer tells of those
  /// again. Holds for that leg in that call, until the bridge was read or begins a session.
  void expect_machine(LegKey leg, conference::CallId call, Machine machine);
  void forget_machines(BridgeNo bridge);
  /// An earlier daemon knew this call; runs until an answer or a record says that it is over.
  Changes expect_call(CallKey call, std::optional<conference::Correlator> const& correlator);

  /// Something of this bridge was lost or cannot be known: its conferences, and those its cluster
  /// may share with it, are in doubt until a complete reading begun later.
  Changes doubt(BridgeNo bridge, std::string why);
  std::string const& doubt_of(BridgeNo bridge) const;  ///< empty = none
  /// All calls of the bridge with all legs, from answers asked for after `begun`. Ends its doubt,
  /// unless that is younger than `begun`.
  Changes take_bridge(BridgeNo bridge, Tick begun, std::vector<CallReading> all);
  /// One call, likewise. not_found = take_ended.
  Changes take_call(CallKey call, Tick begun, CallReading reading);
  Changes take_ended(CallKey call, Tick begun);
  /// One leg, likewise; `is_link` = what was found out about a question of kind link.
  Changes take_leg(LegKey leg, Tick begun, conference::LegFacts facts,
                   std::optional<bool> is_link = {});
  Changes take_leg_ended(LegKey leg, Tick begun);
  /// Every known call of a conference was read since `begun`, without an error: doubt about it that
  /// comes from bridges it has no call on ends, and instances on unknown bridges are counted anew.
  Changes take_complete(ConferenceId const& conference, Tick begun);

  /// Whether it shares conferences; unknown until told = it may, with all others that may.
  void set_cluster(BridgeNo bridge, bool clustered);
  /// Names and addresses that bridges of the cluster have: to suspect links by.
  Changes set_bridge_hosts(std::vector<std::string> hosts);
  /// New domain lists: everybody is classified anew.
  Changes set_rules(ClassRules rules);

  std::vector<Question> questions(BridgeNo bridge) const;

  std::vector<ConferenceId> conferences() const;  ///< of those with a call, in order of arrival
  std::size_t size() const;                       ///< conferences
  std::size_t legs() const;
  std::array<std::size_t, 4> participants() const;  ///< of all conferences, by level
  bool knows(ConferenceId const& conference) const;
  Evidence evidence(ConferenceId const& conference) const;
  std::vector<CallKey> calls(ConferenceId const& conference) const;
  std::vector<CallKey> calls_of(BridgeNo bridge) const;
  Call const* call(CallKey const& key) const;
  Leg const* leg(LegKey const& key) const;
  /// Participants and machines of all its calls.
  std::vector<Leg const*> people(ConferenceId const& conference) const;
  std::optional<ConferenceId> conference_of(CallKey const& key) const;
  /// Instances that its bridges tell of and nobody here knows; 0 = none.
  std::uint64_t unseen_instances(ConferenceId const& conference) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
  Tick tick_ = 0;
};

}  // namespace wardroom::security_notices
