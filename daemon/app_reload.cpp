// A reload: read everything, check everything, then swap the policy in one handler or nothing.
#include "app_objects.hpp"
#include "base/planted.hpp"
#include "front/config_verbs.hpp"
#include "process/systemd.hpp"
#include "scope_needs.hpp"
#include "settings_reload.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace wardroom {

Task<App::ReadConfiguration> App::read_configuration() {
  return beside_.run([file = settings_.file] {
    ReadConfiguration out;
    out.settings = load_settings(file, out.complaints);
    return out;
  });
}

Task<ReloadReport> App::reload() {
  // One after the other, or an older reading of the file could come last.
  auto const turn = co_await reloads_.take();
  auto const reading = co_await read_configuration();
  auto const& [fresh, complaints] = reading;
  auto report = reload_report(settings_, fresh, complaints);
  journal_.append("reload", 0, "", front::reload_journal(report).dump());
  if (!report.ok && !WARDROOM_PLANTED("bad-configuration-taken")) co_return report;
  take_reload(settings_, fresh);
  login_.set_admins(settings_.admins);
  log::set_level(settings_.level);
  journal_keeper_.set_keep(settings_.journal_keep);
  tasks_.spawn("new policy", [this, policy = settings_.call_blocking.policy] {
    return call_blocking_.set_policy(policy);
  });
  space_sync_.set_settings(settings_.space_sync);
  security_notices_.set_policy(settings_.security_notices.policy);
  for (auto const& tls : {tls_, cdr_tls_})
    if (auto const taken = tls ? tls->renew() : Result<bool>(false); !taken)
      log::warning("a renewed certificate is not used", {{"why", taken.error().what}});
  for (auto const& [name, unused] : settings_.identities) {
    auto needs = scope_needs(settings_, name);  // a feature may have been switched on
    vault_.set_needs(name, std::move(needs.scopes), std::move(needs.users));
  }
  log::info("configuration read again",
            {{"changed", fmt::format("{}", fmt::join(report.changed, ", "))},
             {"needs_restart", fmt::format("{}", fmt::join(report.needs_restart, ", "))}});
  co_return report;
}

Task<void> App::reload_on_signal() {
  systemd::notify_reloading();
  auto const report = co_await reload();
  trail_.daemon(report.ok ? "reload" : "reload failed", front::reload_change(report));
  for (auto const& complaint : report.complaints)
    log::error("the new configuration is refused", {{"complaint", complaint}});
  systemd::notify_ready(report.ok ? "running; the configuration was read again"
                                  : "running; the new configuration was refused");
}

/// What the verbs about the configuration ask of the daemon.
front::ConfigPorts App::config_ports() {
  return {.file = settings_.file,
          .in_force = [this]() -> config::Record const& { return settings_.record; },
          .differences = [this](config::Complaints& complaints) -> Task<std::vector<ChangedKey>> {
            auto const read = co_await read_configuration();
            complaints = read.complaints;
            co_return changed_keys(settings_.record, read.settings.record);
          },
          .reload_takes = reload_takes,
          .reload = [this] { return reload(); }};
}

}  // namespace wardroom
