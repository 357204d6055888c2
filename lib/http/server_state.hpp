/// What all connections of one server share: limits, the lists the sweep walks, spare buffers.
#pragma once
#include "http/reception.hpp"
#include "http/server.hpp"

#include <array>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace wardroom::http {

class Session;

/// What a connection does. Within one phase all have the same limit, so a list kept in order of
/// arrival is ordered by deadline: the sweep looks at the front only.
enum class Phase { idle, resting, head, body, handling, writing, streaming, lingering, count };

class ServerState : public Reception, public std::enable_shared_from_this<ServerState> {
 public:
  using Sessions = std::list<std::shared_ptr<Session>>;

  ServerState(Executor loop_, Clock& clock_, Router& router_, Server::Options options_);

  void add(std::shared_ptr<Session> session);
  /// Moves a connection to the end of a phase's list and stamps the time.
  void place(Session& session, Phase phase);
  void remove(Session& session);
  /// Whether one more connection fits, closing the idlest when need be. `kept` places stay free.
  bool make_room(std::size_t kept);
  /// Closes the connection that has been idle for longest; false when all are at work.
  bool shed_idlest();
  std::vector<std::shared_ptr<Session>> everyone() const;

  std::unique_ptr<Exchange> take_exchange();
  void give_back(std::unique_ptr<Exchange> exchange);

  std::array<char, 16 * 1024> scratch;  ///< for one read at a time, emptied at once

 private:
  Sessions& list(Phase phase) { return lists_[static_cast<std::size_t>(phase)]; }
  BootClock::duration limit(Phase phase) const;
  void sweep();
  void arm();

  std::array<Sessions, static_cast<std::size_t>(Phase::count)> lists_;
  std::vector<std::unique_ptr<Exchange>> spare_;
  TimerHandle timer_;
};

}  // namespace wardroom::http
