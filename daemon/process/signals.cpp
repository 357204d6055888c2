#include "process/signals.hpp"

#include <csignal>

namespace wardroom {

Signals::Signals(Executor loop, std::function<void()> stop, std::function<void()> reload)
    : set_(loop, SIGTERM, SIGINT, SIGHUP), stop_(std::move(stop)), reload_(std::move(reload)) {
  std::signal(SIGPIPE, SIG_IGN);  // a peer that goes away is an error of that write, no more
  std::signal(SIGXFSZ, SIG_IGN);  // so is a file that may not grow (LimitFSIZE=)
  wait();
}

void Signals::wait() {
  set_.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    signal == SIGHUP ? reload_() : stop_();
    wait();
  });
}

void Signals::ignore() { set_.cancel(); }

}  // namespace wardroom
