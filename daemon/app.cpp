#include "app.hpp"

#include "alerts/mail_channel.hpp"
#include "alerts/webex_channel.hpp"
#include "app_objects.hpp"
#include "base/planted.hpp"
#include "machine.hpp"
#include "oauth/key_rotation.hpp"
#include "process/systemd.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include <malloc.h>
#include <unistd.h>

namespace wardroom {
namespace asio = boost::asio;
using namespace std::chrono_literals;

App::App(DaemonSettings settings, Outside& outside)
    : settings_(std::move(settings)),
      outside_(outside),
      keys_(master_keys(settings_)),
      files_(named_files(settings_)),
      sealer_(make_sealer(keys_, random_)),
      database_(std::make_unique<store::MovableDatabase>(
          loop_, open_store(outside_, settings_, std::move(files_.store_password), keys_))),
      client_(outside_.http_client(std::move(files_.client))),
      lane_(outside_.lane(lane_tasks_, lane_options(settings_, *client_))),
      vault_(loop_,
             {*database_, *client_, clock_, random_, tasks_, sealer_, runtime_folder(settings_)},
             std::move(files_.identities)),
      buckets_(
          std::make_shared<webex::RateBuckets>(clock_, random_, webex::WebexSettings{}.limits)),
      webex_({*client_, vault_, clock_, random_, buckets_},
             {.base_url = settings_.api, .identity = settings_.call_blocking.identity}),
      xsi_settings_(xsi_settings(settings_.call_blocking)),
      srv_(outside_.srv_lookup(xsi_settings_.dns_servers)),
      call_events_(
          {loop_, clock_, random_, *client_, *lane_, vault_, known_organisation_, known_srv_,
           [this](auto const& target, bool open) {
             keep_warm(target.url, target.connect_to, open);
           }},
          xsi_settings_),
      call_control_({clock_, random_, *client_, *lane_, vault_, known_organisation_,
                     [this](auto const& url) { keep_warm(url, "", true); }},
                    xsi_settings_),
      calling_directory_({clock_, random_, *client_, vault_, known_organisation_}, xsi_settings_),
      people_(*database_, clock_, roster_),
      person_sessions_(*database_, clock_),
      fixes_(loop_, *database_, clock_, roster_, {.boot_id = outside_.boot_id()}),
      notice_messages_({*client_, vault_, clock_},
                       {.api = settings_.api,
                        .identity = settings_.call_blocking.policy.notice.identity,
                        .bot_token = std::move(files_.notice_bot_token)}),
      call_blocking_({loop_, clock_, random_, call_events_, call_control_, directory_,
                      calling_directory_, roster_, people_, fixes_, effects_, *database_, journal_,
                      &person_sessions_, &trail_, &notice_messages_, settings_.public_url + "/me"},
                     settings_.call_blocking),
      sync_webex_({*client_, vault_, clock_, random_, buckets_},
                  {.base_url = settings_.api, .identity = settings_.space_sync.identity}),
      space_sync_({.loop = loop_,
                   .clock = clock_,
                   .dice = random_,
                   .listing = listing_,
                   .spaces = spaces_,
                   .directory = sync_directory_,
                   .helpers = helpers_,
                   .effects = effects_,
                   .database = *database_,
                   .journal = journal_,
                   .audit = &trail_,
                   .logged_in = [this] { return has_login(settings_.space_sync.identity); },
                   .org = [this] { return org_id(); },
                   .waiting_for = [this] { return sync_webex_.waiting_for(); }},
                  settings_.space_sync),
      security_notices_(notices_ports(), settings_.security_notices),
      people_sessions_(people_, person_sessions_, clock_,
                       [this](PersonNo person, std::vector<std::string> const& emails) {
                         call_blocking_.person_changed(person, emails);
                       }),
      alerts_({loop_, clock_, *database_, effects_}, {.hold = settings_.alerts.hold},
              alert_site(settings_, outside_.host_name()), alert_channels(),
              [this] { return signs(); }),
      sessions_({*database_, people_sessions_, clock_, random_,
                 [this](std::string const& uuid) { return person_of(uuid); }},
                settings_.public_url),
      session_desk_(session_desk_ports()),
      session_trail_(session_trail_ports()),
      throttle_(*database_, clock_),
      desk_(desk_ports(), {.public_url = settings_.public_url,
                           .admins = settings_.admins,
                           .org_id = settings_.org_id}),
      login_({vault_, webex_, *client_, sessions_, desk_, throttle_, clock_, random_}),
      tls_(open_tls({settings_.tls.certificate_file, settings_.tls.key_file})),
      cdr_tls_(open_tls({settings_.security_notices.listener.certificate_file,
                         settings_.security_notices.listener.key_file,
                         settings_.security_notices.listener.client_ca_file})),
      public_door_(outside_.door("http", public_router_, public_options(settings_, tls_))),
      cdr_door_(outside_.door("cdr", cdr_router_, cdr_options(settings_, cdr_tls_))),
      control_door_(outside_.door("control", control_router_, control_options())) {
  outside_.hear_signals([this] { ask_to_stop(); },
                        [this] { tasks_.spawn("reload", [this] { return reload_on_signal(); }); });
}

void App::ask_to_stop() {
  if (std::exchange(stopping_, true)) return;
  asio::co_spawn(loop_, stop(), [](std::exception_ptr why) {
    if (why) std::rethrow_exception(why);
  });
}

void App::begin() {
  asio::co_spawn(loop_, start(), [this](std::exception_ptr why) {
    if (!why || stopping_) return;  // told to stop meanwhile: what then fails is no failed start
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
    ask_to_stop();
  });
}

/// The ways the configuration names to reach people.
alerts::Alerts::Channels App::alert_channels() {
  auto const& s = settings_.alerts;
  auto secrets = std::move(files_.alerts);
  alerts::Alerts::Channels out;
  if (!s.mail.empty()) {
    mailer_ = outside_.mailer(alerts::smtp_settings(s, secrets));
    out.push_back(std::make_unique<alerts::MailChannel>(*mailer_, s.smtp.from, s.mail));
  }
  if (s.by_webex()) {
    alerts::WebexChannel::Settings webex{.api = settings_.api, .space = s.webex_space};
    if (s.webex_admins) webex.admins = [this] { return settings_.admins; };
    webex.bot_token = std::move(secrets.bot_token);
    out.push_back(std::make_unique<alerts::WebexChannel>(
        alerts::WebexChannel::Ports{*client_, vault_, clock_}, std::move(webex)));
  }
  return out;
}

bool App::has_login(std::string const& identity) const {
  for (auto const& grant : vault_.grants())
    if (grant.identity == identity)
      return grant.state == oauth::GrantState::valid ||
             grant.state == oauth::GrantState::renewing_fails;
  return false;
}

/// Before anything sealed is read: is this the key, or the next one?
Task<void> App::settle_key() {
  auto const report = or_stop(co_await oauth::settle_key(*database_, keys_.now, keys_.old, random_,
                                                         oauth::sealed_tables()));
  if (report.step != oauth::KeyStep::unchanged) log::info(report.sentence, {});
  old_key_may_go_ = report.old_key_configured || !settings_.old_master_key_file.empty();
  co_await open_audit();
  if (report.step == oauth::KeyStep::unchanged) co_return;
  nlohmann::ordered_json before, after{{"key", report.key_id}, {"cells", report.cells}};
  if (!report.previous_key_id.empty()) before["key"] = report.previous_key_id;
  trail_.daemon("master key", {.object = "master key " + report.key_id,
                               .before = before.is_null() ? std::optional<std::string>()
                                                          : std::optional(before.dump()),
                               .after = after.dump()});
}

/// Whoever changes something from here on finds it open.
Task<void> App::open_audit() {
  audit_ = or_stop(co_await audit::AuditLog::open(*database_, clock_, random_, sealer_));
  trail_.open(*audit_);
  trail_.daemon("start", {.after = R"({"version":"0.1.0"})"});
  audit_->start_publishing(
      [](audit::Head const& head) { log::write_always(audit::head_text(head)); });
}

/// The last record, and the head that vouches for all of them.
Task<void> App::close_audit() {
  if (!audit_) co_return;
  trail_.daemon("stop", {});
  co_await trail_.finish();
  if (auto const head = co_await audit_->publish(); !head)
    log::warning("the audit's signed head was not published", {{"why", head.error().what}});
}

Task<void> App::start() {
  co_await settle_store();
  co_await settle_key();
  or_stop(co_await vault_.load(), 78);
  or_stop(co_await site_admins_.load());
  or_stop(co_await journal_.load());
  systemd::StartProgress progress(clock_);
  progress.step("reading people");
  or_stop(co_await people_.load());
  progress.step(fmt::format("reading the sessions of {} people", roster_.size()));
  or_stop(co_await person_sessions_.load());
  progress.step(fmt::format("reading the positions of {} people", roster_.size()));
  or_stop(co_await fixes_.load());
  if (!WARDROOM_PLANTED("sessions-not-read-at-start")) or_stop(co_await sessions_.load());
  or_stop(co_await throttle_.load());
  or_stop(co_await alerts_.load());
  if (stopping_) co_return;
  ::malloc_trim(0);  // loading needed much more for a moment than what is kept
  mount();
  watch_metrics();
  open_listeners();
  tasks_.spawn("token vault", [this] { return vault_.run(); });
  tasks_.spawn("call_blocking", [this] { return call_blocking_.run(); });
  tasks_.spawn("space_sync", [this] { return space_sync_.run(); });
  tasks_.spawn("security_notices", [this] { return security_notices_.run(); });
  tasks_.spawn("alerts", [this] { return alerts_.run(); });
  tasks_.spawn("ended sessions", [this] { return forget_ended_sessions(); });
  tasks_.spawn("status to systemd", [this] { return tell_systemd(); });
  if (auto const every = systemd::watchdog_interval())
    tasks_.spawn("watchdog", [this, every] { return systemd::feed_watchdog(clock_, *every); });
  for (auto const& sentence : settings_.security_notices.cautions()) log::warning(sentence);
  ready_ = true;
  log::info("ready",
            {{"listen", settings_.listen}, {"people", roster_.size()}, {"version", "0.1.0"}});
  systemd::notify_ready(fmt::format("running; {} people known", roster_.size()));
}

/// Acknowledgements and releases find their connections open.
void App::keep_warm(std::string const& url, std::string const& connect_to, bool open) {
  constexpr std::size_t connections = 16;
  if (!open) return lane_->cool(url, connect_to);
  if (auto const done = lane_->warm(url, connections, connect_to); !done)
    log::warning("connections cannot be kept open", {{"url", url}, {"why", done.error().what}});
}

void App::open_listeners() {
  auto const sockets = systemd::take_sockets();
  auto const take = [&](char const* name, http::Door& door, auto own_bind) {
    auto const found = sockets.find(name);
    if (found == sockets.end()) return own_bind();
    for (int const fd : found->second) or_stop(door.listen_fd(fd), 69);
  };
  take("http", *public_door_, [&] { or_stop(public_door_->listen_tcp(settings_.listen), 69); });
  auto const& cdr = settings_.security_notices.listener.listen;
  take("cdr", *cdr_door_, [&] {
    if (!cdr.empty()) or_stop(cdr_door_->listen_tcp(cdr), 69);
  });
  for (auto const& [name, fds] : sockets) {
    if (name == "http" || name == "control" || name == "cdr") continue;
    log::warning(
        "a handed-over socket is not used by this version",
        {{"socket", name}, {"remedy", "systemctl disable --now wardroomd-" + name + ".socket"}});
    for (int const fd : fds) ::close(fd);
  }
  // Anybody may connect: who may do what is decided by SO_PEERCRED, with a sentence for the others.
  take("control", *control_door_,
       [&] { or_stop(control_door_->listen_unix(settings_.control_socket, 0666), 69); });
}

Task<void> App::stop() {
  systemd::notify_stopping("stopping");
  log::info("stopping");
  ready_ = false;
  outside_.ignore_signals();
  public_door_->stop_accepting();
  cdr_door_->stop_accepting();
  control_door_->stop_accepting();
  database_->hurry();
  // Requests under way are answered while everything behind them still works. Both waits end within
  // 3.5 s: a mail that hangs takes another second to be given up, and 5 s are all there is (G2).
  auto const begun = clock_.uptime();
  auto const open = [this] { return public_door_->counters().open + cdr_door_->counters().open; };
  auto const most = WARDROOM_PLANTED("stop-waits-for-open-pages") ? Milliseconds(1h) : 1s;
  while (open() > 0 && clock_.uptime() < begun + most) co_await clock_.sleep_for(10ms);
  auto const left = begun + 3500ms - clock_.uptime();
  co_await tasks_.stop(clock_, std::chrono::floor<Milliseconds>(left));
  if (!WARDROOM_PLANTED("lane-not-stopped")) co_await lane_tasks_.stop(clock_, 0ms);
  public_door_->close_all();
  cdr_door_->close_all();
  control_door_->close_all();
  co_await close_audit();
  database_->close();
  log::info("stopped");
  outside_.ended();
}

void App::task_failed(std::string_view name, std::exception_ptr why) {
  auto const sentence = words_of(why);
  log::error("a task failed", {{"task", name}, {"why", sentence}});
  metrics_.counter("wardroom_task_failures_total", "Tasks that ended by an exception.").add();
  bool const vital = name == "call_blocking" || name == "space_sync" ||
                     name == "security_notices" || name == "token vault" || name == "alerts";
  if (!vital || stopping_) return;
  // A dead part makes health red; it begins again and asks the outside what is true.
  dead_tasks_[std::string(name)] = {sentence, false};
  tasks_.spawn("revive " + std::string(name), [this, part = std::string(name)]() -> Task<void> {
    co_await clock_.sleep_for(1s);
    dead_tasks_[part].revived = true;
    if (part == "call_blocking") {
      tasks_.spawn(part, [this] { return call_blocking_.run(); });
      call_blocking_.resync("the feature's task had died");
    } else if (part == "space_sync") {
      tasks_.spawn(part, [this] { return space_sync_.run(); });
      space_sync_.resync("the feature's task had died");
    } else if (part == "security_notices") {
      tasks_.spawn(part, [this] { return security_notices_.run(); });
      security_notices_.resync("the feature's task had died");
    } else if (part == "alerts") {
      tasks_.spawn(part, [this] { return alerts_.run(); });
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

int run_daemon(DaemonSettings settings) {
  log::open(settings.level, log::started_by_journal());
  try {
    or_stop(log::also_to(settings.log_file), 78);
    Machine machine;
    App app(std::move(settings), machine);
    app.begin();
    machine.run();
    return app.exit_code();
  } catch (CannotStart const& e) {
    log::error("cannot start", {{"why", e.what()}});
    fmt::print(stderr, "wardroomd: {}\n", e.what());
    return e.code;
  }
}

}  // namespace wardroom
