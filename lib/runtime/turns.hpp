/// Lets coroutines through one after the other, in the order they came. On the loop only.
#pragma once
#include "runtime/wake.hpp"

#include <deque>
#include <memory>
#include <utility>

namespace wardroom {

/// Outlives every turn and every waiter.
class Turns {
 public:
  /// Held while it is one's turn; dropping it lets the next one through.
  class Turn {
   public:
    explicit Turn(Turns& turns) : turns_(&turns) {}
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_) turns_->pass_on();
    }

   private:
    Turns* turns_;
  };

  explicit Turns(Executor loop) : loop_(loop) {}
  Turns(Turns const&) = delete;
  Turns& operator=(Turns const&) = delete;

  /// Waits for those who came before. Whoever is cancelled while waiting leaves the queue.
  Task<Turn> take() {
    if (!std::exchange(taken_, true)) co_return Turn(*this);
    auto const place = std::make_shared<Place>(loop_);
    waiting_.push_back(place);
    Leave const leave{*this, *place};
    co_await place->called.wait();
    place->used = true;
    co_return Turn(*this);
  }

 private:
  struct Place {
    explicit Place(Executor loop) : called(loop) {}
    Wake called;
    bool is_called = false, used = false;
  };
  struct Leave {
    Turns& turns;
    Place& place;
    ~Leave() {
      if (!place.is_called)
        std::erase_if(turns.waiting_, [&](auto const& one) { return one.get() == &place; });
      else if (!place.used)
        turns.pass_on();
    }
  };

  void pass_on() {
    if (waiting_.empty()) {
      taken_ = false;
      return;
    }
    auto const next = std::move(waiting_.front());
    waiting_.pop_front();
    next->is_called = true;
    next->called.raise();
  }

  Executor loop_;
  bool taken_ = false;
  std::deque<std::shared_ptr<Place>> waiting_;
};

}  // namespace wardroom
