#include "app_options.hpp"

#include "alerts/alert_store.hpp"
#include "audit/chain.hpp"
#include "config/config_file.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "features/security_notices/security_notices_store.hpp"
#include "features/space_sync/space_sync_store.hpp"
#include "front/browser_session.hpp"
#include "front/login_routes.hpp"
#include "front/site_admins.hpp"
#include "front/throttle.hpp"
#include "http/trust.hpp"
#include "oauth/device_flow.hpp"
#include "oauth/grant_store.hpp"
#include "oauth/key_rotation.hpp"
#include "people/migrations.hpp"
#include "scope_needs.hpp"
#include "store/move_marks.hpp"

namespace wardroom {
using namespace std::chrono_literals;

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

std::vector<store::Migration> all_migrations() {
  std::vector<store::Migration> out{oauth::grants_migration,   oauth::grants_client_migration,
                                    front::throttle_migration, front::site_admins_migration,
                                    alerts::alerts_migration,  alerts::alert_beginnings_migration,
                                    audit::audit_migration};
  for (auto const& step : front::web_session_migrations) out.push_back(step);
  for (auto const& step : people::migrations()) out.push_back(step);
  for (auto const& step : call_blocking::call_blocking_migrations()) out.push_back(step);
  for (auto const& step : space_sync::space_sync_migrations()) out.push_back(step);
  for (auto const& step : security_notices::security_notices_migrations()) out.push_back(step);
  return out;
}

namespace {
Secret secret_of(std::string const& file) { return or_stop(config::read_secret(file), 78); }
}  // namespace

http::CurlClient::Options client_options(DaemonSettings const& s) {
  or_stop(http::check_ca_file(s.ca_file), 78);
  http::CurlClient::Options options;
  options.ca_file = s.ca_file;
  options.proxy = s.proxy;
  if (!s.proxy_login_file.empty()) options.proxy_login = secret_of(s.proxy_login_file);
  return options;
}
http::LaneClient::Options lane_options(DaemonSettings const& s, http::Client& proxied) {
  http::LaneClient::Options options;
  options.ca_file = s.ca_file;
  if (!s.proxy.empty()) options.beyond = &proxied;
  // Releases keep eight of their own; the rest carries acknowledgements at some 100 ms each.
  options.connections = 16;
  return options;
}

xsi::XsiSettings xsi_settings(call_blocking::CallBlockingSettings const& feature) {
  auto const& s = feature.xsi;
  xsi::XsiSettings out;
  out.identity = feature.identity;
  out.endpoints = s.endpoints;
  out.srv = s.srv;
  out.dns_servers = s.dns_servers;
  out.application_id = s.application_id;
  out.decline_ringing = s.decline_ringing;
  return out;
}

std::vector<oauth::IdentitySettings> identities(DaemonSettings const& s) {
  std::vector<oauth::IdentitySettings> out;
  for (auto const& [name, identity] : s.identities) {
    oauth::IdentitySettings one;
    one.name = name;
    one.kind = identity.kind;
    if (identity.kind == oauth::IdentityKind::guest_issuer) {
      one.issuer_id = identity.issuer_id;
      one.issuer_secret = secret_of(identity.secret_file);
    } else {
      one.client.authorize_url = s.authorize_url;
      one.client.token_url = s.token_url;
      one.client.device_url = s.device_url;
      one.client.device_token_url = oauth::device_token_url(s.device_url);
      one.client.redirect_uri = front::redirect_uri(s.public_url);
      one.client.client_id = identity.client_id;
      one.client.client_secret = secret_of(identity.client_secret_file);
    }
    if (identity.kind == oauth::IdentityKind::service_app) {
      one.seed_refresh = secret_of(identity.refresh_token_file);
      one.seed_file = identity.refresh_token_file;
    }
    auto needs = scope_needs(s, name);
    one.scopes = std::move(needs.scopes);
    one.scope_users = std::move(needs.users);
    out.push_back(std::move(one));
  }
  return out;
}

MasterKeys master_keys(DaemonSettings const& s) {
  auto const credentials = crypto::credentials_directory();
  return {or_stop(crypto::load_master_key(s.master_key_file, credentials), 78),
          or_stop(crypto::load_old_master_key(s.old_master_key_file, credentials), 78)};
}

namespace {
BridgeSecrets bridge_secrets(security_notices::SecurityNoticesSettings const& s) {
  BridgeSecrets out;
  for (auto const& bridge : s.bridges) {
    or_stop(http::check_ca_file(bridge.ca_file), 78);
    out.passwords.push_back(secret_of(bridge.password_file));
    out.cdr.push_back(secret_of(bridge.cdr_secret_file));
  }
  or_stop(security_notices::check_cdr_secrets(s.bridges, out.cdr), 78);
  return out;
}
}  // namespace

http::CurlClient::Options bridge_client_options(security_notices::BridgeSettings const& bridge) {
  http::CurlClient::Options options;
  options.ca_file = bridge.ca_file;
  options.pinned_key = bridge.pin;
  return options;
}

NamedFiles named_files(DaemonSettings const& s) {
  or_stop(http::check_ca_file(s.alerts.smtp.ca_file), 78);
  auto const& notice = s.call_blocking.policy.notice;
  return {identities(s),
          or_stop(alerts::read_secrets(s.alerts), 78),
          client_options(s),
          s.store_password_file.empty() ? Secret() : secret_of(s.store_password_file),
          notice.bot_token_file.empty() ? Secret() : secret_of(notice.bot_token_file),
          bridge_secrets(s.security_notices)};
}

std::unique_ptr<store::Database> open_store(Outside& outside, DaemonSettings const& s,
                                            Secret password, MasterKeys const& keys) {
  auto const admit = [&keys, &password](store::Sql& sql) {
    oauth::refuse_other_key(sql, keys.now, keys.old);
    store::refuse_moved(sql, password);
  };
  return or_stop(outside.open_store({s.store_url, password}, all_migrations(), admit));
}

crypto::Sealer make_sealer(MasterKeys const& keys, Random& random) {
  crypto::Sealer sealer(keys.now, random);
  if (keys.old) sealer.also_open(*keys.old);
  return sealer;
}

std::shared_ptr<http::ServerTls> open_tls(http::TlsFiles files) {
  if (files.certificate_file.empty()) return nullptr;
  return or_stop(http::ServerTls::open(std::move(files)), 78);
}

http::DoorOptions public_options(DaemonSettings const& s, std::shared_ptr<http::ServerTls> tls) {
  http::DoorOptions options;
  options.tls = std::move(tls);
  options.trusted_proxies = s.trusted_proxies;
  auto const own = s.public_url.substr(s.public_url.find("://") + 3);
  options.public_hosts = {own.substr(0, own.find('/')), s.listen};
  // A bridge may post to another name of this machine.
  if (auto const cdr = http::origin_of(s.security_notices.receiver_url))
    options.public_hosts.push_back(cdr->host);
  return options;
}

/// Bridges name the listener as they like; who they are is told by their secret.
http::DoorOptions cdr_options(DaemonSettings const& s, std::shared_ptr<http::ServerTls> tls) {
  http::DoorOptions options;
  options.tls = std::move(tls);
  options.trusted_proxies = s.trusted_proxies;
  options.limits.connections = 1'000;
  return options;
}

http::DoorOptions control_options() {
  http::DoorOptions options;
  options.unix_socket = true;
  options.limits.connections = 32;
  options.limits.kept_for_admins = 2;
  options.limits.idle_time = 10s;
  return options;
}

std::string runtime_folder(DaemonSettings const& s) {
  return s.control_socket.substr(0, s.control_socket.rfind('/'));
}

alerts::Site alert_site(DaemonSettings const& s, std::string machine) {
  auto const origin = http::origin_of(s.public_url);
  return {origin ? origin->host : s.public_url, std::move(machine)};
}

}  // namespace wardroom
