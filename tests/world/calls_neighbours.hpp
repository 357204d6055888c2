/// The XSPs of a world: where they stand, what DNS says of them, and everything that breaks there.
#pragma once
#include "world.hpp"

#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::world {

class CallsNeighbours {
 public:
  static constexpr std::size_t xsps = 4;  ///< that exist; two or so are named at a time
  static std::string origin(std::size_t xsp);
  static constexpr std::string_view application = "wardroom-world";

  CallsNeighbours(World& world, std::string_view who) : world_(world), who_(who) {}

  void prepare();
  /// The key `xsi` of the daemon's section.
  std::string configuration(bool decline) const;

  /// One thing breaks, for a while or for good; false when this seed has nothing that may.
  bool strike(Chance& chance);
  void heal();
  /// Releases fail, or events are lost: what must show with a call.
  bool concerns_calls() const;
  /// Something is broken such that events may not come, or requests not work.
  bool broken() const;
  /// When first releases and channels must be there again, after all that broke so far.
  Uptime releases_by() const { return releases_by_; }
  Uptime channels_by() const { return channels_by_; }
  /// How late an event may be and a release after it, all being well.
  Milliseconds quick() const;
  bool server_beats() const;  ///< the platform sends heartbeats by a timer
  /// Another instance owned the organisation: the daemon gives way for minutes.
  bool was_displaced() const { return displaced_; }

 private:
  using Meddler = test::SimNetwork::Meddler;
  /// What a fault leaves behind: how long a release, and a channel, may take after it.
  struct Leaves {
    Milliseconds releases{5'000}, channels{45'000};
  };
  struct Held {
    std::string name;
    bool disturbs = true;
    Leaves leaves;
    std::function<void()> undo;
    Meddler meddler;
    TimerHandle end;
  };
  struct Kind {
    std::string_view name;
    unsigned per_mille;
    void (CallsNeighbours::*begin)(Chance&);
  };
  static std::vector<Kind> const& kinds();

  bool holds(std::string_view name) const;
  void struck(std::string const& words, Leaves leaves);
  void hold(std::string name, std::string const& words, Milliseconds lasts, Leaves leaves,
            std::function<void()> undo, Meddler meddler = {}, bool disturbs = true);
  void end(std::string const& name);
  void note(std::string const& words) { world_.note(who_, words); }
  std::optional<sim::Answer> meddle(sim::Request const& request);
  sim::Answer from_api(sim::Request request);
  void publish_names();
  std::vector<std::size_t> some_xsps(Chance& chance) const;
  void each_way(std::vector<std::size_t> const& which,
                std::function<void(test::Way&)> const& change);
  bool beats_were_heard() const;
  void reset_connections(std::vector<std::size_t> const& which);
  sim::Answer odd_answer(Chance& chance, std::string& words) const;

  // Channels: calls_channel_faults.cpp
  void refuse(Chance& chance);
  void lose(Chance& chance);
  void slow_down(Chance& chance);
  void cut(Chance& chance);
  void cut_inside(Chance& chance);
  void terminate(Chance& chance);
  void refuse_heartbeats(Chance& chance);
  void refuse_channels(Chance& chance);
  void delay_documents(Chance& chance);
  void drop_subscription(Chance& chance);
  void refuse_subscription(Chance& chance);
  void displace(Chance& chance);
  void inject(Chance& chance);
  void swallow_acks(Chance& chance);
  void change_names(Chance& chance);
  // Events and actions: calls_event_faults.cpp
  void repeat_events(Chance& chance);
  void reorder_events(Chance& chance);
  void lose_events(Chance& chance);
  void delay_events(Chance& chance);
  void jump_sequence(Chance& chance);
  void tell_all_again(Chance& chance);
  void slow_deletes(Chance& chance);
  void idle_deletes(Chance& chance);
  void odd_deletes(Chance& chance);
  void odd_lists(Chance& chance);

  World& world_;
  std::string who_;
  bool by_srv_ = false, displaced_ = false;
  std::vector<std::size_t> named_;
  std::list<Held> held_;
  std::vector<Kind const*> enabled_;
  Uptime releases_by_{}, channels_by_{};
  Milliseconds slowest_{0};
};

}  // namespace wardroom::world
