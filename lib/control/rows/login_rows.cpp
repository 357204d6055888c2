// Verbs about logins at Webex.
#include "control/rows/rows.hpp"

namespace wardroom::control {

std::vector<VerbRow> login_rows() {
  return {
      {.words = "login",
       .right = Right::admin,
       .changes = true,
       .stream = true,
       .schema = "wardroom.login/1",
       .summary = "Logs the daemon in at Webex: shows an address, a code and a QR code, and waits",
       .params = {{"browser", flag, false, "",
                   "prints addresses for a browser instead, and does not wait"},
                  identity_option()},
       .examples = {"login", "login --identity meetings", "login --browser"}},
      {.words = "auth",
       .right = Right::admin,
       .changes = true,
       .schema = "wardroom.auth/1",
       .summary = "Completes a login that `login --browser` began, within 30 minutes",
       .params = {{"code", ParamKind::positional, true, "CODE|URL",
                   "the address of the page you ended on, or the code in it; best left out: it is "
                   "asked for then; - reads stdin",
                   true},
                  identity_option()},
       .examples = {"auth", "auth - < address.txt",
                    "auth 'http://127.0.0.1:8480/oauth/callback?code=…&state=…'"}},
      {.words = "logout",
       .right = Right::admin,
       .changes = true,
       .schema = "wardroom.logout/1",
       .summary = "Forgets a login, and revokes it at Webex where the scopes allow that",
       .params = {identity_option()},
       .examples = {"logout", "logout --identity meetings --yes"}},
      {.words = "whoami",
       .schema = "wardroom.whoami/1",
       .summary = "Who the daemon is logged in as, with roles and scopes",
       .params = {identity_option()},
       .examples = {"whoami", "whoami --identity meetings"}},
      {.words = "token show",
       .schema = "wardroom.token_show/1",
       .summary = "The logins the daemon holds, what they lack and when they end; never the tokens",
       .examples = {"token show", "token show --json"}},
      {.words = "token check",
       .schema = "wardroom.token_check/1",
       .summary = "Asks Webex whether a login still works; exit code 1 when not",
       .params = {identity_option()},
       .examples = {"token check", "token check --identity guests"}},
      {.words = "token refresh",
       .right = Right::admin,
       .changes = true,
       .schema = "wardroom.token_refresh/1",
       .summary = "Renews an access token now",
       .params = {identity_option()},
       .examples = {"token refresh"}},
  };
}

}  // namespace wardroom::control
