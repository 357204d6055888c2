#include "front/grant_json.hpp"

#include "base/time_text.hpp"

#include <algorithm>

namespace wardroom::front {
namespace {

std::string_view colour(oauth::SignLevel level) {
  switch (level) {
    case oauth::SignLevel::good:
      return "green";
    case oauth::SignLevel::warning:
      return "yellow";
    case oauth::SignLevel::bad:
      break;
  }
  return "red";
}

void add_owner(nlohmann::ordered_json& out, oauth::GrantOwner const& who) {
  if (!who.email.empty()) out["who"] = who.email;
  if (!who.name.empty()) out["person"] = who.name;
  if (!who.person_id.empty()) out["person_id"] = who.person_id;
  if (!who.org_id.empty()) out["org_id"] = who.org_id;
}

}  // namespace

nlohmann::ordered_json missing_scopes_json(std::vector<oauth::MissingScope> const& missing) {
  auto out = nlohmann::ordered_json::array();
  for (auto const& [scope, needed_by] : missing)
    out.push_back({{"scope", scope}, {"needed_by", needed_by}});
  return out;
}

nlohmann::ordered_json grant_json(oauth::GrantView const& grant, oauth::GrantSign const* sign) {
  nlohmann::ordered_json out{{"identity", grant.identity},
                             {"kind", oauth::name(grant.kind)},
                             {"state", oauth::name(grant.state)}};
  if (sign) {
    out["colour"] = colour(sign->level);
    out["sentence"] = sign->sentence;
  }
  if (!grant.remedy.empty()) out["remedy"] = grant.remedy;
  if (!grant.client.empty()) out["client"] = grant.client;
  add_owner(out, grant.who);
  out["scopes"] = grant.scopes;
  out["missing_scopes"] = missing_scopes_json(grant.missing_scopes);
  if (grant.access_expires_at) out["access_expires_at"] = iso_text(*grant.access_expires_at);
  if (grant.refresh_expires_at) out["refresh_expires_at"] = iso_text(*grant.refresh_expires_at);
  if (grant.refresh_days_left) out["refresh_days_left"] = *grant.refresh_days_left;
  return out;
}

nlohmann::ordered_json grants_json(std::vector<oauth::GrantView> const& grants,
                                   std::vector<oauth::GrantSign> const& signs) {
  auto out = nlohmann::ordered_json::array();
  for (auto const& grant : grants) {
    auto const sign = std::ranges::find(signs, grant.identity, &oauth::GrantSign::identity);
    out.push_back(grant_json(grant, sign == signs.end() ? nullptr : &*sign));
  }
  return out;
}

}  // namespace wardroom::front
