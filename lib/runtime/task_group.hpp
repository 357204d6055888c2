/// Owns running tasks: counts them, stops them politely then firmly, and waits for the last.
#pragma once
#include "runtime/task.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <exception>
#include <functional>
#include <list>
#include <string>
#include <string_view>

namespace wardroom {

/// Everything here runs on the loop. Destroying a group that still has tasks is a broken invariant.
class TaskGroup {
 public:
  /// Told of each task that ended by an exception other than cancellation.
  using OnFailure = std::function<void(std::string_view task, std::exception_ptr why)>;

  TaskGroup(Executor loop, OnFailure on_failure);
  ~TaskGroup();
  TaskGroup(TaskGroup const&) = delete;
  TaskGroup& operator=(TaskGroup const&) = delete;

  /// Starts `body()`; the callable lives as long as its coroutine, so captures are safe.
  /// After stop() has begun nothing is started any more.
  void spawn(std::string name, std::function<Task<void>()> body);

  /// First wave: tasks that asked for it (by `finish_politely`) hear "total" cancellation and may
  /// finish what they hold. Second wave after `patience`: all are cancelled. Returns when none is
  /// left.
  Task<void> stop(Clock& clock, Milliseconds patience);

  std::size_t running() const { return tasks_.size(); }
  bool stopping() const { return stopping_; }

 private:
  struct Running {
    std::string name;
    std::function<Task<void>()> body;
    boost::asio::cancellation_signal signal;
  };
  void cancel_all(boost::asio::cancellation_type type);

  Executor loop_;
  OnFailure on_failure_;
  std::list<Running> tasks_;
  bool stopping_ = false;
};

/// Whether an exception that ended a task only says that it was cancelled.
bool is_cancellation(std::exception_ptr const& why);
/// What an exception says, for a log line.
std::string words_of(std::exception_ptr const& why);

/// Called first in a task that wants to hear the polite wave.
Task<void> finish_politely();

}  // namespace wardroom
