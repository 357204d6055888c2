/// How the XSI session behaves; every default is the decided one.
#pragma once
#include "base/units.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace wardroom::xsi {

struct XsiTimers {
  Milliseconds heartbeat{15'000};  ///< ±6 %, which keeps it within a second
  Milliseconds heartbeat_timeout{5'000};
  Milliseconds head_timeout{10'000};     ///< answer to the channel POST
  Milliseconds opening_timeout{10'000};  ///< from there to the Channel document
  Milliseconds silence{60'000};          ///< without a byte, once server heartbeats were ever seen
  Milliseconds reconnect_first{250};
  Milliseconds reconnect_cap{3'000};        ///< while protection suffers
  Milliseconds reconnect_slow_cap{30'000};  ///< for one XSP down over 5 min while another is up
  Milliseconds reconnect_slow_after{300'000};
  Milliseconds ack_timeout{3'000};
  Milliseconds request_timeout{10'000};
  Milliseconds audit{300'000};  ///< GET of the subscription
  Milliseconds gap{2'000};      ///< a missing sequence number is waited for this long
  Milliseconds duplicate_set_retry{300'000};
  Milliseconds denied_retry{300'000};
  Milliseconds srv_refresh{300'000};
  Milliseconds endpoints_refresh{86'400'000};
  Milliseconds alarm_after{15'000};  ///< without protection
  std::chrono::seconds expires{
      7'200};  ///< asked for channels and subscription; refresh at half life
};

struct XsiSettings {
  /// Fixed mode: one base URL per XSP, "http://127.0.0.1:8501"; the usual paths are appended.
  /// Empty = the endpoints Webex tells, fanned out by SRV unless `srv` is false.
  std::vector<std::string> endpoints{};
  bool srv = true;
  std::vector<std::string>
      dns_servers{};  ///< "192.0.2.53" or "127.0.0.1:5353"; empty = the system's
  /// Stable per deployment: a new process takes over from the previous one by it.
  std::string application_id = "wardroom";
  std::string identity = "admin";  ///< whose token
  bool decline_ringing = false;  ///< incoming calls that ring are declined instead of hung up
  std::string package = "Advanced Call";
  XsiTimers timers{};
};

}  // namespace wardroom::xsi
