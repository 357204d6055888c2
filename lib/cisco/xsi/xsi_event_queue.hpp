/// Events between the reader of the streams and who decides: in order, bounded, in slices.
///
/// While this turn of the loop has time left an event is handed on at once, inside push(): nothing
/// is gained by letting it wait. Beyond that it waits for the next turn, so that neither the
/// streams nor the requests that end calls stand still behind a burst. Source: xsi.md 3.6.
#pragma once
#include "domain/call.hpp"
#include "runtime/clock.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

namespace wardroom::xsi {

class XsiEventQueue {
 public:
  struct Hear {
    std::function<void(CallEvent const&)> event;  ///< must not throw
    /// So many were dropped since the queue was full, and now it is empty: ask what is true.
    std::function<void(std::uint64_t dropped)> drained;
  };
  static constexpr std::size_t most_waiting = 10'000;
  /// Of one turn of the loop.
  static constexpr BootClock::duration slice = std::chrono::milliseconds(1);
  static constexpr std::size_t most_a_slice = 64;

  XsiEventQueue(Executor loop, Clock& clock, Hear hear)
      : loop_(loop), clock_(clock), hear_(std::move(hear)) {}

  /// False when it was dropped because too many wait.
  bool push(CallEvent event);
  std::size_t waiting() const { return waiting_.size(); }

 private:
  void begin_slice();
  void hand_out();
  bool has_time() const;

  Executor loop_;
  Clock& clock_;
  Hear hear_;
  std::deque<CallEvent> waiting_;
  std::uint64_t dropped_ = 0;  // since the queue was last empty
  Uptime slice_began_{};
  std::size_t handed_out_ = 0;                             // in this slice
  bool in_slice_ = false;                                  // its end is posted
  bool handing_out_ = false;                               // an event may lead to the next push
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // posted handlers hold it weakly
};

}  // namespace wardroom::xsi
