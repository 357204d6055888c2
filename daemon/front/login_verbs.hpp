/// The verbs about logins and tokens: login, auth, logout, whoami, token show, check and refresh.
#pragma once
#include "cisco/webex/webex_api.hpp"
#include "control/verbs.hpp"
#include "front/login_desk.hpp"
#include "http/client.hpp"
#include "oauth/token_vault.hpp"

#include <string>

namespace wardroom::front {

/// The references outlive the handlers.
struct LoginVerbFacts {
  LoginDesk& desk;
  oauth::TokenVault& vault;
  webex::WebexApi& webex;
  http::Client& http;
  Clock& clock;
  std::string api;     ///< base URL of Webex REST without a trailing slash
  std::string key_id;  ///< of the master key in use
};

void add_login_verbs(control::Verbs& verbs, LoginVerbFacts facts);

}  // namespace wardroom::front
