/// `calls why`: what is recorded of a verdict gives the same verdict again, says of a released call
/// that it was released, and says the same later, after restarts too.
#pragma once
#include "calls_watch.hpp"

#include <map>
#include <string>

namespace wardroom::world {

class CallsWhy {
 public:
  CallsWhy(World& world, CallsWatch const& watch) : world_(world), watch_(watch) {}
  void daemon_started() { ++life_; }

  /// Of one call that has ended; at random.
  void ask(Chance& chance);
  /// At rest: the daemon knows of as many open calls as the platform. An end that nobody told of is
  /// found when a call was quiet for ten minutes: that long it may not.
  bool agrees();
  /// All that are kept, and the list of calls against the platform's.
  void finish();

 private:
  void ask_why(CallsWatch::Half const& half, bool over);
  /// `over` = the daemon knows that it has ended.
  void judge(CallsWatch::Half const& half, Answered const& answer, bool over);
  void compare_with_before(std::string const& half, nlohmann::json const& told);
  void compare_lists();

  World& world_;
  CallsWatch const& watch_;
  std::map<std::string, std::string> told_;  ///< the first time
  unsigned life_ = 0;
  std::optional<Uptime> first_look_{}, last_look_{};
  bool agreed_ = false;
};

}  // namespace wardroom::world
