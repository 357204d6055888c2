/// The web API of the logins page, for administrators; and for anybody the one bit that somebody
/// must log in.
///
///   GET  /api/v1/logins          {"now","health","grants":[as `token show`],"alerts"?}
///   POST /api/v1/logins/refresh  {"identity"} → {"access_expires_at"}; 404, 409 needs a login,
///                                429 and 503 with Retry-After, 504; audited before and after
///   GET  /api/v1/overview        {"needs_login"}: open to anyone, names nobody
#pragma once
#include "audit_port.hpp"
#include "http/router.hpp"
#include "oauth/token_vault.hpp"

#include <nlohmann/json.hpp>

#include <functional>

namespace wardroom::front {

struct LoginAdminFacts {
  oauth::TokenVault& vault;
  Clock& clock;
  std::function<std::string()> health{};             ///< "green", "yellow", "red"; empty: left out
  std::function<nlohmann::ordered_json()> alerts{};  ///< as `alerts list`; empty: left out
  AuditPort* audit = nullptr;                        ///< null: nowhere (tests)
  std::function<std::string()> correlation{};        ///< for the records of one request
};

/// The references outlive the router. Sessions, CSRF and origin are checked by its guard.
void add_login_admin_routes(http::Router& router, LoginAdminFacts facts);

/// Whether an identity that people log in to has no grant that works.
bool needs_login(std::vector<oauth::GrantView> const& grants);

}  // namespace wardroom::front
