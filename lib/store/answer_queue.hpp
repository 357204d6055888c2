/// Runs many small answers on the loop in slices, so that a big commit does not hold up everything
/// else.
#pragma once
#include "runtime/task.hpp"

#include <boost/asio/post.hpp>

#include <deque>
#include <memory>
#include <utility>

namespace wardroom::store {

/// Answers run in the order they were added, 64 at a time with a post between. On the loop only.
template <class Answer>
class AnswerQueue {
 public:
  static constexpr std::size_t slice = 64;

  explicit AnswerQueue(Executor loop) : loop_(loop) {}

  void add(Answer answer) {
    waiting_.push_back(std::move(answer));
    schedule();
  }
  bool empty() const { return waiting_.empty(); }
  /// At stop: everything now, whatever it takes.
  void run_all() {
    while (!waiting_.empty()) run_one();
  }

 private:
  void schedule() {
    if (scheduled_ || waiting_.empty()) return;
    scheduled_ = true;
    boost::asio::post(loop_, [this, alive = std::weak_ptr<int>(alive_)] {
      if (alive.expired()) return;
      scheduled_ = false;
      run_slice(alive);
    });
  }
  void run_slice(std::weak_ptr<int> const& alive) {
    // An answer may throw, or destroy the owner of this queue; the rest still follows, or goes.
    struct Rest {
      AnswerQueue* queue;
      std::weak_ptr<int> const& alive;
      ~Rest() {
        if (!alive.expired()) queue->schedule();
      }
    } rest{this, alive};
    for (std::size_t i = 0; i < slice && !alive.expired() && !waiting_.empty(); ++i) run_one();
  }
  void run_one() {
    auto answer = std::move(waiting_.front());
    waiting_.pop_front();
    answer();
  }

  Executor loop_;
  std::deque<Answer> waiting_;
  bool scheduled_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace wardroom::store
