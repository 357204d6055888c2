/// X4: whether call events can reach the daemon, seen from its network, and whether it says so.
///
/// Blind for more than 30 s = the health is red and the seconds are counted. A stream that fell
/// silent is given up within 65 s; channels are open again once nothing is broken any more.
#pragma once
#include "calls_neighbours.hpp"

#include <memory>
#include <vector>

namespace wardroom::world {

class CallsSight {
 public:
  CallsSight(World& world, CallsNeighbours const& neighbours)
      : world_(world), neighbours_(neighbours) {}
  void daemon_started();
  void daemon_gone();
  /// Twice a second. `may_ask` = the daemon's grant is good, as far as the platform is concerned.
  void tick(bool may_ask);
  /// Asks for the blind seconds and compares.
  void ask_for_seconds();

 private:
  using Stream = std::shared_ptr<test::SimNetwork::StreamInfo const>;
  struct Silent {
    Stream::weak_type stream;  ///< a stream's timer must not outlive the daemon's loop
    Uptime since;
  };
  void look_at_streams(std::vector<Stream> const& streams);
  void ask_for_health();
  void look_whether_channels_are_back(bool sees, bool may_ask);

  World& world_;
  CallsNeighbours const& neighbours_;
  std::vector<Silent> silent_;
  std::optional<Uptime> blind_since_, last_tick_, seen_by_;
  bool asked_ = false, saw_ = false;
  double known_blind_ = 0;  ///< seconds since this daemon first saw
  int periods_ = 0;
  unsigned life_ = 0;
};

}  // namespace wardroom::world
