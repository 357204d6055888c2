/// People with browsers: they log in by the real round trip, post where they are, move, fall silent
/// and log out; the administrator logs the daemon in and looks at pages, live ones too. Their
/// network breaks. Promises "sessions" and "people": see people_window.hpp and people_pages.hpp.
#pragma once
#include "door_network.hpp"
#include "part.hpp"
#include "people_pages.hpp"
#include "people_window.hpp"
#include "position_posts.hpp"
#include "sim/browser_sim.hpp"
#include "world.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace wardroom::world {

class PeoplePart final : public Part {
 public:
  explicit PeoplePart(World& world);
  ~PeoplePart() override;

  std::string_view name() const override { return "people"; }
  void prepare() override;
  void daemon_gone(bool crashed) override;
  unsigned weight() const override { return 5; }
  void act(Chance& chance) override;
  unsigned fault_weight() const override { return mishaps_.empty() ? 0 : 2; }
  void fault(Chance& chance) override;
  void heal() override;
  void look() override;
  bool settled() override;
  void finish() override;

  /// Tells of every position that leaves a browser.
  PositionPosts& posts() { return posts_; }

 private:
  /// Somebody with a browser.
  struct Somebody {
    Somebody(PeoplePart& part, sim::Person const& person, std::size_t number);
    sim::Person const& person;
    double const accuracy;  ///< of their positions: nobody else's
    Window window;
    sim::Browser browser;
    bool wants_in = false, busy = false;
    Uptime next_try{};
    Milliseconds pause{0};
  };
  using Deed = void (PeoplePart::*)(Chance&);

  // Acts: people_acts.cpp
  void come(Chance& chance);
  void move(Chance& chance);
  void fall_silent(Chance& chance);
  void log_out(Chance& chance);
  void look_at_oneself(Chance& chance);
  void try_old_session(Chance& chance);
  Task<void> try_all_sessions();
  void rush(Chance& chance);
  void try_forbidden(Chance& chance);
  void read_page(Chance& chance);
  void open_live_page(Chance& chance);
  void end_admin_session(Chance& chance);
  Task<void> log_out(Somebody& one, Role role);
  Task<void> ask(Somebody& one, std::string path, std::string cookie, bool json);
  sim::Position place_for(Somebody& one, Chance& chance);
  Somebody* somebody_in(Chance& chance);
  // Mishaps
  void pieces(Chance& chance);
  void slow(Chance& chance);
  void cuts(Chance& chance);
  void losses(Chance& chance);
  void refusals(Chance& chance);
  void resets(Chance& chance);
  void for_a_while(Chance& chance, std::function<void()> end);

  void tick();
  void tend(Somebody& one);
  Task<void> log_in(Somebody& one, bool admin);
  void spawn(Somebody& one, std::string what, std::function<Task<void>()> body);
  bool may_refuse() const;

  World& world_;
  Chance dice_;
  DoorWay way_;
  PositionPosts posts_;
  WindowWatch watch_;
  std::vector<std::unique_ptr<Somebody>> people_;  ///< the first is the administrator
  std::unique_ptr<LivePages> pages_;
  std::vector<Deed> deeds_, mishaps_;
  bool const duplicates_;
  struct Doubt {
    Uptime when;
    std::uint64_t life;
    std::string sentence;
  };
  std::deque<Doubt> doubts_;
  std::uint64_t life_ = 0;  ///< counts the ends of the daemon
  std::vector<TimerHandle> ends_;
  TimerHandle next_tick_;
  std::optional<Uptime> healed_;
  bool tried_all_ = false;
  unsigned trying_ = 0;
};

}  // namespace wardroom::world
