// Which checks `doctor` has: each part's own, with what they need to know of the daemon.
#include "app_objects.hpp"
#include "doctor/alert_checks.hpp"
#include "doctor/audit_checks.hpp"
#include "doctor/config_checks.hpp"
#include "doctor/file_checks.hpp"
#include "doctor/process_checks.hpp"
#include "doctor/store_checks.hpp"
#include "doctor/webex_checks.hpp"
#include "doctor/xsi_checks.hpp"
#include "front/doctor_verbs.hpp"
#include "settings_reload.hpp"
#include "store/open_store.hpp"

#include <filesystem>

namespace wardroom {
namespace {

/// Every file that holds a secret, by the key that names it; the master keys are looked at apart.
std::vector<doctor::SecretFile> secret_files(config::Record const& record) {
  std::vector<doctor::SecretFile> out;
  for (auto const& entry : record.entries())
    if (entry.kind == config::Kind::secret_file && !entry.value.empty() &&
        !entry.key.starts_with("secrets."))
      out.push_back({entry.key, entry.value});
  return out;
}

/// The file as it lies there now against what is in force.
doctor::ConfigState config_state(DaemonSettings const& now, DaemonSettings const& fresh,
                                 config::Complaints const& complaints) {
  doctor::ConfigState out;
  for (auto const& complaint : complaints) out.complaints.push_back(complaint.text());
  if (!complaints.empty()) return out;
  for (auto const& key : changed_keys(now.record, fresh.record))
    (key.restart ? out.needs_restart : out.would_change).push_back(key.key);
  return out;
}

}  // namespace

void App::mount_doctor() {
  doctor::add_config_checks(doctor_, {settings_.file, [this]() -> Task<doctor::ConfigState> {
                                        auto const read = co_await read_configuration();
                                        co_return config_state(settings_, read.settings,
                                                               read.complaints);
                                      }});
  doctor::add_file_checks(doctor_,
                          {beside_, secret_files(settings_.record), settings_.master_key_file});
  doctor::add_process_checks(doctor_, {.clock = clock_,
                                       .journal = journal_,
                                       .signs = [this] { return signs(); },
                                       .journal_keep = [this] { return settings_.journal_keep; },
                                       .admin_sessions = [this] { return sessions_.admins(); },
                                       .admins = [this] { return settings_.admins; }});
  doctor::add_store_checks(doctor_,
                           {*database_, clock_, beside_, [this] { return settings_.store_url; }});
  doctor::add_audit_checks(doctor_, {*database_, clock_, [this] { return audit_.get(); }});
  doctor::add_webex_checks(doctor_, {*client_, clock_, vault_, webex_, settings_.api});
  doctor::add_xsi_checks(doctor_, {.http = *client_,
                                   .clock = clock_,
                                   .organisation = organisation_,
                                   .srv = *srv_,
                                   .settings = xsi_settings_,
                                   .wanted = [this] {
                                     return settings_.call_blocking.policy.mode !=
                                            call_blocking::Mode::off;
                                   }});
  call_blocking_.add_checks(doctor_);
  space_sync_.add_checks(doctor_);
  security_notices_.add_checks(doctor_);
  doctor::add_alert_checks(doctor_, {alerts_, beside_, settings_.alerts});
  std::string state_folder;
  if (auto const engine = store::engine_of(settings_.store_url);
      engine && *engine == store::Engine::sqlite) {
    auto const path = store::sqlite_path(settings_.store_url);
    state_folder = path.substr(0, path.rfind('/'));
  }
  // The tool may look at it from another folder.
  add_doctor_verbs(
      verbs_, {doctor_, std::filesystem::absolute(settings_.file).string(), state_folder, "0.1.0"});
}

}  // namespace wardroom
