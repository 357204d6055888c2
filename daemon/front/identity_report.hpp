/// Who an identity's grant belongs to, as Webex says right now: `whoami` and `token check`.
#pragma once
#include "cisco/webex/webex_api.hpp"
#include "oauth/token_vault.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace wardroom::front {

struct IdentityReport {
  std::string identity, kind;
  Person person;
  std::vector<std::string> roles;  ///< by name where Webex tells it
  std::vector<std::string> scopes;
  std::vector<oauth::MissingScope> missing_scopes;
};

/// Any identity, also "person:<uuid>". A refused token is renewed once. Errors: not_found = no such
/// identity, unauthorized = somebody must log in, those of Webex.
Task<Result<IdentityReport>> report_identity(oauth::TokenVault& vault, webex::WebexApi& webex,
                                             std::string identity);

/// The answer of `whoami`.
nlohmann::ordered_json to_json(IdentityReport const& report);

/// What the vault tells of that identity; not_found when there is none.
Result<oauth::GrantView> find_grant(oauth::TokenVault const& vault, std::string_view identity);

/// As it may stand in a record for ever: "identity admin"; what is none of ours may be anything
/// that somebody typed, and is not repeated.
std::string audited_identity(oauth::TokenVault const& vault, std::string_view identity);

}  // namespace wardroom::front
