/// Tries out what a configuration says before it is written: Webex, the integration, the store, the
/// port, the clock. Changes nothing anywhere.
#pragma once
#include "base/secret.hpp"
#include "http/client.hpp"
#include "runtime/clock.hpp"
#include "settings.hpp"
#include "setup_files.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace wardroom::ctl {

struct Check {
  std::string name;  ///< "Webex", "client id"
  bool ok = false;
  std::string sentence;  ///< what was seen
  std::string remedy{};  ///< when it is not ok
};
using Checks = std::vector<Check>;

/// What is not in files yet.
struct SiteSecrets {
  std::optional<Secret> client_secret;  ///< absent = cannot be read here: it is not tried
  std::optional<Secret> database_password;
};

/// Everything, in turn; `tell` hears of each as it ends, `stopped` is asked meanwhile. Bounded to
/// half a minute.
Checks check_site(DaemonSettings const& settings, SiteSecrets const& secrets,
                  std::optional<DaemonUser> const& user, std::function<void(Check const&)> tell,
                  std::function<bool()> stopped);

// The parts.

/// Reachable, and clocks agree.
Task<Checks> check_webex(http::Client& http, Clock& clock, std::string api);
/// Whether Webex knows the integration with its scopes, and its secret.
Task<Checks> check_client(http::Client& http, Clock& clock, DaemonSettings settings,
                          std::optional<Secret> secret);
/// Free, or held by our own daemon.
Task<Check> check_port(http::Client& http, DaemonSettings settings, bool ours_runs);
Check check_public_url(DaemonSettings const& settings);
Check check_store(DaemonSettings const& settings, std::optional<Secret> const& password,
                  std::optional<DaemonUser> const& user);
Check check_master_key(DaemonSettings const& settings);

}  // namespace wardroom::ctl
