#include "scope_needs.hpp"

#include <algorithm>

namespace wardroom {

ScopeNeeds scope_needs(DaemonSettings const& settings, std::string const& identity) {
  ScopeNeeds out;
  auto need = [&out](std::string const& user, std::vector<std::string> const& scopes) {
    for (auto const& scope : scopes) {
      auto& users = out.users[scope];
      if (users.empty()) out.scopes.push_back(scope);
      users += users.empty() ? user : ", " + user;
    }
  };
  auto const known = settings.identities.find(identity);
  if (known == settings.identities.end() || known->second.kind != oauth::IdentityKind::integration)
    return out;
  need("login", {"spark:people_read"});
  if (identity == "admin")
    need("login",
         {"spark-admin:people_read", "spark-admin:roles_read", "spark-admin:organizations_read"});
  if (identity == settings.call_blocking.identity &&
      settings.call_blocking.policy.mode != call_blocking::Mode::off)
    need("call_blocking", call_blocking::needed_scopes(settings.call_blocking.policy));
  auto const& calls = settings.call_blocking.policy;
  if (identity == calls.notice.identity && calls.mode == call_blocking::Mode::enforce)
    need("caller_notice", calls.notice.needed_scopes());
  if (identity == settings.space_sync.identity)
    need("space_sync", space_sync::needed_scopes(settings.space_sync));
  if (identity == "admin") need("alerts", settings.alerts.needed_scopes());
  for (auto const& scope : known->second.extra_scopes) need("extra_scopes", {scope});
  return out;
}

}  // namespace wardroom
