/// Runs the stream of call events while it is wished for, and starts it again when it dies.
#pragma once
#include "features/call_blocking/recent_rise.hpp"
#include "ports/call_events.hpp"
#include "process/health.hpp"
#include "runtime/backoff.hpp"
#include "runtime/task_group.hpp"

#include <memory>
#include <string>

namespace wardroom::call_blocking {

class Monitoring {
 public:
  Monitoring(Executor loop, Clock& clock, Random& dice, CallEvents& events, CallEventSink& sink)
      : loop_(loop), clock_(clock), dice_(dice), events_(events), sink_(sink) {}

  void start();  ///< nothing when it runs
  /// Ends the stream politely (subscription and channels deleted), at most 3 s.
  Task<void> stop();

  bool on() const { return state_ == State::on; }
  bool stopping() const { return state_ == State::stopping; }
  /// Events can reach us: a channel is up, and subscribed.
  bool watching() const;
  ChannelHealth const& channels() const { return events_.health(); }
  std::uint64_t deaths() const { return deaths_; }
  void look();  ///< once a second: notes the counters whose rise is a sign
  std::vector<HealthSign> health() const;

 private:
  enum class State { off, on, stopping };
  void begin();
  void died(std::string const& why);

  Executor loop_;
  Clock& clock_;
  Random& dice_;
  CallEvents& events_;
  CallEventSink& sink_;
  State state_ = State::off;
  std::unique_ptr<TaskGroup> tasks_;
  TimerHandle again_;
  Backoff backoff_{std::chrono::seconds(1), std::chrono::seconds(3)};
  std::uint64_t deaths_ = 0;
  std::string last_death_;
  RecentRise acknowledged_, unacknowledged_, unresponsive_, overflows_;
};

/// The sign of the channels while monitoring is on. Pure.
HealthSign channels_sign(ChannelHealth const& health, Uptime now);
/// Its last error without the host in front, the request, and the request's number, which differs
/// each time.
std::string brief_error(ChannelHealth::Channel const& channel);
/// "xsp1:443 is down: connection refused" of the first channel that is, or what all have in common;
/// empty when all are up.
std::string trouble_of(ChannelHealth const& health);

}  // namespace wardroom::call_blocking
