#include "app.hpp"

#include "cisco/webex/webex_api.hpp"
#include "cisco/webex/webex_directory.hpp"
#include "cisco/xsi/xsi_call_control.hpp"
#include "cisco/xsi/xsi_directory.hpp"
#include "cisco/xsi/xsi_session.hpp"
#include "config/config_file.hpp"
#include "crypto/sealing.hpp"
#include "effects/effects.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "front/browser_session.hpp"
#include "front/control_server.hpp"
#include "front/daemon_verbs.hpp"
#include "front/health_routes.hpp"
#include "front/login_routes.hpp"
#include "front/web/assets.hpp"
#include "http/curl_client.hpp"
#include "http/lane_client.hpp"
#include "http/security_headers.hpp"
#include "http/server.hpp"
#include "http/static_pages.hpp"
#include "metrics/prometheus_text.hpp"
#include "metrics/registry.hpp"
#include "oauth/token_vault.hpp"
#include "people/fix_log.hpp"
#include "people/migrations.hpp"
#include "people/people_store.hpp"
#include "people/roster.hpp"
#include "people_sessions.hpp"
#include "process/signals.hpp"
#include "process/systemd.hpp"
#include "runtime/system_clock.hpp"
#include "store/sqlite_database.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <malloc.h>
#include <unistd.h>

