/// The section `call_blocking` of wardroom.yaml, checked: fences, times, policies, where the XSPs
/// are.
#pragma once
#include "config/yaml_section.hpp"
#include "features/call_blocking/caller_notice_settings.hpp"
#include "features/call_blocking/fence.hpp"
#include "features/call_blocking/verdict.hpp"

#include <string>
#include <vector>

namespace wardroom::call_blocking {

struct XsiSettings {
  bool srv = true;
  std::vector<std::string> dns_servers;
  std::vector<std::string> endpoints;  ///< base URLs, when `srv` is false
  std::string application_id = "wardroom";
  bool decline_ringing = false;  ///< decline incoming calls that ring instead of hanging them up
  bool operator==(XsiSettings const&) const = default;
};

/// What a reload may swap while calls run.
struct PolicySettings {
  Mode mode = Mode::observe;
  Milliseconds post_interval{30'000};
  Milliseconds timeout{300'000};
  InternalCalls internal_calls = InternalCalls::judge;
  std::vector<std::string> outside_line_prefixes{"0", "9"};
  std::vector<std::string> emergency_numbers;  ///< the operator's, beside the built-in table
  int confirmations = 2;                       ///< fixes in a row it takes to come back in
  EndRunning end_running = EndRunning::outside;
  PeopleChoice enforce_for{};     ///< in mode enforce: all others are only observed
  std::vector<Fence> fences;      ///< sealed
  std::chrono::hours history{0};  ///< how long fixes are kept for replays; 0 = only the last one
  CallerNoticeSettings notice{};  ///< its identity and bot are those of the start
};
/// First 12 hex digits of the SHA-256 over everything a verdict depends on.
std::string digest_of(PolicySettings const& policy);

/// The groups that fences and `enforce_for` name, each once.
std::vector<std::string> named_groups(PolicySettings const& policy);

/// What Webex must have granted for this feature to work. Source: webex-rest.md 11, xsi.md 1.3.
std::vector<std::string> needed_scopes(PolicySettings const& policy);

struct CallBlockingSettings {
  std::string identity = "admin";  ///< whose login reads the directory, the events, releases calls
  PolicySettings policy;
  Milliseconds directory_refresh{std::chrono::hours(6)};
  XsiSettings xsi;
  /// Complaints go to the section; what comes back is only for use when there were none.
  static CallBlockingSettings parse(config::Section section);
};

}  // namespace wardroom::call_blocking
