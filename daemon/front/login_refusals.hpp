/// Every way a login ends without success, as a page and as an error of the control socket. Pure.
#pragma once
#include "front/login_policy.hpp"
#include "oauth/device_flow.hpp"
#include "oauth/token_vault.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace wardroom::front {

/// Whether a login may be begun for this identity: it must be configured, and one people log in
/// for.
std::optional<LoginRefusal> judge_identity(oauth::IdentitySettings const* identity,
                                           std::string_view name);

/// A way back from Webex that is used, too old, or another browser's.
LoginRefusal stale_login();
LoginRefusal wrong_issuer();
/// `error=…` in the address Webex sent somebody back to.
LoginRefusal webex_said(std::string const& error);
/// The exchange of a code did not give a token.
LoginRefusal no_token(oauth::TokenError const& why, std::string_view identity);
LoginRefusal no_token(oauth::DeviceRefusal const& why);
/// Something on our side, or on the way: "asking Webex who you are".
LoginRefusal trouble(Error const& why, std::string_view doing);

/// {"error":{"code","message","remedy"}}, for a line of a stream.
nlohmann::ordered_json to_line(LoginRefusal const& why);
/// The same as the error of a verb; the remedy is its last sentence.
Error to_error(LoginRefusal const& why);

}  // namespace wardroom::front
