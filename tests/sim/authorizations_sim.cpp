#include "sim/authorizations_sim.hpp"

#include "sim/instant_text.hpp"

#include <algorithm>

namespace wardroom::sim {
namespace {

using nlohmann::json;

Answer no_content() {
  Answer a;
  a.response.status = 204;
  return a;
}

}  // namespace

Answer AuthorizationsSim::handle(Request const& request, Bearer const& who, std::string const& id) {
  bool const reading = request.method == http::Method::get;
  if (id == "tokenExpiry")
    return reading ? token_expiry(request) : webex_wrong_method("GET", request);
  if (!reading && request.method != http::Method::delete_)
    return webex_wrong_method("GET, DELETE", request);
  if (reading && !id.empty()) return webex_wrong_method("DELETE", request);
  auto const scope = reading ? "identity:tokens_read" : "identity:tokens_write";
  if (!who.may(scope) || !who.person->full_admin)
    return webex_error(403, std::string("Needs ") + scope + " and an administrator", request);
  if (reading) return list(request);
  return id.empty() ? remove_all_of_client(request, who) : remove(request, who, id);
}

Answer AuthorizationsSim::list(Request const& request) {
  auto const q = http::parse_query(request.query);
  if (!q) return webex_error(400, "The query cannot be read", request);
  auto const id = http::find(*q, "personId"), email = http::find(*q, "personEmail");
  if (id.has_value() == email.has_value())
    return webex_error(400, "One of personId and personEmail is needed", request);
  auto const* person = id ? org_.by_api_id(*id) : org_.by_email(*email);
  if (!person) return webex_error(404, "Could not find a person with provided ID.", request);
  auto items = json::array();
  for (auto const& one : oauth_.book().authorizations())
    if (one.person == person) items.push_back(item(one));
  return webex_ok({{"items", std::move(items)}});
}

json AuthorizationsSim::item(TokenBook::Authorization const& one) const {
  auto const* client = oauth_.client(one.client_id);
  return {{"id", one.id},
          {"applicationId", api_id("APPLICATION", one.client_id)},
          {"applicationName", client ? client->name : one.client_id},
          {"personId", one.person->id},
          {"clientId", one.client_id},
          {"created", text_of(one.created)},
          {"type", one.refresh ? "refresh" : "access"}};
}

Answer AuthorizationsSim::remove(Request const& request, Bearer const& who, std::string const& id) {
  auto const all = oauth_.book().authorizations();
  auto const found =
      std::find_if(all.begin(), all.end(), [&](auto const& a) { return a.id == id; });
  if (found == all.end())
    return webex_error(404, "Could not find an authorization with provided ID.", request);
  if (found->person == who.person && found->client_id != who.client_id)
    return webex_error(403, "Your own authorizations go only with a token of the same client",
                       request);
  oauth_.book().revoke(*found);
  return no_content();
}

Answer AuthorizationsSim::remove_all_of_client(Request const& request, Bearer const& who) {
  auto const q = http::parse_query(request.query).value_or(http::QueryPairs{});
  auto const client = http::find(q, "clientId"), org = http::find(q, "orgId");
  if (!client) return webex_error(400, "clientId is needed", request);
  if (org && value_of_api_id(*org) != org_.uuid())
    return webex_error(404, "Could not find an organization with provided ID.", request);
  for (auto const& one : oauth_.book().authorizations())
    if (one.refresh && one.client_id == *client &&
        (one.person != who.person || one.client_id == who.client_id))
      oauth_.book().revoke(one);
  return no_content();
}

Answer AuthorizationsSim::token_expiry(Request const& request) {
  auto const header = request.header("Authorization");
  constexpr std::string_view scheme = "Bearer ";
  auto const end = oauth_.book().expiry(header.substr(std::min(scheme.size(), header.size())));
  return end ? webex_ok({{"exp", unix_ms(*end)}}) : webex_unauthorized(request);
}

Answer AuthorizationsSim::userinfo(Request const& request, Bearer const& who) {
  if (request.method != http::Method::get) return webex_wrong_method("GET", request);
  if (!who.may("openid")) return webex_error(403, "The token lacks the scope openid", request);
  json out{{"sub", who.person->uuid}};
  if (who.may("email")) {
    out["email"] = who.person->email;
    out["email_verified"] = "true";  // text in the wild, not a boolean
  }
  if (who.may("profile")) {
    out["name"] = who.person->name();
    out["given_name"] = who.person->first_name;
    out["family_name"] = who.person->last_name;
  }
  return webex_ok(out);
}

}  // namespace wardroom::sim
