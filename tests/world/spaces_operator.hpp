/// The person who says `wardroomctl sync …`: looks, runs, approves, undoes, pauses; and at the end
/// brings every space to rest, two runs at most (S2).
#pragma once
#include "spaces_truth.hpp"

#include <map>
#include <string>
#include <vector>

namespace wardroom::world {

class SpacesOperator {
 public:
  SpacesOperator(World& world, SpacesTruth& truth) : world_(world), truth_(truth) {}

  void act(Chance& chance);
  void daemon_gone();
  /// At rest: whether every job ran as often as it needs. Acts for itself until then.
  /// Until `quiet` nothing is asked for: jobs run by their schedules.
  bool settled(SpacePolicy const& calm, bool quiet);

  struct Pause {
    std::string job{};
    std::int64_t after = -1;               ///< newest run when it stood; -1 = not known yet
    std::optional<std::int64_t> before{};  ///< newest run when it was to end
  };
  struct Undo {
    std::string job{};
    std::int64_t undoes = 0, run = 0;  ///< 0 = its number was not heard
    Uptime asked{};
    bool of_old_list = false;
  };
  std::vector<Pause> const& pauses() const { return pauses_; }
  std::vector<Undo> const& undos() const { return undos_; }
  bool ever_approved(std::string const& job) const { return approved_.contains(job); }

 private:
  struct Seen {
    std::string room{};
    bool paused = false, running = false;
    std::int64_t held = 0, held_removals = 0;
    std::int64_t last = 0, last_changes = 0, last_added = 0;
    std::string last_state{}, last_error{};
    bool last_by_itself = false;  ///< by its schedule
  };
  /// How a job comes to rest.
  struct Rest {
    int runs = 0;            ///< that ended
    std::int64_t waits = 0;  ///< for that run
    Uptime since{};          ///< it waits
    bool over = false;
    bool ran_by_itself = false;
    std::int64_t before = 0;          ///< its newest run when it could run by its schedule
    std::optional<Uptime> may_run{};  ///< since then
    Uptime again{};                   ///< nothing is to be done before
    std::string last{};
  };
  using Heard = std::function<void(Answered const&)>;

  void look();
  void learn(Answered const& answer);
  void say(std::string const& verb, nlohmann::json body, Heard then = {});
  void begin(std::string const& verb, nlohmann::json body, std::function<void(std::int64_t)> then);
  void approve(std::string const& job, std::int64_t removals,
               std::function<void(std::int64_t)> then = {});
  void undo(std::string const& job, Seen const& seen, Chance& chance);
  void pause(std::string const& job);
  void resume(std::string const& job);
  void newest_run(std::string const& job, std::function<void(std::int64_t)> then);
  void bring_to_rest(std::string const& job, SpacePolicy const& calm, bool quiet, Rest& rest);
  void expect_a_run(std::string const& job, Seen const& seen, Rest& rest);
  void judge(std::string const& job, SpacePolicy const& calm, Rest& rest);

  World& world_;
  SpacesTruth& truth_;
  std::map<std::string, Seen> seen_;
  bool looking_ = false, fresh_ = false;
  Uptime looked_{};
  std::map<std::string, Rest> rests_;
  std::vector<Pause> pauses_;
  std::vector<Undo> undos_;
  std::set<std::string> approved_;
  std::vector<TimerHandle> timers_;
};

}  // namespace wardroom::world
