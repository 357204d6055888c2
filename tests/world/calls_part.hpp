/// People who call each other and the world outside, from where they may and from where they may
/// not, over XSPs that break: promises X1, X2, X3, X4, `why`, and that observe mode sends nothing.
#pragma once
#include "calls_sight.hpp"
#include "calls_why.hpp"
#include "part.hpp"

#include <string>
#include <vector>

namespace wardroom::world {

class CallsPart final : public Part {
 public:
  explicit CallsPart(World& world);

  std::string_view name() const override { return "calls"; }
  void prepare() override;
  std::string configuration() override;
  void daemon_started() override;
  void daemon_gone(bool crashed) override;
  void reloaded(bool ok) override;
  unsigned weight() const override { return 5; }
  void act(Chance& chance) override;
  unsigned fault_weight() const override { return 4; }
  void fault(Chance& chance) override;
  void heal() override;
  bool settled() override;
  void finish() override;

 private:
  static CallsModel::Rules rules(World const& world);
  void tick();
  bool may_ask();

  // Acts: calls_acts.cpp
  void place(Chance& chance);
  void place_refused(Chance& chance);
  void place_emergency(Chance& chance);
  void place_back(Chance& chance);
  bool place(Chance& chance, sim::PlaceCall wish, Milliseconds at_least = Milliseconds(0));
  void change(Chance& chance);
  void hang_up(Chance& chance);
  void decide(Chance& chance);
  void decide(std::string const& person, Operators what, std::string const& path,
              std::optional<Milliseconds> lasts);
  void relent(std::string const& person);
  void insist(std::string const& person);
  void decided(std::string const& person, Operators what, std::optional<Milliseconds> lasts,
               bool was_certain, int status);
  sim::Person const& somebody(Chance& chance) const;

  World& world_;
  CallsModel model_;
  CallsNeighbours neighbours_;
  CallsWatch watch_;
  CallsSight sight_;
  CallsWhy why_;
  bool const decline_, switches_;
  bool const long_calls_;  ///< minutes of them, so that more changes while they last
  bool const relents_;     ///< operators allow, for a while, whose call is being ended
  Chance relenting_;
  TimerHandle relented_;
  CallsModel::Rules const rules_;
  bool enforce_ = true;                 ///< what the configuration asks for
  std::optional<bool> before_asked_{};  ///< what was in force until then
  bool in_force_ = true, starting_ = false;
  unsigned decisions_ = 0;
  TimerHandle next_tick_;
};

}  // namespace wardroom::world
