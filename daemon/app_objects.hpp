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
#include "http/server.hpp"
#include "journal_notes.hpp"
#include "mail/curl_mailer.hpp"
#include "metrics/registry.hpp"
#include "oauth/token_vault.hpp"
#include "organisation_of_webex.hpp"
#include "people/fix_log.hpp"
#include "people/people_store.hpp"
#include "people/roster.hpp"
#include "people_sessions.hpp"
#include "process/doctor.hpp"
#include "process/health.hpp"
#include "process/reload.hpp"
#include "process/signals.hpp"
#include "runtime/helpers.hpp"
#include "runtime/system_clock.hpp"
#include "runtime/turns.hpp"
#include "store/journal_keeper.hpp"
#include "store/movable_database.hpp"
#include "xsi_memory_of_store.hpp"

#include <boost/asio/io_context.hpp>

#include <map>
#include <memory>

namespace wardroom {

namespace asio = boost::asio;

/// Destroyed in reverse order of need.
class App {
 public:
  explicit App(DaemonSettings settings);
  int run();

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
  asio::io_context io_{1};
  Executor loop_ = io_.get_executor();
  SystemClock clock_{loop_};
  SystemRandom random_;
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
  http::CurlClient client_;
  http::LaneClient lane_;
  Effects effects_{loop_, clock_, tasks_};
  oauth::TokenVault vault_;
  std::shared_ptr<webex::RateBuckets> buckets_;  ///< of all that talk to Webex REST
  webex::WebexApi webex_;
  webex::WebexDirectory directory_{webex_, {}};
  front::SiteAdmins site_admins_{*database_, clock_};
  OrganisationOfWebex organisation_{webex_, [this] { return org_id(); }};
  xsi::XsiSettings xsi_settings_;
  xsi::CaresSrvLookup srv_;
  XsiMemoryOfStore xsi_memory_{*database_};
  xsi::RememberedOrganisation known_organisation_{organisation_, xsi_memory_, clock_};
  xsi::RememberedSrv known_srv_{srv_, xsi_memory_, clock_};
  xsi::XsiSession call_events_;
  xsi::XsiCallControl call_control_;
  xsi::XsiDirectory calling_directory_;
  people::Roster roster_;
  people::PeopleStore people_;
  people::SessionStore person_sessions_;
  people::FixLog fixes_;
  webex::WebexMessages notice_messages_;  ///< to blocked people
  call_blocking::CallBlocking call_blocking_;
  Helpers helpers_{loop_};
  webex::WebexApi sync_webex_;  ///< as the identity of space_sync
  webex::WebexDirectory sync_directory_{sync_webex_, {}};
  webex::WebexListing listing_{sync_webex_, helpers_};
  webex::WebexSpaces spaces_{sync_webex_, helpers_};
  space_sync::SpaceSync space_sync_;
  PeopleSessions people_sessions_;
  std::unique_ptr<mail::CurlMailer> mailer_;  ///< absent when no mail server is configured
  alerts::Alerts alerts_;
  front::BrowserSessions sessions_;
  front::SessionDesk session_desk_;
  front::SessionTrail session_trail_;
  front::Throttle throttle_;
  front::LoginDesk desk_;
  front::LoginRoutes login_;
  http::Router public_router_{tasks_};
  http::Router control_router_{tasks_};
  doctor::BesideLoop beside_{loop_};
  Turns reloads_{loop_};
  Doctor doctor_{clock_, tasks_};
  RightsBook rights_{loop_, clock_};
  front::VerbAudit verb_audit_{trail_, random_};
  ControlServer verbs_{{control_router_, tasks_, rights_, verb_audit_}};
  http::Server public_server_;
  http::Server control_server_;
  Signals signals_;
  bool ready_ = false, stopping_ = false;
  int exit_code_ = 0;
};

}  // namespace wardroom
