/// What systemd wants to hear and what it hands over: READY, STATUS, WATCHDOG, sockets by name.
#pragma once
#include "runtime/task.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::systemd {

/// Does nothing when not started by systemd (no $NOTIFY_SOCKET).
void notify_ready(std::string_view status);
void notify_status(std::string_view status);
/// What a start is at, and that it goes on: a start with many people may take longer than
/// TimeoutStartSec. Told as long as this lives and the loop turns.
class StartProgress {
 public:
  explicit StartProgress(Clock& clock) : clock_(clock) {}
  void step(std::string what);  ///< "reading people"

 private:
  void tell();
  Clock& clock_;
  std::string what_;
  TimerHandle next_;
};
/// RELOADING=1 with the monotonic moment; follow with notify_ready when done.
void notify_reloading();
void notify_stopping(std::string_view status);

/// Listening sockets by FileDescriptorName (http, cdr, control); the environment is cleared so that
/// no child inherits them. Call once.
std::map<std::string, std::vector<int>> take_sockets();

/// Half of WatchdogSec when systemd watches us.
std::optional<Milliseconds> watchdog_interval();
/// Feeds the watchdog from the loop's own tick until cancelled: a stuck loop is not fed.
Task<void> feed_watchdog(Clock& clock, Milliseconds every);

}  // namespace wardroom::systemd
