// Who is told what: health, routes, verbs, reload.
#include "app_objects.hpp"
#include "base/secret_memory.hpp"
#include "front/audit_verbs.hpp"
#include "front/config_verbs.hpp"
#include "front/daemon_verbs.hpp"
#include "front/health_routes.hpp"
#include "front/login_admin_routes.hpp"
#include "front/login_verbs.hpp"
#include "front/retired_grants.hpp"
#include "front/route_rules.hpp"
#include "front/session_routes.hpp"
#include "front/session_verbs.hpp"
#include "front/web/assets.hpp"
#include "http/security_headers.hpp"
#include "http/static_pages.hpp"
#include "metrics/prometheus_text.hpp"
#include "scope_needs.hpp"

#include <fmt/format.h>

namespace wardroom {

namespace {
HealthSign login_sign(oauth::GrantSign const& sign) {
  return {"login." + sign.identity,
          sign.level == oauth::SignLevel::good      ? HealthColour::green
          : sign.level == oauth::SignLevel::warning ? HealthColour::yellow
                                                    : HealthColour::red,
          sign.sentence, sign.remedy,
          // What makes it another matter, worth telling again; a number that counts down does not.
          fmt::format("{}{}", oauth::name(sign.state),
                      sign.days_left ? fmt::format(" {} d", *sign.days_left) : "")};
}

/// A certificate of ours that has ended, or ends within two weeks.
std::optional<HealthSign> certificate_sign(std::string_view listener, http::ServerTls const* tls,
                                           Instant now) {
  if (!tls) return std::nullopt;
  auto const left = std::chrono::floor<std::chrono::days>(tls->expires() - now).count();
  if (left >= 14) return std::nullopt;
  bool const over = tls->expires() <= now;
  return HealthSign{
      fmt::format("tls.{}", listener), over ? HealthColour::red : HealthColour::yellow,
      over ? fmt::format("The certificate of the listener {} has ended.", listener)
           : fmt::format("The certificate of the listener {} ends in {} d.", listener, left),
      fmt::format("Renew {}; the new file is taken within a minute.",
                  tls->files().certificate_file),
      over ? "ended" : "ends"};
}
}  // namespace

std::vector<HealthSign> App::signs() const {
  std::vector<HealthSign> out;
  auto const& writer = database_->health();
  if (writer.trouble)
    out.push_back({"store", HealthColour::red, *writer.trouble,
                   writer.damaged
                       ? "Nothing is stored any more, decisions go on from memory: stop the "
                         "daemon at a good moment and run wardroomd --restore FILE."
                       : "Free space on the disk of the store and look at its file "
                         "system; posts are refused meanwhile."});
  else
    out.push_back({"store", HealthColour::green, "The store takes writes."});
  out.push_back(trail_.sign());
  for (auto const& sign : vault_.signs()) out.push_back(login_sign(sign));
  for (auto& sign : call_blocking_.health()) out.push_back(std::move(sign));
  for (auto& sign : space_sync_.health()) out.push_back(std::move(sign));
  for (auto& sign : security_notices_.health()) out.push_back(std::move(sign));
  for (auto const& [listener, tls] : {std::pair{"http", tls_.get()}, {"cdr", cdr_tls_.get()}})
    if (auto sign = certificate_sign(listener, tls, clock_.now())) out.push_back(std::move(*sign));
  out.push_back(alerts_.sign());
  if (old_key_may_go_)
    out.push_back(
        {"secrets.old_key", HealthColour::yellow,
         "Everything is sealed under the new master key; the old one is still configured.",
         "Remove secrets.old_master_key_file (or the credential old_master.key) and the "
         "file, then restart."});
  if (auto trouble = secret_memory().trouble; !trouble.empty())
    out.push_back({"secrets.memory", HealthColour::yellow, std::move(trouble),
                   "Raise LimitMEMLOCK= in the unit (systemctl edit wardroomd), then restart."});
  // Red while it lies; yellow once it works again, so that nobody takes the node out for a scar.
  for (auto const& [task, dead] : dead_tasks_)
    out.push_back(
        {"task." + task, dead.revived ? HealthColour::yellow : HealthColour::red,
         fmt::format("The part '{}' had failed ({}) and was started again.", task, dead.why),
         "Send the log of that moment to the developers (journalctl -u wardroomd); a "
         "restart clears this sign."});
  return out;
}

/// The journal names people by their number, which those who are accepted are given.
front::LoginDesk::Ports App::desk_ports() {
  return {.loop = loop_,
          .clock = clock_,
          .random = random_,
          .tasks = tasks_,
          .http = *client_,
          .vault = vault_,
          .webex = webex_,
          .site = site_admins_,
          .journal = journal_,
          .throttle = throttle_,
          .find_person = [this](std::string const& uuid) { return person_of(uuid); },
          .enrol = [this](Person person) -> Task<PersonNo> {
            auto const numbers = co_await people_.upsert(std::vector<Person>{std::move(person)});
            if (!numbers || numbers->empty()) co_return PersonNo{0};
            if (numbers->front() != 0) co_await people_.display_name(numbers->front());
            co_return numbers->front();
          },
          .trail = &trail_};
}

front::SessionDesk::Ports App::session_desk_ports() {
  return {.sessions = sessions_,
          .people = people_sessions_,
          .clock = clock_,
          .find_person = [this](std::string const& uuid) { return person_of(uuid); },
          .resolve = [this](std::string who) -> Task<Result<PersonNo>> {
            auto found = co_await people_.resolve(std::move(who));
            if (!found) co_return std::unexpected(found.error());
            co_return found->no;
          },
          .name_of = [this](PersonNo person) { return people_.display_name(person); }};
}

front::SessionTrail::Ports App::session_trail_ports() {
  return {.journal = journal_,
          .audit =
              [this](http::Caller const& who, std::string action, control::Change change) {
                trail_.web(who, std::move(action), std::move(change));
              },
          .audit_first =
              [this](http::Caller who, std::string action, control::Change change) {
                return trail_.web_first(std::move(who), std::move(action), std::move(change));
              }};
}

void App::mount() {
  public_router_.set_common_headers(
      http::security_headers({.under_tls = settings_.public_url.starts_with("https:")}));
  sessions_.guard(public_router_);
  sessions_.on_event([this](front::SessionEvent const& event) { session_trail_.hear(event); });
  // Those who are not named any more: a restart takes them out as a reload does.
  login_.set_admins(settings_.admins);
  vault_.on_warning([this](oauth::GrantWarning const&) { alerts_.look(); });
  vault_.on_change([this, had = false, retired = front::RetiredGrants(vault_.figures())](
                       std::string_view identity) mutable {
    alerts_.look();
    retired.tell(vault_.figures(), trail_);
    if (identity != "admin") return;
    bool has = false;
    for (auto const& grant : vault_.grants())
      has |= grant.identity == identity && grant.state == oauth::GrantState::valid;
    if (has && !std::exchange(had, has)) call_blocking_.read_directories_soon();
    had = has;
  });
  call_blocking_.dashboard().set_signs([this] { return signs(); });
  call_blocking_.dashboard().set_admission(
      [this](std::string const& session) { return sessions_.alive(session); });
  login_.add_routes(public_router_);
  front::add_session_list_routes(public_router_, sessions_, session_desk_, session_trail_);
  front::add_session_verbs(verbs_, session_desk_, session_trail_);
  front::add_login_admin_routes(
      public_router_, {.vault = vault_,
                       .clock = clock_,
                       .health = [this] { return std::string(name(worst(signs()))); },
                       .alerts = [this] { return alerts_.list(); },
                       .audit = &trail_,
                       .correlation = [this] { return front::Trail::correlation(random_); }});
  call_blocking_.add_routes(public_router_);
  space_sync_.add_routes(public_router_);
  security_notices_.set_admission(
      [this](std::string const& session) { return sessions_.alive(session); });
  security_notices_.add_routes(public_router_);
  security_notices_.add_cdr_routes(cdr_router_);
  auto const assets = front::web_assets();
  http::add_assets(public_router_, assets);
  add_health_routes(public_router_, {[this] { return signs(); },
                                     [this] { return metrics::prometheus_text(metrics_.read()); },
                                     [this] { return ready_ && !stopping_; }});
  front::add_audit_verbs(verbs_, audit_, clock_);
  call_blocking_.add_verbs(verbs_);
  space_sync_.add_verbs(verbs_);
  security_notices_.add_verbs(verbs_);
  alerts_.add_verbs(verbs_);
  front::add_login_verbs(verbs_, {.desk = desk_,
                                  .vault = vault_,
                                  .webex = webex_,
                                  .http = *client_,
                                  .clock = clock_,
                                  .api = settings_.api,
                                  .key_id = sealer_.key_id()});
  front::add_config_verbs(verbs_, config_ports());
  front::add_store_verbs(verbs_, store_ports());
  add_daemon_verbs(verbs_,
                   {.clock = clock_,
                    .tasks = tasks_,
                    .database = *database_,
                    .vault = vault_,
                    .metrics_text = [this] { return metrics::prometheus_text(metrics_.read()); },
                    .listen = settings_.listen,
                    .public_url = settings_.public_url,
                    .signs = [this] { return signs(); },
                    .ready = [this] { return ready_ && !stopping_; },
                    .features_status =
                        [this](nlohmann::ordered_json& status) {
                          call_blocking_.add_status(status);
                          space_sync_.add_status(status);
                          security_notices_.add_status(status);
                          status["journal"] = journal_status();
                          alerts_.add_status(status);
                        }});
  mount_journal();
  mount_doctor();
  auto const open_doors = front::unguarded(public_router_.routes(), front::route_exemptions());
  if (!open_doors.empty())
    throw std::logic_error(fmt::format("unguarded routes: {}", fmt::join(open_doors, "; ")));
  auto const missing = verbs_.unhandled();
  if (!missing.empty())
    throw std::logic_error(fmt::format("verbs without a handler: {}", fmt::join(missing, ", ")));
}

}  // namespace wardroom
