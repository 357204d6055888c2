#include "sim/oauth_sim.hpp"

#include "base/encoding.hpp"
#include "base/secret.hpp"
#include "sim/authorize_page.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {
namespace {

// OIDC scopes need no registration. Source: webex-rest.md 1.2.
constexpr std::array oidc_scopes{"openid", "email", "profile", "phone", "address"};

Answer html(int status, std::string page) {
  Answer a;
  a.response = {status,
                {{"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", "no-store"}},
                std::move(page)};
  return a;
}

std::string get(http::QueryPairs const& q, std::string_view key) {
  return http::find(q, key).value_or("");
}

Scopes split_scopes(std::string_view text) {
  Scopes out;
  while (!text.empty()) {
    auto const end = std::min(text.find(' '), text.size());
    if (end > 0) out.emplace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string path_of(std::string_view url) {
  auto const start = url.find("://");
  if (start == std::string_view::npos) return {};
  auto const slash = url.find('/', start + 3);
  return slash == std::string_view::npos ? "/" : std::string(url.substr(slash));
}

bool on_loopback(std::string_view url) {
  for (auto host : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
    if (!url.starts_with(host)) continue;
    auto const rest = url.substr(std::string_view(host).size());
    if (rest.empty() || rest[0] == ':' || rest[0] == '/') return true;
  }
  return false;
}

bool takes_redirect(OauthClient const& client, std::string const& uri) {
  return std::any_of(client.redirects.begin(), client.redirects.end(), [&](auto const& known) {
    return known == uri ||
           (client.any_loopback && on_loopback(uri) && path_of(uri) == path_of(known));
  });
}

Answer send_back(std::string const& redirect_uri, http::QueryPairs add) {
  auto const glue = redirect_uri.find('?') == std::string::npos ? '?' : '&';
  Answer a;
  a.response.status = 302;
  a.response.headers.add("Location", redirect_uri + glue + http::to_query(add));
  a.response.headers.add("Cache-Control", "no-store");
  return a;
}

Answer send_error(http::QueryPairs const& q, std::string error, std::string description) {
  http::QueryPairs add{{"error", std::move(error)}, {"error_description", std::move(description)}};
  if (auto state = http::find(q, "state")) add.emplace_back("state", *state);
  return send_back(get(q, "redirect_uri"), std::move(add));
}

bool proves(std::string const& challenge, std::string const& method, std::string const& verifier) {
  if (challenge.empty()) return true;
  if (verifier.size() < 43 || verifier.size() > 128) return false;
  return challenge == (method == "S256" ? to_base64url(sha256(verifier)) : verifier);
}

struct Credentials {
  std::string id, secret;
};

Credentials credentials_of(Request const& request, http::QueryPairs const& form) {
  auto const header = request.header("Authorization");
  if (header.starts_with("Basic ")) {
    auto const plain = from_base64(header.substr(6)).value_or("");
    auto const colon = std::min(plain.find(':'), plain.size());
    auto decode = [](std::string_view s) { return percent_decode(s).value_or(std::string(s)); };
    return {decode(plain.substr(0, colon)),
            decode(plain.substr(std::min(colon + 1, plain.size())))};
  }
  return {get(form, "client_id"), get(form, "client_secret")};
}

}  // namespace

OauthClient demo_client() {
  OauthClient c;
  c.id = "C-wardroom-demo";
  c.secret = "demo-secret-not-for-production";
  c.name = "Wardroom";
  c.redirects = {"http://127.0.0.1:8480/oauth/callback"};
  c.any_loopback = true;
  // Everything the features may ask for. Source: webex-rest.md 11, xsi.md 1.3.
  for (auto scope : {"spark:people_read",
                     "spark-admin:people_read",
                     "spark-admin:roles_read",
                     "spark-admin:organizations_read",
                     "spark-admin:locations_read",
                     "spark-admin:licenses_read",
                     "spark-admin:telephony_config_read",
                     "spark-admin:xsi",
                     "spark:xsi",
                     "spark:all",
                     "spark:kms",
                     "spark:memberships_read",
                     "spark:memberships_write",
                     "spark:rooms_read",
                     "spark:messages_read",
                     "spark:messages_write",
                     "meeting:schedules_read",
                     "meeting:schedules_write",
                     "meeting:controls_read",
                     "meeting:controls_write",
                     "meeting:participants_read",
                     "meeting:participants_write",
                     "meeting:admin_schedule_read",
                     "meeting:admin_schedule_write",
                     "meeting:admin_participants_read",
                     "spark:calls_read",
                     "spark:calls_write",
                     "identity:people_read",
                     "identity:groups_read",
                     "identity:tokens_read",
                     "identity:tokens_write"})
    c.scopes.emplace(scope);
  return c;
}

Answer webex_error(int status, std::string_view description, Request const& request) {
  constexpr auto message = [](int s) -> std::string_view {
    switch (s) {
      case 400:
        return "The request could not be understood by the server due to malformed syntax.";
      case 401:
        return "The request requires a valid access token set in the Authorization request header.";
      case 403:
        return "The server understood the request, but refused to fulfill it because the access "
               "token is missing required scopes or the user is missing required roles or "
               "licenses.";
      case 404:
        return "The requested resource could not be found.";
      case 405:
        return "The request method is not supported for this resource.";
      case 415:
        return "The request was made to a resource without specifying a media type or used a media "
               "type that is not supported.";
      default:
        return "The server could not answer.";
    }
  };
  Answer a;
  a.response = http::json_text(
      status, nlohmann::json{{"message", message(status)},
                             {"errors", nlohmann::json::array({{{"description", description}}})},
                             {"trackingId", request.tracking}}
                  .dump());
  return a;
}

Answer webex_wrong_method(std::string_view allow, Request const& request) {
  auto a = webex_error(405, "Method not allowed", request);
  a.response.headers.add("Allow", std::string(allow));
  return a;
}

OauthSim::OauthSim(Organisation const& org, Clock& clock, Random& dice, Faults& faults)
    : org_(org), clock_(clock), dice_(dice), faults_(faults) {
  add_client(demo_client());
}

Answer OauthSim::authorize(Request const& request) {
  bool const picking = request.method == http::Method::post;
  if (!picking && request.method != http::Method::get)
    return webex_wrong_method("GET, POST", request);
  auto const query = http::parse_query(request.query);
  if (!query) return html(400, authorize_problem_page("The query cannot be read."));
  auto const& q = *query;

  // Nobody is ever sent to an address that the application did not register.
  auto const client = clients_.find(get(q, "client_id"));
  if (client == clients_.end())
    return html(400, authorize_problem_page("No application has this client_id."));
  if (!takes_redirect(client->second, get(q, "redirect_uri")))
    return html(400, authorize_problem_page(
                         "The redirect_uri is not one that the application registered."));
  if (get(q, "response_type") != "code")
    return send_error(q, "unsupported_response_type", "Only response_type=code is offered.");

  auto const scopes = split_scopes(get(q, "scope"));
  if (scopes.empty()) return send_error(q, "invalid_scope", "A scope is required.");
  for (auto const& s : scopes)
    if (!client->second.scopes.contains(s) &&
        std::find(oidc_scopes.begin(), oidc_scopes.end(), s) == oidc_scopes.end())
      return send_error(q, "invalid_scope", "The application is not registered for " + s);
  auto const method = get(q, "code_challenge_method");
  if (!method.empty() && method != "S256" && method != "plain")
    return send_error(q, "invalid_request", "code_challenge_method must be S256 or plain.");

  std::string who = get(q, "login_hint");
  if (auto cookie = http::cookie(request.header("Cookie"), "sim_person"))
    who = percent_decode(*cookie).value_or("");
  if (picking) {
    auto const form = http::parse_query(request.body);
    if (!form) return html(400, authorize_problem_page("The form cannot be read."));
    if (http::find(*form, "decline")) return send_error(q, "access_denied", "The person declined.");
    who = get(*form, "person");
  }
  if (faults_.deny_authorize) return send_error(q, "access_denied", "The person declined.");
  auto const* person = org_.by_email(who);
  if (person && person->login_enabled) return grant_code(client->second, q, *person);
  if (get(q, "prompt") == "none") return send_error(q, "login_required", "There is no session.");
  return html(200, authorize_page(org_, client->second, scopes, request.query));
}

Answer OauthSim::grant_code(OauthClient const& client, http::QueryPairs const& q,
                            Person const& person) {
  auto method = get(q, "code_challenge_method");
  auto challenge = get(q, "code_challenge");
  if (method.empty() && !challenge.empty()) method = "plain";
  auto const code = dice_.token();
  std::erase_if(codes_, [&](auto const& c) {
    return c.second.expires + std::chrono::hours(1) < clock_.uptime();
  });
  codes_[code] = {client.id,
                  get(q, "redirect_uri"),
                  std::move(challenge),
                  std::move(method),
                  &person,
                  split_scopes(get(q, "scope")),
                  clock_.uptime() + std::chrono::seconds(faults_.code_life_s)};
  ++authorized_;
  http::QueryPairs add{{"code", code}};
  if (auto state = http::find(q, "state")) add.emplace_back("state", *state);
  return send_back(get(q, "redirect_uri"), std::move(add));
}

Answer OauthSim::access_token(Request const& request) {
  if (request.method != http::Method::post) return webex_wrong_method("POST", request);
  if (!request.header("Content-Type").starts_with("application/x-www-form-urlencoded"))
    return webex_error(415, "Send application/x-www-form-urlencoded", request);
  auto const form = http::parse_query(request.body);
  if (!form) return webex_error(400, "The form cannot be read", request);
  auto const given = credentials_of(request, *form);
  auto const client = clients_.find(given.id);
  Answer answer;
  if (client == clients_.end())
    answer = webex_error(400, "Client Id is invalid", request);
  else if (!same_bytes(given.secret, client->second.secret))
    answer = webex_error(401, "The client credentials are wrong", request);
  else if (get(*form, "grant_type") == "authorization_code")
    answer = exchange(request, client->second, *form);
  else if (get(*form, "grant_type") == "refresh_token")
    answer = refresh(request, client->second, *form);
  else
    answer = webex_error(400, "unsupported_grant_type", request);
  if (answer.response.status != 200) ++refused_;
  return answer;
}

Answer OauthSim::exchange(Request const& request, OauthClient const& client,
                          http::QueryPairs const& form) {
  auto const found = codes_.find(get(form, "code"));
  if (found == codes_.end() || found->second.client_id != client.id)
    return webex_error(400, "invalid_grant: the authorization code is not known", request);
  auto& code = found->second;
  if (code.used)
    return webex_error(400, "invalid_grant: the authorization code was used before", request);
  if (code.expires <= clock_.uptime())
    return webex_error(400, "invalid_grant: the authorization code has expired", request);
  if (code.redirect_uri != get(form, "redirect_uri"))
    return webex_error(400, "invalid_grant: redirect_uri differs from the one authorized", request);
  if (!proves(code.challenge, code.method, get(form, "code_verifier")))
    return webex_error(400, "invalid_grant: code_verifier does not match", request);
  code.used = true;
  ++exchanged_;
  grants_.push_back({client.id, code.person, code.scopes,
                     clock_.uptime() + std::chrono::seconds(faults_.refresh_life_s), false});
  auto token = new_token();
  refresh_[token] = grants_.size() - 1;
  return issue(grants_.size() - 1, std::move(token));
}

Answer OauthSim::refresh(Request const& request, OauthClient const& client,
                         http::QueryPairs const& form) {
  constexpr auto dead = "The refresh token provided is expired, revoked, malformed, or invalid.";
  auto token = get(form, "refresh_token");
  auto const found = refresh_.find(token);
  if (found == refresh_.end() || faults_.refuse_refresh) return webex_error(400, dead, request);
  auto const number = found->second;
  auto& grant = grants_[number];
  if (grant.revoked || grant.client_id != client.id || grant.refresh_expires <= clock_.uptime())
    return webex_error(400, dead, request);
  ++refreshed_;
  grant.refresh_expires = clock_.uptime() + std::chrono::seconds(faults_.refresh_life_s);
  if (faults_.rotate_refresh_tokens) {
    refresh_.erase(found);
    token = new_token();
    refresh_[token] = number;
  }
  return issue(number, std::move(token));
}

Answer OauthSim::issue(std::size_t number, std::string refresh_token) {
  auto const& grant = grants_[number];
  auto const access = new_token();
  std::erase_if(access_, [&](auto const& a) { return a.second.expires <= clock_.uptime(); });
  access_[access] = {number, clock_.uptime() + std::chrono::seconds(faults_.token_life_s)};
  std::string scope;
  for (auto const& s : grant.scopes) scope += (scope.empty() ? "" : " ") + s;
  auto const left =
      std::chrono::ceil<std::chrono::seconds>(grant.refresh_expires - clock_.uptime());
  Answer a;
  a.response = http::json_text(200, nlohmann::json{{"access_token", access},
                                                   {"expires_in", faults_.token_life_s},
                                                   {"refresh_token", std::move(refresh_token)},
                                                   {"refresh_token_expires_in", left.count()},
                                                   {"token_type", "Bearer"},
                                                   {"scope", scope}}
                                        .dump());
  a.response.headers.add("Cache-Control", "no-store");
  on_change();
  return a;
}

// The real ones end in the cluster and the organisation too.
std::string OauthSim::new_token() { return fmt::format("{}_PF84_{}", dice_.token(), org_.uuid()); }

std::optional<Bearer> OauthSim::check(Request const& request) const {
  auto const header = request.header("Authorization");
  if (!header.starts_with("Bearer ")) return std::nullopt;
  auto const found = access_.find(header.substr(7));
  if (found == access_.end() || found->second.expires <= clock_.uptime()) return std::nullopt;
  auto const& grant = grants_[found->second.grant];
  if (grant.revoked) return std::nullopt;
  return Bearer{grant.person, grant.scopes, grant.client_id};
}

void OauthSim::expire_access_tokens() {
  access_.clear();
  on_change();
}

void OauthSim::revoke_grants() {
  for (auto& g : grants_) g.revoked = true;
  access_.clear();
  refresh_.clear();
  on_change();
}

nlohmann::json OauthSim::counters() const {
  return {{"authorized", authorized_},       {"exchanged", exchanged_},
          {"refreshed", refreshed_},         {"refused", refused_},
          {"access_tokens", access_.size()}, {"grants", grants_.size()}};
}

}  // namespace wardroom::sim
