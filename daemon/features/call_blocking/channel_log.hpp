/// Which comings and goings of channels the journal is told: each change once, and while one stays
/// down another error at most once a minute. Pure: time is given.
#pragma once
#include "ports/call_events.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace wardroom::call_blocking {

class ChannelLog {
 public:
  /// Rows {host, up, last_error?} since the last look.
  std::vector<nlohmann::ordered_json> changes(ChannelHealth const& health, Uptime now);

 private:
  struct Told {
    bool up = false;
    std::string error{};
    std::optional<Instant> since{};
    Uptime at{};
  };
  std::map<std::string, Told> told_;  // by host
};

}  // namespace wardroom::call_blocking
