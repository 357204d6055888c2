/// Checks of what lies outside: Webex REST, its clock against ours, and the logins.
#pragma once
#include "cisco/webex/webex_api.hpp"
#include "http/client.hpp"
#include "oauth/token_vault.hpp"
#include "process/doctor.hpp"

#include <memory>
#include <string>

namespace wardroom::doctor {

struct WebexPorts {
  http::Client& http;
  Clock& clock;
  oauth::TokenVault& vault;
  webex::WebexApi& webex;
  std::string api;
};
void add_webex_checks(Doctor& doctor, WebexPorts ports);

/// Our clock against the other side's, which told whole seconds. Pure.
Finding judge_clock(std::string const& host, Instant asked, Instant answered, Instant theirs);
/// What to do about a host that does not answer as it should, by the words of the error. Pure.
std::string outside_remedy(Error const& why, std::string const& url);

}  // namespace wardroom::doctor
