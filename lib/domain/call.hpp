/// Calls as the call platform tells of them: legs of one person each, and what happened to them.
#pragma once
#include "domain/person.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wardroom {

using CallId = Id<struct CallTag>;  ///< one user's half of a call: callhalf-…
using EventId = Id<struct EventTag>;
using TrackingId = Id<struct TrackingTag>;  ///< extTrackingId: the session both halves share

enum class Personality { originator, terminator, click_to_dial, unknown };
enum class CallState { idle, alerting, active, held, remote_held, detached, released, unknown };
/// Relation of the remote party to the person, as the platform classified it.
enum class CallType {
  absent,
  group,
  enterprise,
  network,
  emergency,
  repair,
  city_wide_centrex,
  private_dial_plan,
  unknown
};
std::string_view name(Personality p);
std::string_view name(CallState s);
std::string_view name(CallType t);

/// One half of a call at one moment. Source: xsi.md 6.3.
struct CallLeg {
  CallId id;
  TrackingId tracking;
  Personality personality = Personality::unknown;
  CallState state = CallState::unknown;
  std::string remote_address;  ///< digits or address without scheme and parameters; may be empty
  std::string remote_country_code;  ///< the countryCode attribute, digits without '+'; may be empty
  std::string remote_name;
  XsiUserId remote_user;
  CallType type = CallType::absent;
  bool recall = false;  ///< it rings this person again: a transfer or a park nobody took
  std::optional<Instant> started, answered, released;
  bool operator==(CallLeg const&) const = default;
};

enum class CallEventKind {
  received,
  originated,
  originating,
  updated,
  answered,
  held,
  retrieved,
  transferred,
  forwarded,
  redirected,
  detached,
  picked_up,
  park_retrieved,
  barged_in,
  monitored,
  parked_against,
  collecting,
  releasing,
  released,
  snapshot,
  snapshot_resync,
  hook_status,
  subscription_terminated,
  conference,
  aside,  ///< known, and says nothing of whether a call may go on: recordings, history, mailbox
  other   ///< a type nobody told us of
};
std::string_view name(CallEventKind k);

struct CallEvent {
  EventId id;
  CallEventKind kind = CallEventKind::other;
  std::string type;  ///< the platform's own word, "CallReceivedEvent"
  XsiUserId target;  ///< whose call this is; not the owner of the subscription
  std::string subscription;
  std::int64_t sequence = 0;
  std::vector<CallLeg> legs;  ///< one, except for snapshots and redirections
  Uptime arrived{};           ///< when its last byte reached us
};

}  // namespace wardroom
