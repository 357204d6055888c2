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
  Milliseconds reconnect_cap{3'000};  ///< while protection suffers
  /// For one XSP down over 5 min while another is up and no call has run for as
  /// long.
  Milliseconds reconnect_slow_cap{30'000};
  Milliseconds reconnect_slow_after{300'000};
  Milliseconds ack_timeout{3'000};
  Milliseconds request_timeout{10'000};
  Milliseconds subscribe_timeout{4'000};      ///< while nothing is seen: then another XSP is asked
  Milliseconds audit{300'000};                ///< GET of the subscription and of the channel set
  Milliseconds audit_again{5'000};            ///< what an audit finds counts when it is found twice
  Milliseconds gap{2'000};                    ///< a missing sequence number is waited for this long
  Milliseconds duplicate_set_retry{300'000};  ///< the first time; then doubling, plus dice
  Milliseconds duplicate_set_cap{3'600'000};
  Milliseconds resync_settle{500};      ///< after one of several channels broke or came back
  Milliseconds resync_gap{3'000};       ///< between two resyncs, but for those after blindness
  Milliseconds roll_before{3'600'000};  ///< streams move to the new token this long before the end
  Milliseconds drain{30'000};           ///< an XSP that left DNS serves so long beside the new ones
  Milliseconds open_interval{500};      ///< between two openings, after a burst of `open_burst`
  int open_burst = 2;
  Milliseconds resolve_again{10'000};  ///< DNS is asked at most so often when channels break
  Milliseconds denied_retry{300'000};
  Milliseconds srv_refresh{300'000};
  Milliseconds endpoints_refresh{86'400'000};
  Milliseconds alarm_after{15'000};  ///< without protection
  std::chrono::seconds expires{
      7'200};  ///< asked for channels and subscription; refresh at half life
};

struct XsiSettings {
  /// Fixed mode: one base URL per XSP, "http://127.0.0.1:8501"; the usual paths
  /// are appended. Empty = the endpoints Webex tells, fanned out by SRV unless
  /// `srv` is false.
  std::vector<std::string> endpoints{};
  bool srv = true;
  std::vector<std::string>
      dns_servers{};  ///< "192.0.2.53" or "127.0.0.1:5353"; empty = the system's
  /// Stable per deployment: a new process takes over from the previous one by
  /// it.
  std::string application_id = "wardroom";
  std::string identity = "admin";  ///< whose token
  bool decline_ringing = false;    ///< incoming calls that ring are declined instead of hung up
  std::string package = "Advanced Call";
  XsiTimers timers{};
};

}  // namespace wardroom::xsi
