#include "cisco/cms/request_gate.hpp"

#include "base/planted.hpp"

#include <utility>

namespace wardroom::cms {
namespace {

using Lane = RequestGate::Lane;
constexpr BootClock::duration second = std::chrono::seconds(1);

struct Waiter {
  Waiter(Executor loop, Lane l) : lane(l), called(loop) {}
  Lane lane;
  Wake called;
  bool entered = false;
};

}  // namespace

struct RequestGate::State : std::enable_shared_from_this<State> {
  State(Clock& c, Limits l) : clock(c), limits(l) {}

  Clock& clock;
  Limits limits;
  std::list<Waiter*> urgent, others;
  std::size_t in_flight = 0, not_urgent = 0;
  std::deque<Uptime> reads;  ///< when the last of them began; no more than may in a second
  TimerHandle read_due;

  bool read_may_go() const {
    return reads.size() < limits.reads_a_second || clock.uptime() >= reads.front() + second;
  }
  /// The one that goes next; null when none may.
  Waiter* next() {
    if (in_flight >= limits.in_flight) return nullptr;
    if (!urgent.empty()) return take(urgent, urgent.begin());
    if (not_urgent >= limits.not_urgent) return nullptr;
    for (auto it = others.begin(); it != others.end(); ++it)
      if ((*it)->lane != Lane::read || read_may_go()) return take(others, it);
    return nullptr;
  }
  static Waiter* take(std::list<Waiter*>& queue, std::list<Waiter*>::iterator it) {
    auto* const waiter = *it;
    queue.erase(it);
    return waiter;
  }

  void let_in() {
    while (auto* waiter = next()) {
      ++in_flight;
      if (waiter->lane != Lane::urgent) ++not_urgent;
      if (waiter->lane == Lane::read) {
        if (reads.size() >= limits.reads_a_second) reads.pop_front();
        reads.push_back(clock.uptime());
      }
      waiter->entered = true;
      waiter->called.raise();
    }
    // What waits for its second has no place to come free that would wake it.
    if (!others.empty() && !read_may_go() && !read_due.armed())
      read_due = clock.at(reads.front() + second, [weak = weak_from_this()] {
        auto const alive = weak.lock();
        if (!alive) return;
        auto const spent = std::exchange(alive->read_due, {});  // not while it is being called
        alive->let_in();
      });
  }
  void leave(Lane lane) {
    if (lane != Lane::read || !WARDROOM_PLANTED("place-not-given-back")) --in_flight;
    if (lane != Lane::urgent) --not_urgent;
    let_in();
  }
};

RequestGate::RequestGate(Clock& clock, Limits limits)
    : state_(std::make_shared<State>(clock, limits)) {}

RequestGate::~RequestGate() = default;

RequestGate::Place::~Place() {
  if (auto const state = state_.lock()) state->leave(lane_);
}

Task<RequestGate::Place> RequestGate::enter(Lane lane) {
  std::weak_ptr<State> const weak = state_;
  Waiter waiter(co_await boost::asio::this_coro::executor, lane);
  // Given back also when the task is cancelled between being let in and going on.
  struct Leave {
    std::weak_ptr<State> const& state;
    Waiter& waiter;
    ~Leave() {
      auto const alive = state.lock();
      if (!alive) return;
      if (waiter.entered)
        alive->leave(waiter.lane);
      else
        (waiter.lane == Lane::urgent ? alive->urgent : alive->others).remove(&waiter);
    }
  } const leave{weak, waiter};
  (lane == Lane::urgent ? state_->urgent : state_->others).push_back(&waiter);
  state_->let_in();
  if (!waiter.entered) co_await waiter.called.wait();
  waiter.entered = false;  // the place is the caller's from here on
  co_return Place(weak, lane);
}

std::size_t RequestGate::waiting() const { return state_->urgent.size() + state_->others.size(); }
std::size_t RequestGate::in_flight() const { return state_->in_flight; }

}  // namespace wardroom::cms
