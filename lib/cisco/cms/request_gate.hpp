/// Who may ask one bridge now: a few requests in flight, urgent messages before all else, and reads
/// no more often than a bridge can bear. Each bridge has its own. Source: cms.md 6.1.
#pragma once
#include "runtime/task.hpp"
#include "runtime/wake.hpp"

#include <cstddef>
#include <deque>
#include <list>
#include <memory>

namespace wardroom::cms {

/// Used on the loop. Within urgent ones and within the others first come is first served; a read
/// that may not go yet holds no message up.
class RequestGate {
  struct State;

 public:
  enum class Lane { urgent, message, read };
  struct Limits {
    std::size_t in_flight = 4;
    std::size_t not_urgent = 3;       ///< of these; the rest is kept for urgent messages
    std::size_t reads_a_second = 20;  ///< in any second
  };
  RequestGate(Clock& clock, Limits limits);
  ~RequestGate();
  RequestGate(RequestGate const&) = delete;
  RequestGate& operator=(RequestGate const&) = delete;

  /// A place among the requests in flight, given back when it dies.
  class Place {
   public:
    Place(std::weak_ptr<State> state, Lane lane) : state_(std::move(state)), lane_(lane) {}
    Place(Place&& other) noexcept = default;  // a moved-from weak_ptr is empty
    Place& operator=(Place&&) = delete;
    ~Place();

   private:
    std::weak_ptr<State> state_;
    Lane lane_;
  };
  /// Whoever is cancelled while waiting leaves the queue.
  Task<Place> enter(Lane lane);

  std::size_t waiting() const;
  std::size_t in_flight() const;

 private:
  std::shared_ptr<State> state_;  ///< places may outlive the gate when a loop dies
};

}  // namespace wardroom::cms
