#include "front/login_policy.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace wardroom::front {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string called(Person const& person) {
  return person.emails.empty() ? person.display_name : person.emails.front();
}

LoginRefusal other_org(Person const& person) {
  return {403, "Another organization",
          fmt::format("{} belongs to another Webex organization than this site.", called(person)),
          "Log in with an account of this site's organization."};
}

LoginRefusal no_person() {
  return {403, "Not a person", "Bots and guests cannot log in here.",
          "Log in with the account of a person of the organization."};
}

}  // namespace

bool is_listed(Person const& person, std::vector<std::string> const& admins) {
  return std::ranges::any_of(admins, [&](std::string const& admin) {
    if (admin.find('@') != std::string::npos)
      return std::ranges::find(person.emails, lower(admin)) != person.emails.end();
    return webex::same_id(admin, person.id.text());
  });
}

std::optional<LoginRefusal> judge_admin(Person const& person, AdminFacts const& facts) {
  if (!person.is_person) return no_person();
  if (!facts.org_id.empty() && !webex::same_id(facts.org_id, person.org_id))
    return other_org(person);
  if (facts.admins.empty()) {
    if (!facts.code_given && !facts.remembered)
      return LoginRefusal{403, "One-time code needed",
                          "This site names no administrators, so the first login of each needs a "
                          "one-time code.",
                          "Run `wardroomctl login` on the server and open the URL it prints."};
  } else if (!is_listed(person, facts.admins)) {
    return LoginRefusal{
        403, "Not an administrator",
        fmt::format("{} is not in the list of this site's administrators.", called(person)),
        "Ask for the address to be added to webex.admins in wardroom.yaml, and for a "
        "`wardroomctl reload`."};
  }
  if (!facts.missing_scopes.empty()) return scopes_refusal(facts.missing_scopes);
  bool const readable = facts.roles.has_value() || !person.roles.empty();
  if (!readable || !webex::is_full_admin(person, facts.roles.value_or(std::vector<webex::Role>{})))
    return LoginRefusal{
        403, "Full administrator needed",
        fmt::format("{} is not a full administrator of the Webex organization.", called(person)),
        "Log in as a full administrator, or have the role given in Control Hub."};
  return std::nullopt;
}

LoginRefusal scopes_refusal(std::vector<oauth::MissingScope> const& missing) {
  std::string names;
  for (auto const& [scope, needed_by] : missing) {
    names += (names.empty() ? "" : ", ") + scope;
    if (!needed_by.empty()) names += " (needed by " + needed_by + ")";
  }
  return {403, "Scopes are missing", "Webex did not grant what Wardroom needs: " + names + ".",
          "Register these scopes with the integration in the Webex developer portal and log in "
          "again, or switch off the features that need them in wardroom.yaml."};
}

std::vector<oauth::MissingScope> missing_of(oauth::IdentitySettings const& identity,
                                            std::vector<std::string> const& granted) {
  std::vector<oauth::MissingScope> out;
  for (auto& scope : oauth::missing_scopes(identity.scopes, granted)) {
    auto const user = identity.scope_users.find(scope);
    out.push_back({std::move(scope), user == identity.scope_users.end() ? "" : user->second});
  }
  return out;
}

bool issuer_fits(std::string const& issuer, std::string const& configured,
                 std::string const& authorize_url) {
  if (!configured.empty()) return issuer == configured;
  // The issuer differs by region; all are Webex's own. Source: webex-rest.md 1.7.
  auto const said = http::origin_of(issuer);
  if (!said) return false;
  if (said == http::origin_of(authorize_url)) return true;
  return said->scheme == "https" &&
         (said->host.ends_with(".webex.com") || said->host == "webexapis.com");
}

std::optional<LoginRefusal> judge_person(Person const& person, std::string const& org_id) {
  if (!person.is_person) return no_person();
  if (org_id.empty())
    return LoginRefusal{503, "Not set up yet", "No administrator has logged in on this site yet.",
                        "Try again later, or tell your administrator."};
  if (!webex::same_id(org_id, person.org_id)) return other_org(person);
  return std::nullopt;
}

std::string safe_next(std::optional<std::string> const& next, std::string_view fallback) {
  std::string otherwise(fallback);
  if (!next || next->empty() || next->size() > 512 || next->front() != '/') return otherwise;
  // Browsers take '\' for '/', and drop tabs and newlines: "/\evil" and "/<tab>/evil" lead away.
  if (next->size() > 1 && ((*next)[1] == '/' || (*next)[1] == '\\')) return otherwise;
  for (unsigned char c : *next)
    if (c <= 0x20 || c == 0x7F || c == '\\') return otherwise;
  return is_valid_utf8(*next) ? percent_encode(*next, "/?&=#%+:@,;!$'()*") : otherwise;
}

}  // namespace wardroom::front
