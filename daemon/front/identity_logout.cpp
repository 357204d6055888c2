#include "front/identity_logout.hpp"

#include "base/log.hpp"
#include "base/time_text.hpp"
#include "cisco/webex/webex_json.hpp"
#include "front/identity_report.hpp"
#include "oauth/revocation.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::front {
namespace {

constexpr Milliseconds patience{30'000};
constexpr auto profile_page = "https://idbroker.webex.com/idb/profile";

std::string client_id_of(oauth::TokenVault const& vault, oauth::GrantView const& grant) {
  auto const* const identity = vault.identity(grant.client.empty() ? grant.identity : grant.client);
  return identity ? identity->client.client_id : "";
}

/// Another grant that would die with this one: the same person by the same client.
std::string shared_with(oauth::TokenVault const& vault, oauth::GrantView const& grant) {
  auto const client = client_id_of(vault, grant);
  for (auto const& other : vault.grants())
    if (other.identity != grant.identity && other.state != oauth::GrantState::missing &&
        client_id_of(vault, other) == client && other.who.person_id == grant.who.person_id)
      return other.identity;
  return "";
}

/// Why Webex need not or cannot be asked; empty = ask.
std::string no_use(oauth::TokenVault const& vault, oauth::GrantView const& grant) {
  if (grant.state == oauth::GrantState::needs_login) return "it had ended there already";
  if (!oauth::may_revoke(grant.scopes))
    return "it lacks the scopes identity:tokens_read and identity:tokens_write";
  if (auto const other = shared_with(vault, grant); !other.empty())
    return fmt::format("'{}' uses the same authorization and would lose it", other);
  return "";
}

Task<Result<oauth::Revocation>> revoke(LogoutPorts ports, oauth::GrantView grant) {
  auto token = co_await ports.vault.bearer(grant.identity);
  if (!token) co_return oauth::Revocation{false, "no valid token: " + token.error().what};
  co_return co_await oauth::revoke_grant(
      ports.http,
      {ports.api, std::move(*token), client_id_of(ports.vault, grant), grant.who.person_id});
}

std::string message_of(oauth::GrantView const& grant, oauth::Revocation const& revocation) {
  if (revocation.revoked)
    return "The grant was revoked at Webex and forgotten here; its access token ends within "
           "minutes.";
  std::string out = fmt::format("The grant is forgotten here. It was not revoked at Webex: {}.",
                                revocation.why_not);
  if (grant.state == oauth::GrantState::needs_login) return out;
  if (grant.access_expires_at)
    out += fmt::format(" Its access token works until {}.", iso_text(*grant.access_expires_at));
  out += fmt::format(" {} can revoke it by hand at {}.",
                     grant.who.name.empty() ? "Its owner" : grant.who.name, profile_page);
  return out;
}

}  // namespace

Task<Result<LoggedOut>> log_out(LogoutPorts ports, std::string identity,
                                std::string operator_name) {
  auto const grant = find_grant(ports.vault, identity);
  if (!grant) co_return std::unexpected(grant.error());
  if (grant->kind != oauth::IdentityKind::integration)
    co_return failure(
        ErrorKind::denied,
        fmt::format("{} is no login of a person: a full administrator takes its rights "
                    "back in Control Hub, and identities.{} goes out of wardroom.yaml",
                    identity, identity));
  if (grant->state == oauth::GrantState::missing)
    co_return failure(ErrorKind::not_found, fmt::format("nobody is logged in as {}", identity));
  oauth::Revocation revocation{false, no_use(ports.vault, *grant)};
  if (revocation.why_not.empty()) {
    auto asked = co_await within<oauth::Revocation>(ports.clock, patience, "asking Webex",
                                                    revoke(ports, *grant));
    revocation = asked ? std::move(*asked) : oauth::Revocation{false, asked.error().what};
  }
  auto removed = co_await ports.vault.remove(identity, grant->login);
  if (!removed) co_return std::unexpected(std::move(removed.error()));
  auto const uuid = webex::decode_id(grant->who.person_id).value_or("");
  ports.journal.add(LogoutEvent{identity, uuid, revocation.revoked, operator_name});
  log::info("logged out", {{"identity", identity},
                           {"revoked", revocation.revoked},
                           {"why_not", revocation.why_not},
                           {"by", operator_name}});
  co_return LoggedOut{identity, grant->who.email.empty() ? grant->who.name : grant->who.email,
                      revocation.revoked, message_of(*grant, revocation)};
}

}  // namespace wardroom::front
