/// Everything wardroom.yaml says, as one immutable value.
#pragma once
#include "alerts/alert_settings.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "config/yaml_section.hpp"
#include "features/call_blocking/call_blocking_settings.hpp"
#include "features/security_notices/security_notices_settings.hpp"
#include "features/space_sync/space_sync_settings.hpp"
#include "oauth/token.hpp"

#include <map>
#include <string>
#include <vector>

namespace wardroom {

/// One entry of `identities`; which fields count depends on the kind.
struct IdentitySettings {
  oauth::IdentityKind kind = oauth::IdentityKind::integration;
  std::string client_id, client_secret_file;  ///< integration, service_app
  std::string refresh_token_file;             ///< service_app: from the developer portal
  std::string issuer_id, secret_file;         ///< guest_issuer
  std::vector<std::string> extra_scopes;      ///< asked for beside what the features need
  bool operator==(IdentitySettings const&) const = default;
};

/// The certificate of a listener; empty = it speaks no TLS.
struct TlsSettings {
  std::string certificate_file, key_file;
  bool operator==(TlsSettings const&) const = default;
};

struct DaemonSettings {
  std::string file;
  log::Level level = log::Level::info;
  log::File log_file;
  std::string listen;
  TlsSettings tls;         ///< of `listen`
  std::string public_url;  ///< without a trailing slash
  std::vector<std::string> trusted_proxies;
  std::string control_socket;
  std::string store_url;
  std::string store_password_file;  ///< PostgreSQL; empty = peer, or ~/.pgpass
  Milliseconds journal_keep{};      ///< at least a day
  std::string master_key_file;
  std::string old_master_key_file;  ///< while a new key takes over; else empty
  std::string api, authorize_url, token_url, device_url;  ///< without a trailing slash
  std::string ca_file;           ///< PEM of a private CA for outbound TLS; empty = the system's
  std::string proxy;             ///< "http://proxy.acme.example:3128"; empty = none
  std::string proxy_login_file;  ///< "user:password"; empty = no login
  std::string org_id;
  std::vector<std::string> admins;  ///< lower case
  std::map<std::string, IdentitySettings> identities;
  alerts::AlertSettings alerts;
  call_blocking::CallBlockingSettings call_blocking;
  space_sync::SpaceSyncSettings space_sync;
  security_notices::SecurityNoticesSettings security_notices;
  config::Record record;  ///< every key of it: value, default, source
};

/// Reads and checks the whole file; all complaints are collected, in its order. The value is good
/// when there is none.
DaemonSettings load_settings(std::string const& file, config::Complaints& complaints);
/// The same with what `file` holds, or might hold.
DaemonSettings read_settings(std::string_view text, std::string const& file,
                             config::Complaints& complaints);

}  // namespace wardroom
