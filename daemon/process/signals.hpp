/// TERM and INT stop, HUP reloads.
#pragma once
#include "runtime/clock.hpp"

#include <boost/asio/signal_set.hpp>

#include <functional>

namespace wardroom {

class Signals {
 public:
  /// Both callbacks run on the loop. A second TERM or INT while stopping is ignored: the stop is
  /// bounded.
  Signals(Executor loop, std::function<void()> stop, std::function<void()> reload);
  void ignore();  ///< lets the loop run out of work

 private:
  void wait();
  boost::asio::basic_signal_set<Executor> set_;
  std::function<void()> stop_, reload_;
};

}  // namespace wardroom
