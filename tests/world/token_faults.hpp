/// What a token endpoint is like in one world, and how it breaks there.
#pragma once
#include "world.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace wardroom::world {

class TokenFaults {
 public:
  explicit TokenFaults(World& world);

  /// Lives of tokens, rotation, shapes of answers: as this seed has them.
  void settle_in();
  /// One thing breaks.
  void strike(Chance& chance);
  void heal();
  /// Nothing of ours is broken now.
  bool calm() const;
  Milliseconds retry_after() const { return retry_after_; }
  std::string const& fields() const { return fields_; }

 private:
  using Strike = void (TokenFaults::*)(Chance&);

  void one_answer(Chance& chance);
  void outage(Chance& chance);
  void end_access(Chance& chance);
  void refuse_everything(Chance& chance);
  void revoke(Chance& chance);
  void refuse_refresh(Chance& chance);
  void token_limit(Chance& chance);
  /// For a while, then `back`.
  void for_a_while(Milliseconds how_long, std::function<void()> back);
  void script(sim::ScriptedAnswer answer);
  void drop_scripts(std::string const& door);

  World& world_;
  sim::Faults& faults_;
  Milliseconds retry_after_{0};
  std::string fields_ = "all";
  std::vector<Strike> strikes_;  ///< those this seed has
  std::map<int, std::pair<TimerHandle, std::function<void()>>> running_;
  int next_ = 0;
};

}  // namespace wardroom::world
