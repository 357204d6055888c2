// A reload: read everything, check everything, then swap the policy in one handler or nothing.
#include "app_objects.hpp"
#include "front/config_verbs.hpp"
#include "scope_needs.hpp"
#include "settings_reload.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace wardroom {

ReloadReport App::reload() {
  config::Complaints complaints;
  auto const fresh = load_settings(settings_.file, complaints);
  auto report = reload_report(settings_, fresh, complaints);
  journal_.append("reload", 0, "", front::reload_journal(report).dump());
  if (!report.ok) return report;
  take_reload(settings_, fresh);
  login_.set_admins(settings_.admins);
  log::set_level(settings_.level);
  journal_keeper_.set_keep(settings_.journal_keep);
  tasks_.spawn("new policy", [this, policy = settings_.call_blocking.policy] {
    return call_blocking_.set_policy(policy);
  });
  for (auto const& [name, unused] : settings_.identities) {
    auto needs = scope_needs(settings_, name);  // a feature may have been switched on
    vault_.set_needs(name, std::move(needs.scopes), std::move(needs.users));
  }
  log::info("configuration read again",
            {{"changed", fmt::format("{}", fmt::join(report.changed, ", "))},
             {"needs_restart", fmt::format("{}", fmt::join(report.needs_restart, ", "))}});
  return report;
}

/// What the verbs about the configuration ask of the daemon.
front::ConfigPorts App::config_ports() {
  return {.file = settings_.file,
          .in_force = [this]() -> config::Record const& { return settings_.record; },
          .differences =
              [this](config::Complaints& complaints) {
                auto const fresh = load_settings(settings_.file, complaints);
                return changed_keys(settings_.record, fresh.record);
              },
          .reload_takes = reload_takes,
          .reload = [this] { return reload(); }};
}

}  // namespace wardroom
