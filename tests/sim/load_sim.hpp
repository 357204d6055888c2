/// Places many calls for a while and counts what became of those that were to be blocked.
#pragma once
#include "sim/call_sim.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <string>
#include <vector>

namespace wardroom::sim {

struct LoadWish {
  double calls_per_s = 80;  ///< a call out has six events
  double for_s = 60;
  double share_blocked = 0.1;
  std::vector<std::string> blocked{}, allowed{};  ///< e-mails; `allowed` empty = all others
  double answer_after_s = 2, hang_up_after_s = 4;
};

class LoadSim {
 public:
  LoadSim(Organisation const& org, CallSim& calls, Clock& clock);

  /// Takes the place of a load that runs. Errors: malformed with a sentence.
  Result<void> start(LoadWish wish);
  void stop();
  /// running, placed, blocked {placed, released, answered_first, missed, p50_ms, p99_ms, max_ms},
  /// allowed {placed, released}. Times are from the start of a call to its release.
  nlohmann::json state() const;

 private:
  struct Placed {
    std::string call;
    bool blocked;
  };
  void step();
  void place(Person const& from, bool blocked);
  void harvest(bool all);

  Organisation const& org_;
  CallSim& calls_;
  Clock& clock_;
  LoadWish wish_;
  std::vector<Person const*> blocked_, allowed_;
  std::deque<Placed> open_;
  std::vector<double> released_ms_;
  Uptime began_{};
  TimerHandle timer_;
  bool running_ = false;
  std::uint64_t placed_ = 0, blocked_placed_ = 0, released_ = 0, answered_first_ = 0, missed_ = 0,
                wrongly_released_ = 0;
};

}  // namespace wardroom::sim
