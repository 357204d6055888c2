/// The verbs that are the daemon's own: status, health, wait, metrics, log level.
#pragma once
#include "control/verbs.hpp"
#include "oauth/token_vault.hpp"
#include "process/health.hpp"
#include "runtime/task_group.hpp"
#include "store/database.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

namespace wardroom {

/// What the verbs ask of the daemon. References outlive the handlers.
struct DaemonFacts {
  Clock& clock;
  TaskGroup& tasks;
  store::Database& database;
  oauth::TokenVault& vault;
  std::function<std::string()> metrics_text;
  std::string listen, public_url;
  std::function<std::vector<HealthSign>()> signs;
  std::function<bool()> ready;
  std::function<void(nlohmann::ordered_json&)> features_status;
};

void add_daemon_verbs(control::Verbs& verbs, DaemonFacts facts);

nlohmann::ordered_json to_json(std::vector<HealthSign> const& signs);

}  // namespace wardroom
