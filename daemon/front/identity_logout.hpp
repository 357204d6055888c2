/// `logout`: gives a grant back to Webex where that can be done, and forgets it here in any case.
#pragma once
#include "front/login_journal.hpp"
#include "http/client.hpp"
#include "oauth/token_vault.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace wardroom::front {

struct LogoutPorts {
  oauth::TokenVault& vault;
  http::Client& http;
  Clock& clock;
  LoginJournal& journal;
  std::string api;  ///< base URL of Webex REST without a trailing slash
};

struct LoggedOut {
  std::string identity, person;  ///< mail address or name
  bool revoked = false;
  std::string message;
};

/// Errors: not_found = nobody is logged in, denied = that kind has no login, those of the store.
Task<Result<LoggedOut>> log_out(LogoutPorts ports, std::string identity, std::string operator_name);

}  // namespace wardroom::front
