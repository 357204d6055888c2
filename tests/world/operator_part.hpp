/// The operators: they read verbs, change the configuration well and badly, restart the daemon; and
/// what its machine does to it: it is killed, several times in a row, and its wall clock jumps.
/// Promise G2.
#pragma once
#include "door_network.hpp"
#include "part.hpp"
#include "world.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::world {

class OperatorPart final : public Part {
 public:
  explicit OperatorPart(World& world);

  std::string_view name() const override { return "operator"; }
  std::string configuration() override;
  void daemon_started() override;
  void daemon_gone(bool crashed) override;
  void reloaded(bool ok) override;
  unsigned weight() const override { return 4; }
  void act(Chance& chance) override;
  unsigned fault_weight() const override { return 4; }
  void fault(Chance& chance) override;
  void heal() override;
  bool settled() override { return mistake_.empty() && asking_ == 0; }

  /// The widest the daemon's wall clock has been beside the true time.
  Milliseconds widest_skew() const { return widest_; }
  /// What was written in an earlier hour may have looked that old to a daemon as it started. One
  /// that runs believes no jump for a day: BelievedClock.
  Milliseconds aged_by() const { return aged_by_; }

 private:
  using Deed = void (OperatorPart::*)(Chance&);

  void read_a_verb(Chance& chance);
  void good_reload(Chance& chance);
  void bad_reload(Chance& chance);
  void restart(Chance& chance);
  void kill(Chance& chance);
  void kill_often(Chance& chance);
  void jump(Chance& chance);

  void ask(http::Method method, std::string path, std::function<void(Answered const&)> then);
  void judge_refusal(Answered const& answer);
  void judge_in_force(Answered const& answer);
  std::string place_of_mistake() const;
  void skew_to(Milliseconds skew);

  World& world_;
  Chance storm_dice_;
  DoorWay const half_ = [] {
    DoorWay way;
    way.stalled = 1000;
    return way;
  }();
  TimerHandle later_;
  std::vector<Deed> deeds_, mishaps_;  ///< those this seed has
  std::string mistake_;  ///< lines that must be refused; empty = none stands in the file
  std::uint64_t mistakes_made_ = 0;
  std::string in_force_;  ///< `config show` before them
  unsigned keep_days_ = 5'000;
  unsigned kills_left_ = 0;
  unsigned asking_ = 0;
  std::uint64_t life_ = 0;  ///< counts the daemon's
  Milliseconds skew_{0}, widest_{0}, lowest_{0}, aged_by_{0};
};

}  // namespace wardroom::world