namespace wardroom {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// A start that cannot go on: the sentence and its exit code.
struct CannotStart : std::runtime_error {
  CannotStart(int exit_code, std::string const& what) : std::runtime_error(what), code(exit_code) {}
  int code;
};

int exit_code_of(Error const& error) {
  switch (error.kind) {
    case ErrorKind::conflict:
      return 75;
    case ErrorKind::denied:
    case ErrorKind::not_found:
      return 78;
    default:
      return 74;
  }
}

template <class T>
T or_stop(Result<T> result, std::optional<int> code = std::nullopt) {
  if (!result) throw CannotStart(code.value_or(exit_code_of(result.error())), result.error().what);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// What the XSI session must know of the organisation, answered by Webex REST.
class OrganisationOfWebex final : public xsi::XsiOrganisation {
 public:
  OrganisationOfWebex(webex::WebexApi& api, std::function<std::string()> org_id)
      : api_(api), org_id_(std::move(org_id)) {}
  Task<Result<std::string>> org_uuid() override {
    if (auto const uuid = webex::decode_id(org_id_())) co_return *uuid;
    auto organization = co_await api_.organization(org_id_());
    if (!organization) co_return std::unexpected(organization.error());
    co_return organization->uuid;
  }
  Task<Result<xsi::XsiEndpoints>> endpoints() override {
    auto organization = co_await api_.organization(org_id_());
    if (!organization) co_return std::unexpected(organization.error());
    if (!organization->xsi)
      co_return failure(ErrorKind::not_found,
                        "Webex names no XSI endpoints for this organisation: XSI is not enabled "
                        "there (Cisco TAC switches it on), "
                        "or the login lacks the scope spark-admin:xsi");
    co_return xsi::XsiEndpoints{organization->xsi->actions, organization->xsi->events,
                                organization->xsi->channel, organization->xsi->domain};
  }

 private:
  webex::WebexApi& api_;
  std::function<std::string()> org_id_;
};

std::vector<store::Migration> all_migrations() {
  std::vector<store::Migration> out{oauth::grants_migration, front::admin_sessions_migration,
                                    front::site_admins_migration};
  for (auto const& step : people::migrations()) out.push_back(step);
  for (auto const& step : call_blocking::call_blocking_migrations()) out.push_back(step);
  return out;
}

/// Everything the daemon is made of, in order of need; destroyed in reverse.
class App {
 public:
  explicit App(DaemonSettings settings);
  int run();

 private:
  Task<void> start();
  Task<void> stop();
  void open_listeners();
  void mount();
  void watch_metrics();
  Task<void> tell_systemd();
  void keep_warm(std::string const& url, std::string const& connect_to, bool open);
  Task<void> forget_ended_sessions();
  void task_failed(std::string_view name, std::exception_ptr why);
  ReloadReport reload();
  std::vector<HealthSign> signs() const;
  Task<Result<nlohmann::ordered_json>> whoami(std::string identity);
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
  crypto::Sealer sealer_;
  std::unique_ptr<store::SqliteDatabase> database_;
  store::Journal journal_{*database_, clock_};
  http::CurlClient client_;
  http::LaneClient lane_;
  Effects effects_{loop_, clock_, tasks_};
  oauth::TokenVault vault_;
  webex::WebexApi webex_;
  webex::WebexDirectory directory_{webex_, {}};
  front::SiteAdmins site_admins_{*database_, clock_};
  OrganisationOfWebex organisation_{webex_, [this] { return org_id(); }};
  xsi::XsiSettings xsi_settings_;
  xsi::CaresSrvLookup srv_;
  xsi::XsiSession call_events_;
  xsi::XsiCallControl call_control_;
  xsi::XsiDirectory calling_directory_;
  people::Roster roster_;
  people::PeopleStore people_;
  people::SessionStore person_sessions_;
  people::FixLog fixes_;
  call_blocking::CallBlocking call_blocking_;
  PeopleSessions people_sessions_;
  front::BrowserSessions sessions_;
  front::LoginRoutes login_;
  http::Router public_router_{tasks_};
  http::Router control_router_{tasks_};
  ControlServer verbs_{control_router_};
  http::Server public_server_;
  http::Server control_server_;
  Signals signals_;
  bool ready_ = false, stopping_ = false;
  int exit_code_ = 0;
};

http::CurlClient::Options client_options(DaemonSettings const& s) {
  http::CurlClient::Options options;
  options.ca_file = s.ca_file;
  return options;
}
http::LaneClient::Options lane_options(DaemonSettings const& s) {
  http::LaneClient::Options options;
  options.ca_file = s.ca_file;
  // Releases keep eight of their own; the rest carries acknowledgements at some 100 ms each.
  options.connections = 16;
  return options;
}

xsi::XsiSettings xsi_settings(call_blocking::XsiSettings const& s) {
  xsi::XsiSettings out;
  out.endpoints = s.endpoints;
  out.srv = s.srv;
  out.dns_servers = s.dns_servers;
  out.application_id = s.application_id;
  return out;
}

std::vector<oauth::IdentitySettings> identities(DaemonSettings const& s) {
  std::vector<oauth::IdentitySettings> out;
  for (auto const& [name, identity] : s.identities) {
    auto secret = or_stop(config::read_secret(identity.client_secret_file), 78);
    out.push_back({name,
                   {s.authorize_url, s.token_url, front::redirect_uri(s.public_url),
                    identity.client_id, std::move(secret)},
                   front::admin_scopes()});
  }
  return out;
}

crypto::Sealer make_sealer(DaemonSettings const& s, Random& random) {
  return {or_stop(crypto::load_master_key(s.master_key_file, crypto::credentials_directory()), 78),
          random};
}

http::Server::Options public_options(DaemonSettings const& s) {
  http::Server::Options options;
  options.trusted_proxies = s.trusted_proxies;
  auto const own = s.public_url.substr(s.public_url.find("://") + 3);
  options.public_hosts = {own.substr(0, own.find('/')), s.listen};
  return options;
}

http::Server::Options control_options() {
  http::Server::Options options;
  options.unix_socket = true;
  options.limits.connections = 32;
  options.limits.kept_for_admins = 2;
  options.limits.idle_time = 10s;
  return options;
}

App::App(DaemonSettings settings)
    : settings_(std::move(settings)),
      sealer_(make_sealer(settings_, random_)),
      database_(or_stop(
          store::SqliteDatabase::open(loop_, clock_, settings_.store_path, all_migrations()))),
      client_(loop_, clock_, client_options(settings_)),
      lane_(loop_, clock_, lane_tasks_, lane_options(settings_)),
      vault_(loop_, {*database_, client_, clock_, random_, tasks_, sealer_}, identities(settings_)),
      webex_({client_, vault_, clock_, random_}, {.base_url = settings_.api}),
      xsi_settings_(xsi_settings(settings_.call_blocking.xsi)),
      srv_(loop_, xsi_settings_.dns_servers),
      call_events_({loop_, clock_, random_, client_, lane_, vault_, organisation_, srv_,
                    [this](auto const& target, bool open) {
                      keep_warm(target.url, target.connect_to, open);
                    }},
                   xsi_settings_),
      call_control_({clock_, random_, client_, lane_, vault_, organisation_}, xsi_settings_),
      calling_directory_({clock_, random_, client_, vault_, organisation_}, xsi_settings_),
      people_(*database_, clock_, roster_),
      person_sessions_(*database_, clock_),
      fixes_(loop_, *database_, clock_, roster_),
      call_blocking_(
          {loop_, clock_, random_, call_events_, call_control_, directory_, calling_directory_,
           roster_, people_, fixes_, effects_, *database_, journal_, &person_sessions_},
          settings_.call_blocking),
      people_sessions_(people_, person_sessions_, clock_,
                       [this](PersonNo person, std::vector<std::string> const& emails) {
                         call_blocking_.person_changed(person, emails);
                       }),
      sessions_({*database_, people_sessions_, clock_, random_}, settings_.public_url),
      login_({vault_, webex_, client_, sessions_, site_admins_, clock_, random_},
             {.public_url = settings_.public_url,
              .admins = settings_.admins,
              .org_id = settings_.org_id}),
      public_server_(loop_, clock_, public_router_, public_options(settings_)),
      control_server_(loop_, clock_, control_router_, control_options()),
      signals_(
          loop_,
          [this] {
            if (std::exchange(stopping_, true)) return;
            asio::co_spawn(loop_, stop(), [](std::exception_ptr why) {
              if (why) std::rethrow_exception(why);
            });
          },
          [this] {
            systemd::notify_reloading();
            auto const report = reload();
            for (auto const& complaint : report.complaints)
              log::error("the new configuration is refused", {{"complaint", complaint}});
            systemd::notify_ready(report.ok ? "running; the configuration was read again"
                                            : "running; the new configuration was refused");
          }) {}

int App::run() {
  asio::co_spawn(loop_, start(), [this](std::exception_ptr why) {
    if (!why) return;
    exit_code_ = 70;
    try {
      std::rethrow_exception(why);
    } catch (CannotStart const& e) {
      exit_code_ = e.code;
      log::error("cannot start", {{"why", e.what()}});
      fmt::print(stderr, "wardroomd: {}\n", e.what());
    } catch (std::exception const& e) {
      log::error("cannot start", {{"why", e.what()}});
      fmt::print(stderr, "wardroomd: {}\n", e.what());
    }
    if (!std::exchange(stopping_, true))
      asio::co_spawn(loop_, stop(), [](std::exception_ptr again) {
        if (again) std::rethrow_exception(again);
      });
  });
  io_.run();
  return exit_code_;
}

Task<void> App::start() {
  or_stop(co_await vault_.load(), 78);
  or_stop(co_await site_admins_.load());
  or_stop(co_await journal_.load());
  or_stop(co_await people_.load());
  or_stop(co_await person_sessions_.load());
  or_stop(co_await fixes_.load());
  or_stop(co_await sessions_.load());
  if (stopping_) co_return;
  ::malloc_trim(0);  // loading needed much more for a moment than what is kept
  mount();
  watch_metrics();
  open_listeners();
  tasks_.spawn("token vault", [this] { return vault_.run(); });
  tasks_.spawn("call_blocking", [this] { return call_blocking_.run(); });
  tasks_.spawn("ended sessions", [this] { return forget_ended_sessions(); });
  tasks_.spawn("status to systemd", [this] { return tell_systemd(); });
  if (auto const every = systemd::watchdog_interval())
    tasks_.spawn("watchdog", [this, every] { return systemd::feed_watchdog(clock_, *every); });
  ready_ = true;
  log::info("ready",
            {{"listen", settings_.listen}, {"people", roster_.size()}, {"version", "0.1.0"}});
  systemd::notify_ready(fmt::format("running; {} people known", roster_.size()));
}

/// Acknowledgements and releases find their connections open.
void App::keep_warm(std::string const& url, std::string const& connect_to, bool open) {
  constexpr std::size_t connections = 16;
  if (!open) return lane_.cool(url, connect_to);
  if (auto const done = lane_.warm(url, connections, connect_to); !done)
    log::warning("connections cannot be kept open", {{"url", url}, {"why", done.error().what}});
}

void App::open_listeners() {
  auto const sockets = systemd::take_sockets();
  auto const take = [&](char const* name, http::Server& server, auto own_bind) {
    auto const found = sockets.find(name);
    if (found == sockets.end()) return own_bind();
    for (int const fd : found->second) or_stop(server.listen_fd(fd), 69);
  };
  take("http", public_server_, [&] { or_stop(public_server_.listen_tcp(settings_.listen), 69); });
  for (auto const& [name, fds] : sockets) {
    if (name == "http" || name == "control") continue;
    log::warning(
        "a handed-over socket is not used by this version",
        {{"socket", name}, {"remedy", "systemctl disable --now wardroomd-" + name + ".socket"}});
    for (int const fd : fds) ::close(fd);
  }
  // Anybody may connect: who may do what is decided by SO_PEERCRED, with a sentence for the others.
  take("control", control_server_,
       [&] { or_stop(control_server_.listen_unix(settings_.control_socket, 0666), 69); });
}

Task<void> App::stop() {
  systemd::notify_stopping("stopping");
  log::info("stopping");
  ready_ = false;
  signals_.ignore();
  public_server_.stop_accepting();
  control_server_.stop_accepting();
  // Requests under way are answered while everything behind them still works.
  auto const deadline = clock_.uptime() + 1s;
  while (public_server_.counters().open > 0 && clock_.uptime() < deadline)
    co_await clock_.sleep_for(10ms);
  co_await tasks_.stop(clock_, 3500ms);
  co_await lane_tasks_.stop(clock_, 0ms);
  public_server_.close_all();
  control_server_.close_all();
  database_->close();
  log::info("stopped");
  // Every task is awaited and every commit done: what is left are timers of owners that idle.
  io_.stop();
}

void App::task_failed(std::string_view name, std::exception_ptr why) {
  auto const sentence = words_of(why);
  log::error("a task failed", {{"task", name}, {"why", sentence}});
  metrics_.counter("wardroom_task_failures_total", "Tasks that ended by an exception.").add();
  bool const vital = name == "call_blocking" || name == "token vault";
  if (!vital || stopping_) return;
  // A dead part makes health red; it begins again and asks the outside what is true.
  dead_tasks_[std::string(name)] = {sentence, false};
  tasks_.spawn("revive " + std::string(name), [this, part = std::string(name)]() -> Task<void> {
    co_await clock_.sleep_for(1s);
    dead_tasks_[part].revived = true;
    if (part == "call_blocking") {
      tasks_.spawn(part, [this] { return call_blocking_.run(); });
      call_blocking_.resync("the feature's task had died");
    } else {
      tasks_.spawn(part, [this] { return vault_.run(); });
    }
  });
}

Task<void> App::tell_systemd() {
  co_await finish_politely();
  std::string told;
  for (;;) {
    auto const all = signs();
    std::string text = fmt::format("running; {} people known", roster_.size());
    for (auto const& sign : all)
      if (sign.colour != HealthColour::green) text += "; " + sign.sentence;
    if (text != told) systemd::notify_status(told = text);
    co_await clock_.sleep_for(5s);
  }
}

Task<void> App::forget_ended_sessions() {
  co_await finish_politely();
  for (;;) {
    if (auto const gone = co_await person_sessions_.purge(); !gone)
      log::warning("ended sessions could not be removed", {{"why", gone.error().what}});
    co_await clock_.sleep_for(1h);
  }
}

std::vector<HealthSign> App::signs() const {
  std::vector<HealthSign> out;
  auto const& writer = database_->health();
  if (writer.trouble)
    out.push_back({"store", HealthColour::red, *writer.trouble,
                   "Free space on the disk of the store and look at its file system; posts are "
                   "refused meanwhile."});
  else
    out.push_back({"store", HealthColour::green, "The store takes writes."});
  for (auto const& sign : vault_.signs())
    out.push_back({"login." + sign.identity,
                   sign.level == oauth::SignLevel::good      ? HealthColour::green
                   : sign.level == oauth::SignLevel::warning ? HealthColour::yellow
                                                             : HealthColour::red,
                   sign.sentence, sign.remedy});
  for (auto& sign : call_blocking_.health()) out.push_back(std::move(sign));
  // Red while it lies; yellow once it works again, so that nobody takes the node out for a scar.
  for (auto const& [task, dead] : dead_tasks_)
    out.push_back(
        {"task." + task, dead.revived ? HealthColour::yellow : HealthColour::red,
         fmt::format("The part '{}' had failed ({}) and was started again.", task, dead.why),
         "Send the log of that moment to the developers (journalctl -u wardroomd); a "
         "restart clears this sign."});
  return out;
}

ReloadReport App::reload() {
  ReloadReport report;
  config::Complaints complaints;
  auto fresh = load_settings(settings_.file, complaints);
  if (!complaints.empty()) {
    for (auto const& complaint : complaints) report.complaints.push_back(complaint.text());
    return report;
  }
  report.ok = true;
  report.needs_restart = needs_restart(settings_, fresh);
  auto const before = describe(settings_);
  auto const after = describe(fresh);
  for (auto const& row : after)
    if (std::ranges::find(before, row) == before.end() &&
        std::ranges::find(report.needs_restart, row.first) == report.needs_restart.end())
      report.changed.push_back(row.first);
  for (auto const& row : before)
    if (std::ranges::none_of(after, [&](auto const& other) { return other.first == row.first; }))
      report.changed.push_back(row.first + " (gone)");
  if (call_blocking::digest_of(settings_.call_blocking.policy) !=
          call_blocking::digest_of(fresh.call_blocking.policy) &&
      report.changed.empty())
    report.changed.emplace_back("call_blocking");
  login_.set_admins(fresh.admins);
  log::set_level(fresh.level);
  tasks_.spawn("new policy", [this, policy = fresh.call_blocking.policy] {
    return call_blocking_.set_policy(policy);
  });
  settings_.admins = fresh.admins;
  settings_.level = fresh.level;
  settings_.call_blocking.policy = fresh.call_blocking.policy;
  log::info("configuration read again",
            {{"changed", fmt::format("{}", fmt::join(report.changed, ", "))},
             {"needs_restart", fmt::format("{}", fmt::join(report.needs_restart, ", "))}});
  nlohmann::ordered_json body{{"changed", report.changed}, {"needs_restart", report.needs_restart}};
  journal_.append("reload", 0, "", body.dump());
  return report;
}

Task<Result<nlohmann::ordered_json>> App::whoami(std::string identity) {
  auto const* known = vault_.identity(identity);
  if (!known)
    co_return failure(ErrorKind::not_found,
                      fmt::format("there is no identity '{}' in the configuration", identity));
  auto me = co_await webex_.people_me();
  if (!me) co_return std::unexpected(me.error());
  nlohmann::ordered_json out{{"identity", identity},
                             {"person", me->display_name},
                             {"person_id", me->id.text()},
                             {"org_id", me->org_id},
                             {"email", me->emails.empty() ? "" : me->emails.front()},
                             {"roles", me->roles}};
  for (auto const& grant : vault_.grants())
    if (grant.identity == identity) out["scopes"] = grant.scopes;
  co_return out;
}

void App::mount() {
  public_router_.set_common_headers(
      http::security_headers({.under_tls = settings_.public_url.starts_with("https:")}));
  public_router_.set_guard([this](http::Route const& route, http::ServerRequest& request) {
    return sessions_.guard(route, request);
  });
  login_.on_login([this](front::LoginEvent const& event) {
    nlohmann::ordered_json body{{"as", event.admin ? "administrator" : "person"},
                                {"accepted", event.accepted},
                                {"name", event.person}};
    if (!event.reason.empty()) body["reason"] = event.reason;
    journal_.append("login", 0, "",
                    body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  });
  vault_.on_change([this, had = false](std::string_view identity) mutable {
    if (identity != "admin") return;
    bool has = false;
    for (auto const& grant : vault_.grants())
      has |= grant.identity == identity && grant.state == oauth::GrantState::valid;
    if (has && !std::exchange(had, has)) call_blocking_.people_map().refresh_soon();
    had = has;
  });
  call_blocking_.dashboard().set_signs([this] { return signs(); });
  call_blocking_.dashboard().set_admission(
      [this](std::string const& session) { return sessions_.alive(session); });
  login_.add_routes(public_router_);
  call_blocking_.add_routes(public_router_);
  auto const assets = front::web_assets();
  http::add_assets(public_router_, assets);
  add_health_routes(public_router_, {[this] { return signs(); },
                                     [this] { return metrics::prometheus_text(metrics_.read()); },
                                     [this] { return ready_ && !stopping_; }});
  call_blocking_.add_verbs(verbs_);
  add_daemon_verbs(
      verbs_, {.clock = clock_,
               .tasks = tasks_,
               .database = *database_,
               .journal = journal_,
               .vault = vault_,
               .metrics_text = [this] { return metrics::prometheus_text(metrics_.read()); },
               .listen = settings_.listen,
               .public_url = settings_.public_url,
               .store_url = "sqlite:" + settings_.store_path,
               .signs = [this] { return signs(); },
               .ready = [this] { return ready_ && !stopping_; },
               .features_status =
                   [this](nlohmann::ordered_json& status) { call_blocking_.add_status(status); },
               .reload = [this] { return reload(); },
               .check_config =
                   [this] {
                     config::Complaints complaints;
                     load_settings(settings_.file, complaints);
                     std::vector<std::string> out;
                     for (auto const& complaint : complaints) out.push_back(complaint.text());
                     return out;
                   },
               .show_config = [this] { return describe(settings_); },
               .offer_login =
                   [this] {
                     auto const offer = login_.one_time_code();
                     return DaemonFacts::LoginOffer{offer.url, offer.code, offer.expires_in};
                   },
               .whoami = [this](std::string identity) { return whoami(std::move(identity)); },
               .find_person = [this](std::string who) -> Task<Result<std::uint32_t>> {
                 auto found = co_await people_.resolve(std::move(who));
                 if (!found) co_return std::unexpected(found.error());
                 co_return found->no;
               },
               .name_of = [this](std::uint32_t person) -> std::string {
                 auto const* name = people_.cached_name(person);
                 return name ? name->name : std::string();
               }});
  auto const missing = verbs_.unhandled();
  if (!missing.empty())
    throw std::logic_error(fmt::format("verbs without a handler: {}", fmt::join(missing, ", ")));
}

void App::watch_metrics() {
  using metrics::Kind;
  auto const watch = [this](Kind kind, char const* name, char const* help,
                            std::function<double()> read) {
    metrics_.watch(kind, name, help, {}, std::move(read));
  };
  auto const& http = public_server_.counters();
  watch(Kind::counter, "wardroom_http_requests_total", "Requests on the public listener.",
        [&http] { return double(http.requests); });
  watch(Kind::counter, "wardroom_http_refused_total", "Requests refused before routing.",
        [&http] { return double(http.refused); });
  watch(Kind::gauge, "wardroom_http_connections", "Open connections on the public listener.",
        [&http] { return double(http.open); });
  watch(Kind::counter, "wardroom_location_posts_total", "Location posts taken into a commit.",
        [this] { return double(fixes_.health().recorded); });
  watch(Kind::counter, "wardroom_location_posts_refused_total",
        "Location posts refused because the store lagged.",
        [this] { return double(fixes_.health().refused); });
  watch(Kind::counter, "wardroom_store_commits_total", "Commits of the writer.",
        [this] { return double(database_->health().commits); });
  watch(Kind::counter, "wardroom_store_failures_total", "Failed commits.",
        [this] { return double(database_->health().failures); });
  watch(Kind::gauge, "wardroom_people", "People known.", [this] { return double(roster_.size()); });
  watch(Kind::gauge, "wardroom_people_tracked", "People with a position.",
        [this] { return double(roster_.tracked()); });
  auto const& calls = call_blocking_.counters();
  watch(Kind::counter, "wardroom_call_events_total", "Call events received.",
        [&calls] { return double(calls.events); });
  watch(Kind::counter, "wardroom_calls_decided_total", "Calls a verdict was given on.",
        [&calls] { return double(calls.decided); });
  watch(Kind::counter, "wardroom_calls_rejected_total", "Calls released.",
        [&calls] { return double(calls.rejected); });
  watch(Kind::counter, "wardroom_calls_reject_failed_total", "Calls whose release failed.",
        [&calls] { return double(calls.reject_failed); });
  watch(Kind::counter, "wardroom_calls_emergency_total",
        "Emergency calls, which are never touched.", [&calls] { return double(calls.emergency); });
  watch(Kind::gauge, "wardroom_calls_live", "Calls in progress.",
        [this] { return double(call_blocking_.ledger().size()); });
  auto const channels = [this](auto member) {
    return [this, member] { return double(call_events_.health().*member); };
  };
  watch(Kind::counter, "wardroom_xsi_blind_seconds_total",
        "Seconds without any channel while monitoring.", channels(&ChannelHealth::blind_seconds));
  watch(Kind::counter, "wardroom_xsi_acks_total", "Events acknowledged.",
        channels(&ChannelHealth::acks));
  watch(Kind::counter, "wardroom_xsi_ack_failures_total", "Acknowledgements given up.",
        channels(&ChannelHealth::ack_failures));
  watch(Kind::counter, "wardroom_xsi_reconnects_total", "Channels opened again.",
        channels(&ChannelHealth::reconnects));
  watch(Kind::gauge, "wardroom_protection_down",
        "1 while calls are not watched although they should be.",
        [this] { return call_events_.health().protection_down ? 1.0 : 0.0; });
  watch(Kind::counter, "wardroom_webex_requests_total", "Requests to Webex REST.",
        [this] { return double(webex_.counters().requests); });
  watch(Kind::counter, "wardroom_webex_throttled_total", "Answers 429 of Webex REST.",
        [this] { return double(webex_.counters().throttled); });
}

}  // namespace

int run_daemon(DaemonSettings settings) {
  log::open(settings.level, log::started_by_journal());
  try {
    App app(std::move(settings));
    return app.run();
  } catch (CannotStart const& e) {
    log::error("cannot start", {{"why", e.what()}});
    fmt::print(stderr, "wardroomd: {}\n", e.what());
    return e.code;
  }
}

}  // namespace wardroom
