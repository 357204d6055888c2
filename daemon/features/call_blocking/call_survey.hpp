/// Asks the platform for the live calls of many people, a few at a time, most urgent first.
#pragma once
#include "ports/call_control.hpp"
#include "runtime/task_group.hpp"

#include <deque>
#include <functional>
#include <unordered_set>
#include <vector>

namespace wardroom::call_blocking {

class CallSurvey {
 public:
  using Listed = std::function<void(XsiUserId const&, std::vector<CallLeg> const&, Uptime asked)>;
  CallSurvey(CallControl& calls, Clock& clock, TaskGroup& tasks, Listed listed)
      : calls_(calls), clock_(clock), tasks_(tasks), listed_(std::move(listed)) {}

  /// Replaces what is still waiting. Whoever cannot be asked is asked once more after 2 s.
  void start(std::vector<XsiUserId> targets);
  /// Behind what is waiting already.
  void add(std::vector<XsiUserId> targets);
  bool running() const { return workers_ > 0; }
  std::size_t waiting() const { return waiting_.size(); }  ///< people still to be asked
  std::uint64_t asked() const { return asked_; }
  std::uint64_t failed() const { return failed_; }

 private:
  struct Item {
    XsiUserId target;
    bool second_try = false;
  };
  void start_workers();
  Task<void> work();

  CallControl& calls_;
  Clock& clock_;
  TaskGroup& tasks_;
  Listed listed_;
  std::deque<Item> waiting_;
  std::unordered_set<XsiUserId> seen_;  ///< asked in this round
  std::size_t workers_ = 0;
  std::uint64_t asked_ = 0, failed_ = 0;
};

}  // namespace wardroom::call_blocking
