/// Calls of the simulated platform as values: a session, its halves, and what may be wished of it.
#pragma once
#include "runtime/clock.hpp"
#include "sim/organisation.hpp"

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::sim {

enum class LegState { alerting, active, held, remote_held, detached, released };
std::string_view name(LegState state);  ///< as on the wire: "Remote Held"

/// One end of a call: somebody of the organisation, or a number outside.
struct Party {
  Person const* person = nullptr;
  std::string number{};
  std::string name{}, type{};  ///< override what follows from the person; empty = do not
};

/// Where a half was sent, or where it came from before it got here.
struct Redirection {
  Party party;
  std::string reason;  ///< transfer, no-answer, unconditional, voicemail, …
  Instant at{};
};

/// One person's half of a call.
struct Leg {
  std::string id;  ///< callhalf-20450000101:0
  Person const* owner = nullptr;
  bool originator = false;
  bool click_to_dial = false;  ///< until the far end is reached
  LegState state = LegState::alerting;
  std::string remote_address;       ///< digits, as dialled or as shown
  std::string remote_country_code;  ///< attribute of the address; empty = none
  std::string remote_name;
  Person const* remote = nullptr;  ///< when the other party is of this organisation
  std::string type;                ///< Group, Enterprise, Network, Emergency
  Instant started{};
  std::optional<Instant> answered{}, held{}, detached{}, released{};
  std::optional<Redirection> redirect{}, redirected{};  ///< away from here; to here
  std::string release_cause{}, recall_type{}, released_by{};
  Person const* queue = nullptr;  ///< it came through this one
  bool local_release = false;
  bool off_hook = false;
  bool announced = false;  ///< its first event was sent
  bool in_conference = false;
  bool id_changed = false;  ///< at least once
  bool gone = false;        ///< released or detached for good
};

/// How the documents about a call deviate from the usual.
struct Shape {
  std::set<std::string> omit{};  ///< element names, or "countryCode"
  bool privacy = false;          ///< the remote party withholds name and number
  bool extra = false;            ///< elements that no schema knows stand in between
  std::string name{};            ///< of the party outside
  std::string type{};            ///< callType, whatever is true
  std::string address = "tel";   ///< tel, sip, bare, dashes: spelling of addresses
};

struct Call {
  std::string id;  ///< call-17
  std::string tracking;
  std::string from, to;
  bool emergency = false;   ///< by number, whatever callType says
  bool calls_back = false;  ///< from outside, within the hour after that person's emergency call
  std::deque<Leg> legs;     ///< grows at transfers and the like; ended ones stay
  int outside = 0;          ///< parties that are nobody of the organisation
  Shape shape{};
  Instant started{};
  Uptime began{};
  std::optional<Instant> answered{}, ended{};
  Person const* parked_by = nullptr;  ///< while parked
  std::string released_by{};  ///< api, caller, callee, operator, transfer; empty while it lasts
  std::string released_leg{};
  std::optional<std::int64_t> released_after_ms{};
  std::vector<TimerHandle> timers{};
};

struct PlaceCall {
  std::string from, to;                     ///< e-mail of a person, a number, or "queue"
  std::optional<double> answer_after_s{5};  ///< nullopt = nobody ever answers
  std::optional<double> hang_up_after_s{};  ///< after the start
  bool caller_hangs_up = true;
  std::vector<std::string> also_ring{};  ///< further people; who answers first takes it
  std::string answered_by{};             ///< one of those; empty = `to`
  std::string forward_to{};              ///< `to` is not there: its calls go on to this party
  std::string forward_reason = "unconditional";
  double forward_after_s = 0;  ///< 0 = at once, so that `to` never hears of it
  bool click_to_dial = false;  ///< by the API, the own device rings first …
  double device_after_s = 1;   ///< … until it is answered
  std::string agent{};         ///< of a call to the queue; empty = nobody is free
  double queued_s = 2;
  Shape shape{};
};

/// A move of a call in progress; which of these count is written in docs/api.md.
struct Act {
  std::string by{};     ///< e-mail; empty = the first half that is still there
  std::string to{};     ///< e-mail or number
  std::string other{};  ///< another call of the same person
  std::string reason{}, cause{}, mode{}, type{};
  std::optional<std::string> data{};        ///< inside eventData, as it is
  std::optional<double> answer_after_s{2};  ///< of a new target; nullopt = never
  bool tell = true;                         ///< whether a change is announced by an event
  std::optional<Shape> shape{};
};

}  // namespace wardroom::sim
