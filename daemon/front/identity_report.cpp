#include "front/identity_report.hpp"

#include "front/grant_json.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::front {
namespace {

/// "Full Administrator" where the listing has it, else what the id holds.
std::vector<std::string> role_names(std::vector<std::string> const& ids,
                                    std::vector<webex::Role> const& known) {
  std::vector<std::string> out;
  for (auto const& id : ids) {
    auto const role = std::ranges::find_if(
        known, [&](webex::Role const& one) { return webex::same_id(one.id, id); });
    out.push_back(role != known.end() && !role->name.empty() ? role->name
                                                             : webex::decode_id(id).value_or(id));
  }
  return out;
}

}  // namespace

Result<oauth::GrantView> find_grant(oauth::TokenVault const& vault, std::string_view identity) {
  auto const all = vault.grants();
  auto const found = std::ranges::find(all, identity, &oauth::GrantView::identity);
  if (found != all.end()) return *found;
  return failure(ErrorKind::not_found,
                 fmt::format("there is no identity '{}'; `wardroomctl token show` lists those "
                             "there are",
                             identity));
}

std::string audited_identity(oauth::TokenVault const& vault, std::string_view identity) {
  bool const known = vault.identity(identity) != nullptr || find_grant(vault, identity).has_value();
  return known ? "identity " + std::string(identity) : "an unknown identity";
}

Task<Result<IdentityReport>> report_identity(oauth::TokenVault& vault, webex::WebexApi& webex,
                                             std::string identity) {
  auto const grant = find_grant(vault, identity);
  if (!grant) co_return std::unexpected(grant.error());
  if (grant->kind == oauth::IdentityKind::guest_issuer)
    co_return failure(
        ErrorKind::malformed,
        fmt::format("{} is a guest issuer: it signs its guests' tokens by itself, and "
                    "nobody is logged in",
                    identity));
  auto token = co_await vault.bearer(identity);
  if (!token) co_return std::unexpected(std::move(token.error()));
  auto me = co_await webex.people_me(*token);
  if (!me && me.error().kind == ErrorKind::unauthorized) {
    token = co_await vault.replace(identity, *token);
    if (!token) co_return std::unexpected(std::move(token.error()));
    me = co_await webex.people_me(*token);
  }
  if (!me) co_return std::unexpected(std::move(me.error()));
  IdentityReport out{identity,       std::string(oauth::name(grant->kind)),
                     std::move(*me), {},
                     grant->scopes,  grant->missing_scopes};
  auto roles = co_await webex.roles(*token);  // without the right to list them the ids must do
  out.roles = role_names(out.person.roles, roles.value_or(std::vector<webex::Role>{}));
  co_return out;
}

nlohmann::ordered_json to_json(IdentityReport const& report) {
  auto const& person = report.person;
  return {{"identity", report.identity},
          {"kind", report.kind},
          {"person", person.display_name},
          {"person_id", person.id.text()},
          {"email", person.emails.empty() ? "" : person.emails.front()},
          {"org_id", person.org_id},
          {"roles", report.roles},
          {"scopes", report.scopes},
          {"missing_scopes", missing_scopes_json(report.missing_scopes)}};
}

}  // namespace wardroom::front
