/// Calls of the simulated platform: one half per person, each with a call id of its own.
///
///   place ──► Alerting ──(answer_after)──► Active ──(hang up, DELETE of a half)──► Released
///                 └──────────────(hang up, DELETE of a half)───────────────────────────┘
///
/// Caller's events:  HookStatus, CallOriginated, CallUpdated, CallAnswered, CallReleased,
/// HookStatus Callee's events:  CallReceived, CallUpdated, HookStatus, CallAnswered, CallReleased,
/// HookStatus Source: xsi.md 5.5, 6.
#pragma once
#include "base/result.hpp"
#include "runtime/clock.hpp"
#include "runtime/random.hpp"
#include "sim/faults.hpp"
#include "sim/organisation.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace wardroom::sim {

enum class LegState { alerting, active, held, remote_held, released };
std::string_view name(LegState state);  ///< as on the wire: "Remote Held"

/// One person's half of a call.
struct Leg {
  std::string id;  ///< callhalf-20450000101:0
  Person const* owner = nullptr;
  bool originator = false;
  LegState state = LegState::alerting;
  std::string remote_address;       ///< digits, as dialled or as shown
  std::string remote_country_code;  ///< attribute of the address; empty = none
  std::string remote_name;
  Person const* remote = nullptr;  ///< when the other party is of this organisation
  std::string type;                ///< Group, Enterprise, Network, Emergency
  Instant started{};
  std::optional<Instant> answered{}, held{}, released{};
  bool local_release = false;
  bool off_hook = false;
  bool announced = false;  ///< its first event was sent
};

struct Call {
  std::string id;  ///< call-17
  std::string tracking;
  std::string from, to;
  bool emergency = false;  ///< by number, whatever callType says
  std::vector<Leg> legs;
  Instant started{};
  Uptime began{};
  std::optional<Instant> answered{}, ended{};
  std::string released_by{};  ///< api, caller, callee, operator; empty while it lasts
  std::string released_leg{};
  std::optional<std::int64_t> released_after_ms{};
  std::vector<TimerHandle> timers{};
};

struct PlaceCall {
  std::string from, to;                     ///< e-mail of a person, or a number
  std::optional<double> answer_after_s{5};  ///< nullopt = nobody ever answers
  std::optional<double> hang_up_after_s{};  ///< after the start
  bool caller_hangs_up = true;
};

/// One event for one person; valid during the call only.
struct CallNotice {
  Person const& target;
  std::string_view type;  ///< CallReceivedEvent …
  Call const* call;       ///< null for HookStatusEvent
  Leg const* leg;
  bool off_hook;
};

/// A DELETE of a call half, for the record and for the emergency guard.
struct Deletion {
  Instant at;
  std::string person, call_id, result;
  bool emergency = false;
  bool decline = false;
};

class CallSim {
 public:
  using Sink = std::function<void(CallNotice const&)>;
  CallSim(Organisation const& org, Clock& clock, Random& dice, Faults& faults);
  void set_sink(Sink sink) { sink_ = std::move(sink); }

  /// Errors: malformed with a sentence (unknown person, both ends outside, no number).
  Result<Call const*> place(PlaceCall const& wish);
  bool hang_up(std::string const& call, std::string by);
  /// By either half's owner: hold, retrieve, or merely an update event on every half.
  bool hold(std::string const& call, std::string const& email);
  bool retrieve(std::string const& call, std::string const& email);
  bool update(std::string const& call);

  struct Half {
    Call* call = nullptr;
    Leg* leg = nullptr;
    explicit operator bool() const { return leg != nullptr; }
  };
  /// Live halves of a person.
  std::vector<Half> halves_of(Person const& person);
  Half half(Person const& person, std::string_view call_id);  ///< live only
  /// XSI-Actions DELETE: ends this half, and with it the call. False when it is not there (any
  /// more).
  bool release(Person const& person, std::string_view call_id, bool decline);

  Call const* find(std::string const& id) const;
  std::size_t live() const { return live_; }
  nlohmann::json state() const;  ///< newest first, at most 200
  nlohmann::json counters() const;
  nlohmann::json violations() const;
  std::vector<Deletion> const& deletions() const { return deletions_; }

 private:
  struct Party {
    Person const* person = nullptr;
    std::string number;
  };
  Result<Party> party(std::string const& text) const;
  Leg make_leg(Person const& owner, bool originator, Party const& other, bool emergency);
  void after(Call& call, Milliseconds d, void (CallSim::*what)(Call&));
  void ring(Call& call);
  void show_endpoints(Call& call);
  void answer(Call& call);
  void end(Call& call, std::string by, Leg* released);
  void announce(Call& call, Leg& leg, std::string_view type);
  void hook(Leg& leg, bool off);
  void forget_old();

  Organisation const& org_;
  Clock& clock_;
  Random& dice_;
  Faults& faults_;
  Sink sink_;
  std::map<std::string, std::unique_ptr<Call>> calls_;
  std::deque<std::string> order_;
  std::unordered_map<Person const*, std::vector<Call*>> by_person_;  // live
  std::vector<Deletion> deletions_;
  std::uint64_t next_ = 1, next_half_ = 20450000101;
  std::size_t live_ = 0;
  std::uint64_t placed_ = 0, released_by_api_ = 0, violations_ = 0, deletes_ = 0;
};

nlohmann::json to_json(Call const& call);

}  // namespace wardroom::sim
