/// Everything the daemon is made of, in order of need, on one page.
#pragma once
#include "alerts/alerts.hpp"
#include "app_options.hpp"
#include "audit/audit_log.hpp"
#include "cisco/webex/webex_directory.hpp"
#include "cisco/webex/webex_listing.hpp"
#include "cisco/webex/webex_messages.hpp"
#include "cisco/webex/webex_spaces.hpp"
#include "cisco/xsi/xsi_call_control.hpp"
#include "cisco/xsi/xsi_directory.hpp"
#include "cisco/xsi/xsi_session.hpp"
#include "crypto/sealing.hpp"
#include "doctor/beside_loop.hpp"
#include "effects/effects.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "features/security_notices/security_notices.hpp"
#include "features/space_sync/space_sync.hpp"
#include "front/browser_session.hpp"
#include "front/config_verbs.hpp"
#include "front/control_server.hpp"
#include "front/journal_reading.hpp"
#include "front/login_desk.hpp"
#include "front/login_routes.hpp"
#include "front/session_desk.hpp"
#include "front/session_trail.hpp"
#include "front/store_verbs.hpp"
#include "front/throttle.hpp"
#include "front/trail.hpp"
#include "journal_notes.hpp"
#include "metrics/registry.hpp"
#include "oauth/token_vault.hpp"
#include "organisation_of_webex.hpp"
#include "outside.hpp"
#include "people/fix_log.hpp"
#include "people/people_store.hpp"
#include "people/roster.hpp"
#include "people_sessions.hpp"
#include "process/doctor.hpp"
#include "process/health.hpp"
#include "process/reload.hpp"
#include "runtime/helpers.hpp"
#include "runtime/turns.hpp"
#include "store/journal_keeper.hpp"
#include "store/movable_database.hpp"
#include "xsi_memory_of_store.hpp"

#include <map>
#include <memory>

namespace wardroom {

/// Destroyed in reverse order of need.
class App {
 public:
  App(DaemonSettings settings, Outside& outside);

  /// Starts everything in the background; `Outside::ended` is called when all of it has stopped.
  void begin();
  /// As TERM does: stops within 5 s.
  void ask_to_stop();
  /// Of the process; known once the outside was told of the end.
  int exit_code() const { return exit_code_; }
  bool ready() const { return ready_ && !stopping_; }
  /// So many tasks run: does not grow with time.
  std::size_t running_tasks() {
    return tasks_.running() + lane_tasks_.running() + call_blocking_.tasks().running() +
           space_sync_.tasks().running() + security_notices_.tasks().running();
  }

 private:
  Task<void> start();
  Task<void> stop();
  Task<void> settle_key();
  Task<void> settle_store();
  store::StoreSettings store_in_use() const;
  std::string work_folder() const;
  front::StorePorts store_ports();
  Task<void> open_audit();
  Task<void> close_audit();
  void open_listeners();
  void mount();
  void mount_journal();
  front::SharedJournalPorts journal_ports();
  nlohmann::ordered_json journal_status() const;
  void mount_doctor();
  void watch_metrics();
  void watch_sight();
  void watch_releases();
  void watch_logins();
  Task<void> tell_systemd();
  void keep_warm(std::string const& url, std::string const& connect_to, bool open);
  Task<void> forget_ended_sessions();
  void task_failed(std::string_view name, std::exception_ptr why);
  struct ReadConfiguration {
    DaemonSettings settings;
    config::Complaints complaints;
  };
  /// Beside the loop: the borders of a large country take a helper some 20 ms.
  Task<ReadConfiguration> read_configuration();
  Task<ReloadReport> reload();
  Task<void> reload_on_signal();
  front::ConfigPorts config_ports();
  std::vector<HealthSign> signs() const;
  alerts::Alerts::Channels alert_channels();
  security_notices::SecurityNotices::Ports notices_ports();
  front::LoginDesk::Ports desk_ports();
  front::SessionDesk::Ports session_desk_ports();
  front::SessionTrail::Ports session_trail_ports();
  PersonNo person_of(std::string const& uuid) const {
    return roster_.find(people::RosterKey::of_uuid(uuid));
  }
  /// Whether somebody is logged in as that identity, or it needs nobody.
  bool has_login(std::string const& identity) const;
  std::string org_id() const {
    return settings_.org_id.empty() ? site_admins_.org_uuid() : settings_.org_id;
  }

