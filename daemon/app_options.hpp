/// What the composition root makes of the settings: options, keys, clients; and how a start that
/// cannot go on says so.
#pragma once
#include "alerts/alert_settings.hpp"
#include "alerts/alert_text.hpp"
#include "cisco/xsi/xsi_session.hpp"
#include "crypto/sealing.hpp"
#include "http/curl_client.hpp"
#include "http/lane_client.hpp"
#include "http/server_tls.hpp"
#include "oauth/token_vault.hpp"
#include "outside.hpp"
#include "settings.hpp"
#include "store/migrations.hpp"
#include "store/open_store.hpp"

#include <memory>
#include <optional>
#include <stdexcept>

namespace wardroom {

/// A start that cannot go on: the sentence and its exit code.
struct CannotStart : std::runtime_error {
  CannotStart(int exit_code, std::string const& what) : std::runtime_error(what), code(exit_code) {}
  int code;
};

int exit_code_of(Error const& error);

template <class T>
T or_stop(Result<T> result, std::optional<int> code = std::nullopt) {
  if (!result) throw CannotStart(code.value_or(exit_code_of(result.error())), result.error().what);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

std::vector<store::Migration> all_migrations();
http::CurlClient::Options client_options(DaemonSettings const& s);
/// With a proxy configured the lane hands what leaves this machine to `proxied`.
http::LaneClient::Options lane_options(DaemonSettings const& s, http::Client& proxied);
xsi::XsiSettings xsi_settings(call_blocking::CallBlockingSettings const& feature);
/// Reads the client secrets. Throws CannotStart.
std::vector<oauth::IdentitySettings> identities(DaemonSettings const& s);
/// The master key, and the one before it while a new one takes over.
struct MasterKeys {
  crypto::MasterKey now;
  std::optional<crypto::MasterKey> old;
};
MasterKeys master_keys(DaemonSettings const& s);
/// What other files the configuration names hold: read before the store is touched, so that a
/// start that is refused for one of them changes nothing. Throws CannotStart.
struct BridgeSecrets {
  std::vector<Secret> passwords, cdr;  ///< in the order of security_notices.bridges
};
struct NamedFiles {
  std::vector<oauth::IdentitySettings> identities;
  alerts::AlertSecrets alerts;
  http::CurlClient::Options client;
  Secret store_password;
  Secret notice_bot_token;  ///< empty = none
  BridgeSecrets bridges;
};
NamedFiles named_files(DaemonSettings const& s);
/// Opens the store, unless it is sealed with another key. Throws CannotStart.
std::unique_ptr<store::Database> open_store(Outside& outside, DaemonSettings const& s,
                                            Secret password, MasterKeys const& keys);
crypto::Sealer make_sealer(MasterKeys const& keys, Random& random);
/// Of a bridge's API: its own CA or key is trusted in place of the system's.
http::CurlClient::Options bridge_client_options(security_notices::BridgeSettings const& bridge);
/// Null when no certificate is named. Throws CannotStart.
std::shared_ptr<http::ServerTls> open_tls(http::TlsFiles files);
http::DoorOptions public_options(DaemonSettings const& s, std::shared_ptr<http::ServerTls> tls);
http::DoorOptions cdr_options(DaemonSettings const& s, std::shared_ptr<http::ServerTls> tls);
http::DoorOptions control_options();
/// Where the control socket lies: emptied by a reboot, kept over a restart.
std::string runtime_folder(DaemonSettings const& s);
alerts::Site alert_site(DaemonSettings const& s, std::string machine);

}  // namespace wardroom
