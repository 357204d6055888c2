#include "front/login_refusals.hpp"

#include <fmt/format.h>

namespace wardroom::front {
namespace {

ErrorKind kind_of(int status) {
  switch (status) {
    case 400:
      return ErrorKind::malformed;
    case 404:
      return ErrorKind::not_found;
    case 409:
      return ErrorKind::conflict;
    case 429:
      return ErrorKind::throttled;
    case 503:
      return ErrorKind::unavailable;
    case 504:
      return ErrorKind::timed_out;
    default:
      return ErrorKind::denied;
  }
}

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::malformed:
    case ErrorKind::unavailable:
      return 503;
    case ErrorKind::throttled:
      return 429;
    case ErrorKind::timed_out:
      return 504;
    case ErrorKind::conflict:
      return 409;
    default:
      return 403;
  }
}

std::string capital(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  if (!text.empty() && text.back() != '.') text += '.';
  return text;
}

}  // namespace

std::optional<LoginRefusal> judge_identity(oauth::IdentitySettings const* identity,
                                           std::string_view name) {
  using oauth::IdentityKind;
  if (name.starts_with("person:"))
    return LoginRefusal{403, "A person's own login",
                        "The grant of a person is given by that person, in their browser.",
                        "Ask them to log in on the page that needs it."};
  if (!identity)
    return LoginRefusal{404, "No such identity",
                        fmt::format("There is no identity '{}' in the configuration.", name),
                        "`wardroomctl token show` lists those there are; add others under "
                        "identities in wardroom.yaml."};
  if (identity->kind == IdentityKind::service_app)
    return LoginRefusal{
        403, "Nobody logs in for a service app",
        fmt::format("'{}' is a service app: its grant begins with the refresh token in its file.",
                    name),
        fmt::format("Put the token from the developer portal into identities.{}."
                    "refresh_token_file and restart.",
                    name)};
  if (identity->kind == IdentityKind::guest_issuer)
    return LoginRefusal{
        403, "Nobody logs in for a guest issuer",
        fmt::format("'{}' is a guest issuer: it signs its guests' tokens by itself.", name),
        fmt::format("Check identities.{0}.issuer_id and identities.{0}.secret_file.", name)};
  if (identity->client.client_id.empty())
    return LoginRefusal{
        503, "Not configured", "This site has no Webex integration yet.",
        fmt::format("Add client_id and client_secret_file under identities.{} in wardroom.yaml.",
                    name)};
  return std::nullopt;
}

LoginRefusal stale_login() {
  return {400, "This login is over",
          "The way back from Webex was used before, took more than ten minutes, or belongs to "
          "another browser.",
          "Begin again."};
}

LoginRefusal wrong_issuer() {
  return {400, "Wrong issuer", "The answer does not come from the configured Webex service.",
          "Check webex.authorize_url in wardroom.yaml, then begin again."};
}

LoginRefusal webex_said(std::string const& error) {
  if (error == "access_denied")
    return {403, "Login refused", "You or your organization refused the access.",
            "Begin again if that was a mistake."};
  if (error == "invalid_scope")
    return {
        400, "A scope is not registered",
        "Webex does not know this site's integration to need a scope that is asked for.",
        "Register what `wardroomctl token show` calls missing, such as spark:messages_write for "
        "caller notices, with the integration in the Webex developer portal; or switch off "
        "what needs it in wardroom.yaml (call_blocking.caller_notice.enabled: false). Calls "
        "are judged meanwhile as before."};
  return {400, "Webex reports an error", fmt::format("Webex answered \"{}\".", error.substr(0, 60)),
          "Check the integration's scopes and redirect URI, then begin again."};
}

LoginRefusal no_token(oauth::TokenError const& why, std::string_view identity) {
  if (why.refusal == oauth::Refusal::retired)
    return {400, "This login is over", "Webex does not take the code any more.", "Begin again."};
  if (why.refusal == oauth::Refusal::configuration)
    return {502, "The integration is refused",
            "Webex refuses the client id, secret or redirect address of this site.",
            fmt::format("An operator finds the reason in the log; check identities.{} in "
                        "wardroom.yaml.",
                        identity)};
  return trouble(why.error, "finishing the login");
}

LoginRefusal no_token(oauth::DeviceRefusal const& why) {
  std::string_view title = "Webex refuses the login";
  switch (why.end) {
    case oauth::DeviceEnd::denied:
      title = "Login refused";
      break;
    case oauth::DeviceEnd::expired:
    case oauth::DeviceEnd::code_gone:
      title = "This login is over";
      break;
    case oauth::DeviceEnd::configuration:
      title = "The integration is refused";
      break;
    case oauth::DeviceEnd::token_limit:
      title = "Too many tokens";
      break;
    case oauth::DeviceEnd::unavailable:
      title = "Not now";
      break;
    case oauth::DeviceEnd::unknown:
      break;
  }
  return {status_of(why.error.kind), std::string(title), capital(why.error.what),
          capital(why.remedy)};
}

LoginRefusal trouble(Error const& why, std::string_view doing) {
  LoginRefusal out{503, "Not now", fmt::format("Something failed while {}.", doing),
                   "Try again in a minute; an operator finds the reason in the log."};
  out.cause = why.what;
  return out;
}

namespace {
/// At the control socket sits somebody who may know the reason.
std::string whole(LoginRefusal const& why) {
  return why.cause.empty() ? why.sentence : why.sentence + " " + capital(why.cause);
}
}  // namespace

nlohmann::ordered_json to_line(LoginRefusal const& why) {
  nlohmann::ordered_json inner{{"code", name(kind_of(why.status))}, {"message", whole(why)}};
  if (!why.remedy.empty()) inner["remedy"] = why.remedy;
  return {{"error", std::move(inner)}};
}

Error to_error(LoginRefusal const& why) {
  auto what = whole(why);
  if (!why.remedy.empty()) what += " " + why.remedy;
  return {kind_of(why.status), std::move(what)};
}

}  // namespace wardroom::front
