/// A part of a world: one kind of neighbours with the people who use them, what can break there,
/// and the promises that are watched there. Parts never touch the daemon but through its doors.
#pragma once
#include "chance.hpp"

#include <string>
#include <string_view>

namespace wardroom::world {

class World;

class Part {
 public:
  virtual ~Part() = default;
  /// One short word: its name in traces and its own streams of chance.
  virtual std::string_view name() const = 0;

  /// Once, before the first start of the daemon: puts the neighbours into their places (serve
  /// origins, add people, bridges, spaces) and hangs watchers on the network.
  virtual void prepare() {}
  /// Lines of the daemon's configuration: whole top-level sections. Asked at each start and each
  /// reload, so that a part may change its policy; what it gives must be valid unless it means not
  /// to be.
  virtual std::string configuration() { return {}; }
  /// The daemon has just been constructed and begins to start (a first time, or after a crash or a
  /// stop).
  virtual void daemon_started() {}
  /// The daemon is gone: killed (`crashed`), or stopped as TERM does it.
  virtual void daemon_gone(bool /*crashed*/) {}
  /// The daemon read its configuration again and took it (`ok`) or not; the answer is there.
  virtual void reloaded(bool /*ok*/) {}

  /// How often it acts: so many shares of the world's acts. 0 = never.
  virtual unsigned weight() const { return 0; }
  /// One thing a person or a neighbour does. All throws of dice from `chance`.
  virtual void act(Chance& /*chance*/) {}
  /// How often something breaks here. 0 = never.
  virtual unsigned fault_weight() const { return 0; }
  /// One thing breaks, for a while or until heal().
  virtual void fault(Chance& /*chance*/) {}
  /// Everything here works again, and breaks no more. Acts have ended.
  virtual void heal() {}

  /// After every step of the world: a moment at which anything ran. Cheap: looks at what is there.
  virtual void look() {}
  /// At rest: whether this part still waits for something that must come. The world goes on for as
  /// long as somebody does, at most World::patience.
  virtual bool settled() { return true; }
  /// At the end, all at rest, the daemon still running: what must be true now. May ask the daemon
  /// (World::ask waits).
  virtual void finish() {}
};

}  // namespace wardroom::world
