/// Who may come in: pure decisions about a login, each refusal with its reason and its remedy.
#pragma once
#include "cisco/webex/webex_json.hpp"
#include "domain/person.hpp"
#include "oauth/token_vault.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::front {

/// Shown as a page; nothing is stored.
struct LoginRefusal {
  int status = 403;
  std::string title, sentence, remedy;
  std::string cause{};  ///< for the log and for operators; never on a page
  bool operator==(LoginRefusal const&) const = default;
};

/// What is known when somebody wants to come in as an administrator.
struct AdminFacts {
  std::vector<std::string> admins;  ///< configured: mail addresses or ids
  bool remembered = false;          ///< came in by a one-time code before
  bool code_given = false;          ///< the one-time code was right
  std::string org_id;               ///< configured or remembered, any spelling; empty = first login
  std::vector<oauth::MissingScope> missing_scopes;
  /// Roles of the organisation; nullopt when the service refuses to list them.
  std::optional<std::vector<webex::Role>> roles;
};

/// Order: a person at all, of the organisation, named in the list (or by code), full administrator,
/// with the scopes. In doubt the answer is no.
std::optional<LoginRefusal> judge_admin(Person const& person, AdminFacts const& facts);

/// `org_id` empty = no administrator has logged in yet.
std::optional<LoginRefusal> judge_person(Person const& person, std::string const& org_id);

/// Names each scope, and the features that need it.
LoginRefusal scopes_refusal(std::vector<oauth::MissingScope> const& missing);

/// What `granted` lacks of the scopes that are asked for.
std::vector<oauth::MissingScope> missing_of(oauth::IdentitySettings const& identity,
                                            std::vector<std::string> const& granted);

/// Whether the `iss` of an answer fits: the configured one, else the authorize host or one of
/// Webex's own.
bool issuer_fits(std::string const& issuer, std::string const& configured,
                 std::string const& authorize_url);

bool is_listed(Person const& person, std::vector<std::string> const& admins);

/// Where to go after the login: a path on this site that begins with one '/', else `fallback`.
std::string safe_next(std::optional<std::string> const& next, std::string_view fallback);

}  // namespace wardroom::front