  DaemonSettings settings_;
  Outside& outside_;
  Executor loop_ = outside_.loop();
  Clock& clock_ = outside_.clock();
  Random& random_ = outside_.random();
  metrics::Registry metrics_;
  struct DeadTask {
    std::string why;
    bool revived = false;
  };
  std::map<std::string, DeadTask, std::less<>> dead_tasks_;
  TaskGroup tasks_{
      loop_, [this](std::string_view name, std::exception_ptr why) { task_failed(name, why); }};
  /// The lane's connections serve the tasks above to their end, so they go after them.
  TaskGroup lane_tasks_{
      loop_, [this](std::string_view name, std::exception_ptr why) { task_failed(name, why); }};
  MasterKeys keys_;
  NamedFiles files_;  ///< given on as the objects below are made
  bool old_key_may_go_ = false;
  crypto::Sealer sealer_;
  front::Trail trail_{clock_, tasks_};
  std::unique_ptr<audit::AuditLog> audit_;  ///< outlives the threads of the store
  std::unique_ptr<store::MovableDatabase> database_;
  store::Journal journal_{*database_, clock_};
  store::JournalKeeper journal_keeper_{loop_, clock_, journal_, settings_.journal_keep};
  StoreNotes store_notes_{clock_, *database_, journal_};
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<http::WarmClient> lane_;
  Effects effects_{loop_, clock_, tasks_};
  oauth::TokenVault vault_;
  std::shared_ptr<webex::RateBuckets> buckets_;  ///< of all that talk to Webex REST
  webex::WebexApi webex_;
  webex::WebexDirectory directory_{webex_, {}};
  front::SiteAdmins site_admins_{*database_, clock_};
  OrganisationOfWebex organisation_{webex_, [this] { return org_id(); }};
  xsi::XsiSettings xsi_settings_;
  std::unique_ptr<xsi::SrvLookup> srv_;
  XsiMemoryOfStore xsi_memory_{*database_};
  xsi::RememberedOrganisation known_organisation_{organisation_, xsi_memory_, clock_};
  xsi::RememberedSrv known_srv_{*srv_, xsi_memory_, clock_};
  xsi::XsiSession call_events_;
  xsi::XsiCallControl call_control_;
  xsi::XsiDirectory calling_directory_;
  people::Roster roster_;
  people::PeopleStore people_;
  people::SessionStore person_sessions_;
  people::FixLog fixes_;
  webex::WebexMessages notice_messages_;  ///< to blocked people
  call_blocking::CallBlocking call_blocking_;
  Helpers helpers_{loop_, outside_.helper_threads()};
  webex::WebexApi sync_webex_;  ///< as the identity of space_sync
  webex::WebexDirectory sync_directory_{sync_webex_, {}};
  webex::WebexListing listing_{sync_webex_, helpers_};
  webex::WebexSpaces spaces_{sync_webex_, helpers_};
  space_sync::SpaceSync space_sync_;
  /// By the CA file and the key they trust.
  std::map<std::pair<std::string, std::string>, std::unique_ptr<http::Client>> bridge_clients_;
  security_notices::SecurityNotices security_notices_;
  PeopleSessions people_sessions_;
  std::unique_ptr<mail::Mailer> mailer_;  ///< absent when no mail server is configured
  alerts::Alerts alerts_;
  front::BrowserSessions sessions_;
  front::SessionDesk session_desk_;
  front::SessionTrail session_trail_;
  front::Throttle throttle_;
  front::LoginDesk desk_;
  front::LoginRoutes login_;
  http::Router public_router_{tasks_};
  http::Router control_router_{tasks_};
  http::Router cdr_router_{tasks_};
  doctor::BesideLoop beside_{loop_, outside_.helper_threads()};
  Turns reloads_{loop_};
  Doctor doctor_{clock_, tasks_};
  RightsBook rights_{loop_, clock_, ask_name_service, outside_.helper_threads() != 0};
  front::VerbAudit verb_audit_{trail_, random_};
  ControlServer verbs_{{control_router_, tasks_, rights_, verb_audit_}};
  std::shared_ptr<http::ServerTls> tls_, cdr_tls_;  ///< null = plain
  std::unique_ptr<http::Door> public_door_;
  std::unique_ptr<http::Door>
      cdr_door_;  ///< records alone; only when a listener of its own is named
  std::unique_ptr<http::Door> control_door_;
  bool ready_ = false, stopping_ = false;
  int exit_code_ = 0;
};

}  // namespace wardroom
