/// A grant as JSON for everybody who shows one: the verbs (`status`, `token show`) and the web's
/// logins page. Never its tokens. Pure.
///
/// {"identity","kind","state","colour","sentence","remedy"?,"client"?,
///  "who" (e-mail),"person" (name),"person_id","org_id",          absent when nobody logged in
///  "scopes":[],"missing_scopes":[{"scope","needed_by"}],
///  "access_expires_at"?,"refresh_expires_at"?,"refresh_days_left"?}
#pragma once
#include "oauth/token_vault.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace wardroom::front {

/// [{"scope","needed_by"}], wherever missing scopes are shown.
nlohmann::ordered_json missing_scopes_json(std::vector<oauth::MissingScope> const& missing);

/// `sign` = the vault's sign of the same identity; null leaves colour and sentence out.
nlohmann::ordered_json grant_json(oauth::GrantView const& grant,
                                  oauth::GrantSign const* sign = nullptr);

/// All of them, each with its sign: the "grants" of `token show` and of GET /api/v1/logins.
nlohmann::ordered_json grants_json(std::vector<oauth::GrantView> const& grants,
                                   std::vector<oauth::GrantSign> const& signs);

}  // namespace wardroom::front
