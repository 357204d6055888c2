// How time goes on in a world: one moment after the other, with all that is ready run in between.
#include "incarnation.hpp"
#include "world.hpp"

#include <algorithm>

namespace wardroom::world {

/// One moment after the other, with everything that is ready run in between; false when the world
/// broke a promise on the way.
bool World::advance_until(Uptime target) {
  bool const already = violation_.has_value();
  for (;;) {
    if (run_ready()) {
      ++figures_.steps;
      look();
    }
    watch_life();
    if (violation_ && !already) return false;
    auto next = clock_.next_due();
    if (daemon_)
      if (auto const its = daemon_->clock_of_it().next_due(); its && (!next || *its < *next))
        next = its;
    auto const moment = next && *next < target ? std::max(*next, now()) : target;
    bool const arrived = moment == target && !(next && *next <= target);
    trace_.set_moment(std::chrono::floor<Milliseconds>(moment - began_));
    clock_.arrive_at(moment);
    if (daemon_) daemon_->clock_of_it().arrive_at(moment);
    if (arrived) break;
  }
  if (run_ready()) look();
  watch_life();
  return !violation_ || already;
}

/// Everything that is ready, the daemon's and the world's; it may die at any handler of its own.
bool World::run_ready() {
  bool any = false;
  for (;;) {
    while (daemon_) {
      // Counted one by one only when one of them is the last.
      bool const counted = crash_in_.has_value();
      if (!(counted ? daemon_->run_one() : daemon_->run_ready())) break;
      any = true;
      if (!counted && !crash_in_) break;
      if (crash_in_ && (*crash_in_)-- == 0) crash();
    }
    if (io_.stopped()) io_.restart();
    // Only what ran here can have made the daemon ready for more.
    if (io_.poll() == 0) return any;
    any = true;
  }
}

void World::look() {
  if (violation_) return;
  for (auto& seat : parts_) seat.part->look();
}

}  // namespace wardroom::world
