/// Watches every half of a call and every request to end one: X1, X2, X3, and that observe mode
/// sends nothing.
///
/// Calm = the daemon is ready, events reach it, nothing is broken and it may ask. A call that must
/// end is asked to within a moment while it is calm, and within a bound after calm came back.
#pragma once
#include "calls_model.hpp"
#include "calls_neighbours.hpp"

#include <deque>
#include <functional>
#include <map>
#include <string>

namespace wardroom::world {

class CallsWatch {
 public:
  CallsWatch(World& world, CallsNeighbours const& neighbours, CallsModel& model)
      : world_(world), neighbours_(neighbours), model_(model) {}
  void prepare();
  /// Told of each request to end a call.
  void hear_releases(std::function<void(sim::Person const&)> ear) { release_ear_ = std::move(ear); }
  void daemon_started();
  void daemon_gone();

  /// Follows a call: now, when it was placed or changed.
  void adopt(std::string const& call);
  /// Twice a second.
  /// `may_ask` = a request with the daemon's token can work now.
  void tick(bool may_ask);

  struct Half {
    std::string id, call;
    sim::Person const* owner = nullptr;
    Uptime began{};
    std::optional<Uptime> first_delete{}, last_delete{}, ended{};
    bool taken = false;       ///< a request to end it was answered 200
    bool unanswered = false;  ///< the last one had no answer, or one that may be another soon
    /// It came within the hour after an emergency call: it may go on when the hour is over.
    bool may_be_callback = false;
    /// Since when it could be judged without a break: not while it is parked, detached, picked up.
    Uptime judged_from{}, judged_at{};
    bool disturbed = false;  ///< the daemon ended, or its disk failed, until soon after its end
    bool excused = false;    ///< it was told of already
  };
  std::map<std::string, Half> const& halves() const { return halves_; }
  std::vector<std::string> const& live() const { return live_; }
  /// Whose call was asked to end and lives; null = nobody's.
  sim::Person const* somebody_to_end() const;
  /// The daemon does not wait, after a failed renewal, without a token that serves on.
  bool grant_ok() const { return world_.now() >= grant_waits_until_; }
  std::optional<Uptime> calm_since() const { return calm_since_; }
  /// A call that must end lives, or one may be on its way out.
  bool unsettled() const;

 private:
  using Sent = World::Sent;
  struct Wish {
    sim::Person const* person = nullptr;
    std::string half;
  };
  std::optional<Wish> release_in(Sent const& sent) const;
  void left(Sent const& sent);
  void note_grant(Sent const& sent, bool to_xsps);
  void answered(Sent const& sent);
  void judge_release(Half const& half, sim::CallSim::Half const& true_half);
  Half* find(sim::Person const& person, std::string const& id);
  void disturb();
  void feel();
  bool can_work() const;
  void look_at(sim::Call const& call);
  void look_at(sim::Call const& call, sim::Leg const& leg, Half& half);
  void note_emergency(sim::Call const& call, sim::Leg const& leg);
  void forget_old();
  std::string words(Half const& half) const;

  World& world_;
  CallsNeighbours const& neighbours_;
  CallsModel& model_;
  std::function<void(sim::Person const&)> release_ear_;
  std::map<std::string, Half> halves_;
  std::map<std::string, sim::Person const*> forgotten_;  ///< whose they were, once they are old
  std::vector<std::string> live_;                        ///< calls
  std::deque<std::string> calls_;                        ///< the latest, ended ones too
  bool hours_unread_ = false;  ///< by the daemon's word: any incoming call may be a call back
  std::optional<Uptime> calm_since_, trouble_at_;
  Uptime releases_by_{};
  Uptime grant_waits_until_{Uptime::min()};
  std::uint64_t last_left_ = 0, grant_failed_after_ = 0;  ///< numbers of requests
  bool token_refused_ = false;  ///< by the latest answers: everybody waits for its renewal
  std::size_t renewing_ = 0;
  bool may_ask_ = false;
  std::optional<Uptime> directory_read_;
  bool people_known_ = false;  ///< the daemon knows whose calls are whose
};

}  // namespace wardroom::world
