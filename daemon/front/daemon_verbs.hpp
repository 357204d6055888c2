/// The verbs that are the daemon's own: status, health, wait, events, metrics, log
/// level.
#pragma once
#include "control/verbs.hpp"
#include "oauth/token_vault.hpp"
#include "process/health.hpp"
#include "runtime/task_group.hpp"
#include "store/journal.hpp"

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
  store::Journal& journal;
  oauth::TokenVault& vault;
  std::function<std::string()> metrics_text;
  std::string listen, public_url;
  std::function<std::vector<HealthSign>()> signs;
  std::function<bool()> ready;
  std::function<void(nlohmann::ordered_json&)> features_status;
  /// "P" of docs/api.md to a person number; not_found or conflict with a sentence.
  std::function<Task<Result<std::uint32_t>>(std::string who)> find_person;
  /// Makes `name_of` know these people.
  std::function<Task<void>(std::vector<std::uint32_t> people)> learn_names;
  /// Names for event lines, at once; empty when unknown.
  std::function<std::string(std::uint32_t person)> name_of;
};

void add_daemon_verbs(control::Verbs& verbs, DaemonFacts facts);

nlohmann::ordered_json to_json(std::vector<HealthSign> const& signs);

}  // namespace wardroom
