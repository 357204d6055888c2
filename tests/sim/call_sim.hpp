/// Calls of the simulated platform: one half per person, each with a call id of its own.
///
///   place ──► Alerting ──(answer_after)──► Active ──(hang up, DELETE of a half)──► Released
///                 └──────────────(hang up, DELETE of a half)───────────────────────────┘
///
/// Caller's events: HookStatus, CallOriginated, CallUpdated, CallAnswered, CallReleased,
/// HookStatus. Callee's events: CallReceived, CallUpdated, HookStatus, CallAnswered, CallReleased,
/// HookStatus. Acts (transfer, park, …) send halves away and bring new ones; the call ends with its
/// last half, or when fewer than two parties are left. Source: xsi.md 5.5, 6.
#pragma once
#include "base/result.hpp"
#include "runtime/random.hpp"
#include "sim/call_model.hpp"
#include "sim/faults.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

namespace wardroom::sim {

/// One event for one person; valid during the call only.
struct CallNotice {
  Person const& target;
  std::string_view type;  ///< CallReceivedEvent …
  Call const* call;       ///< null for HookStatusEvent
  Leg const* leg;
  bool off_hook;
  std::optional<std::string> data{};  ///< inside eventData, in place of the call
};

/// A DELETE of a call half, for the record and for the emergency guard.
struct Deletion {
  Instant at;
  std::string person, call_id, result;
  bool emergency = false;
  bool calls_back = false;
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
  /// Plays one of `act_names()`. Errors: not_found (call, act), malformed, conflict (not now).
  Result<void> act(std::string const& call, std::string_view act, Act const& wish);
  static std::vector<std::string_view> act_names();
  /// Short ways to the three oldest acts.
  bool hold(std::string const& call, std::string const& email);
  bool retrieve(std::string const& call, std::string const& email);
  bool update(std::string const& call);
  /// Any event for anybody, with any content: what no act plays.
  void tell(Person const& person, std::string_view type, std::string data);

  struct Half {
    Call* call = nullptr;
    Leg* leg = nullptr;
    explicit operator bool() const { return leg != nullptr; }
  };
  /// Live halves of a person, oldest call first.
  std::vector<Half> halves_of(Person const& person);
  Half half(Person const& person, std::string_view call_id);  ///< live only
  /// XSI-Actions DELETE: ends this half, and with it the call unless others go on. False when it is
  /// not there (any more).
  bool release(Person const& person, std::string_view call_id, bool decline);
  /// The half goes on under another id, as that of a call placed by the API may. The new id.
  std::string change_id(Half half);

  Call const* find(std::string const& id) const;
  std::size_t live() const { return live_; }
  nlohmann::json state() const;  ///< newest first, at most 200
  nlohmann::json counters() const;
  nlohmann::json violations() const;
  /// The last 100,000, oldest first.
  std::deque<Deletion> const& deletions() const { return deletions_; }

 private:
  // Placing: call_place.cpp
  Result<Party> party(std::string const& text) const;
  static Party party_of(Leg const& leg);       ///< its far end
  static Party party_as(Person const& owner);  ///< as others see this person
  bool dials_emergency(Person const& owner, Party const& other) const;
  Leg make_leg(Call& call, Person const& owner, bool originator, Party const& other);
  void point_at(Call& call, Leg& leg, Party const& other);
  Result<void> set_up(Call& call, PlaceCall const& wish, Party from, Party to);
  Result<void> ring_others(Call& call, PlaceCall const& wish, Party const& from);
  void start(Call& call, PlaceCall const& wish);
  void start_click_to_dial(Call& call, PlaceCall const& wish);
  void start_queue(Call& call, PlaceCall const& wish, Person const* agent);

  // Moves in common: call_sim.cpp
  void later(Call& call, Milliseconds d, std::function<void(Call&)> then);
  void later(Call& call, Leg const& leg, Milliseconds d, std::function<void(Call&, Leg&)> then);
  Leg& join(Call& call, Leg leg);  ///< a further half
  void ring(Call& call);
  void show_endpoints(Call& call);
  void answer(Call& call, Person const* by);
  void end(Call& call, std::string by, Leg* released);
  void end_leg(Call& call, Leg& leg, bool local, std::string by);
  void leave(Call& call, Leg& leg);  ///< without an event of its own
  bool others_go_on(Call const& call, Leg const& leg) const;
  void part(Call& call, Leg& leg, std::string by);  ///< this half, and the call when it must
  void announce(Call& call, Leg& leg, std::string_view type);
  void announce_all(Call& call, std::string_view type, Leg const* except = nullptr);
  void hook(Leg& leg, bool off);
  void forget_old();

  // Acts: call_acts.cpp, call_transfers.cpp
  Result<Leg*> leg_of(Call& call, std::string const& email);
  Result<Person const*> somebody(std::string const& email) const;
  Leg& bring(Call& call, Person const& person, Party const& from, Act const& wish);
  void send_to(Call& call, Party const& target, Party const& from, Person const& by,
               Act const& wish);
  Result<void> act_hold(Call& call, Act const& wish);
  Result<void> act_retrieve(Call& call, Act const& wish);
  Result<void> act_update(Call& call, Act const& wish);
  Result<void> act_answer(Call& call, Act const& wish);
  Result<void> act_hang_up(Call& call, Act const& wish);
  Result<void> act_transfer(Call& call, Act const& wish);
  Result<void> act_consult_transfer(Call& call, Act const& wish);
  Result<void> act_forward(Call& call, Act const& wish);
  Result<void> act_voicemail(Call& call, Act const& wish);
  Result<void> act_pick_up(Call& call, Act const& wish);
  Result<void> act_barge_in(Call& call, Act const& wish);
  Result<void> act_monitor(Call& call, Act const& wish);
  Result<void> act_park(Call& call, Act const& wish);
  Result<void> act_park_retrieve(Call& call, Act const& wish);
  Result<void> act_recall(Call& call, Act const& wish);
  Result<void> act_conference(Call& call, Act const& wish);
  Result<void> act_collect(Call& call, Act const& wish);
  Result<void> act_treatment(Call& call, Act const& wish);
  Result<void> act_change_id(Call& call, Act const& wish);
  Result<void> act_event(Call& call, Act const& wish);
  Result<void> intrude(Call& call, Act const& wish, std::string_view type);
  struct NamedAct {
    std::string_view name;
    Result<void> (CallSim::*play)(Call&, Act const&);
  };
  static std::vector<NamedAct> const& acts();

  Organisation const& org_;
  Clock& clock_;
  Random& dice_;
  Faults& faults_;
  Sink sink_;
  std::map<std::string, std::unique_ptr<Call>> calls_;
  std::deque<std::string> order_;
  std::unordered_map<Person const*, std::vector<Call*>> by_person_;  // live
  std::unordered_map<Person const*, Instant> emergencies_;           // last answered
  std::deque<Deletion> deletions_, violations_;
  std::uint64_t next_ = 1, next_half_ = 20450000101;
  std::size_t live_ = 0;
  std::uint64_t placed_ = 0, released_by_api_ = 0, touched_ = 0, deletes_ = 0,
                call_backs_deleted_ = 0;
};

nlohmann::json to_json(Call const& call);

}  // namespace wardroom::sim
