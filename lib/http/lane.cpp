#include "http/lane.hpp"

#include <algorithm>

namespace wardroom::http {
namespace {
constexpr Milliseconds rest_while_needed{100};
/// Below this a wait is owed to our own CPU or to a moment's crowd.
constexpr Milliseconds slow_answer{5};
constexpr Milliseconds between_growths{8};
constexpr std::chrono::seconds kept_after_a_rush{60};
}  // namespace

Lane::ConnectionPtr Lane::take(bool urgent) {
  while (!idle_.empty()) {
    if (!urgent && idle_.size() <= kept_now()) return nullptr;
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->is_open()) return connection;
  }
  return nullptr;
}

Task<Result<Lane::ConnectionPtr>> Lane::acquire(bool urgent) {
  auto& queue = waiting_[urgent ? 0 : 1];
  if (queue.empty())
    if (auto connection = take(urgent)) co_return connection;
  if (closed_) co_return failure(ErrorKind::unavailable, "its connections were closed");
  Waiter waiter(loop_);
  waiter.place = queue.insert(queue.end(), &waiter);
  waiter.queued = true;
  struct Leave {
    Lane& lane;
    std::list<Waiter*>& queue;
    Waiter& waiter;
    ~Leave() {
      if (waiter.queued) queue.erase(waiter.place);
      if (waiter.connection) lane.offer(std::move(waiter.connection));  // cancelled meanwhile
    }
  } const leave{*this, queue, waiter};
  if (open_.size() < wanted) wake_resting();
  co_await waiter.called.wait();
  if (waiter.error) co_return std::unexpected(*waiter.error);
  co_return std::exchange(waiter.connection, nullptr);
}

void Lane::offer(ConnectionPtr connection) {
  if (!connection->is_open() || closed_) return;
  idle_.push_back(std::move(connection));
  hand_out();
}

void Lane::hand_out() {
  for (bool urgent : {true, false})
    for (auto& queue = waiting_[urgent ? 0 : 1]; !queue.empty();) {
      auto connection = take(urgent);
      if (!connection) break;
      auto* waiter = queue.front();
      queue.pop_front();
      waiter->queued = false;
      waiter->connection = std::move(connection);
      waiter->called.raise();
    }
}

void Lane::opened(ConnectionPtr connection) {
  --opening_;
  open_.push_back(std::move(connection));
  if (open_.size() == 1) wake_resting();  // the way is free: the others may open too
}

void Lane::failed_to_open(Error const& why) {
  --opening_;
  if (open_.empty() && opening_ == 0) fail_waiting(why);
}

void Lane::lost(ConnectionPtr const& connection) {
  open_.remove(connection);
  std::erase(idle_, connection);
  hand_out();  // with fewer open, fewer are kept for urgent ones
}

void Lane::fail_waiting(Error const& why) {
  for (auto& queue : waiting_)
    for (auto* waiter : std::exchange(queue, {})) {
      waiter->queued = false;
      waiter->error = why;
      waiter->called.raise();
    }
}

void Lane::answered_after(BootClock::duration took) {
  answer_time_ = answer_time_ == BootClock::duration{} ? took : (answer_time_ * 15 + took) / 16;
}

bool Lane::should_grow(Uptime now) const {
  return waiting() > 0 && answer_time_ >= slow_answer && opening_ == 0 && !closed_ &&
         open_.size() >= base && (!grown_at_ || now - *grown_at_ >= between_growths);
}

void Lane::trim(Uptime now) {
  if (open_.size() <= base || idle_.size() < 2) return;
  auto const longest = idle_.front();  // the last used is taken first
  if (longest->idle_since + kept_after_a_rush < now) longest->close();
}

void Lane::wake_resting() {
  for (auto* wake : resting_) wake->raise();
}

Task<void> Lane::rest(Clock& clock, Milliseconds delay) {
  if (closed_) co_return;
  if (waiting() > 0) delay = std::min(delay, rest_while_needed);
  Wake wake(loop_);
  auto const timer = clock.after(delay, [&wake] { wake.raise(); });
  resting_.push_back(&wake);
  struct Leave {
    std::list<Wake*>& resting;
    Wake& wake;
    ~Leave() { resting.remove(&wake); }
  } const leave{resting_, wake};
  co_await wake.wait();
}

void Lane::close() {
  closed_ = true;
  for (auto const& connection : std::exchange(open_, {})) connection->close();
  idle_.clear();
  fail_waiting(Error{ErrorKind::unavailable, "its connections were closed", std::nullopt});
  wake_resting();
}

}  // namespace wardroom::http
