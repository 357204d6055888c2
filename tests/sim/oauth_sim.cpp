#include "sim/oauth_sim.hpp"

#include "base/encoding.hpp"
#include "base/secret.hpp"
#include "sim/token_refusal.hpp"

#include <fmt/format.h>

namespace wardroom::sim {
namespace {

std::string get(http::QueryPairs const& q, std::string_view key) {
  return http::find(q, key).value_or("");
}

bool proves(std::string const& challenge, std::string const& method, std::string const& verifier) {
  if (challenge.empty()) return true;
  if (verifier.size() < 43 || verifier.size() > 128) return false;
  return challenge == (method == "S256" ? to_base64url(sha256(verifier)) : verifier);
}

std::string kind_of(Request const& request, http::QueryPairs const& form) {
  if (request.path == "/v1/device/authorize") return "device_start";
  if (request.path == "/v1/device/token") return "device_poll";
  if (request.path.starts_with("/v1/applications/")) return "service_app";
  auto const grant_type = get(form, "grant_type");
  if (grant_type == "authorization_code") return "code";
  return grant_type == "refresh_token" ? "refresh" : "other";
}

}  // namespace

OauthSim::OauthSim(Organisation const& org, Clock& clock, Random& dice, Faults& faults)
    : org_(org), clock_(clock), dice_(dice), faults_(faults), book_(org, clock, dice, faults) {
  add_client(demo_client());
  add_client(guests_client());
}

OauthClient const* OauthSim::client(std::string_view id) const {
  auto const found = clients_.find(id);
  return found == clients_.end() ? nullptr : &found->second;
}

std::shared_ptr<TokenLog::Ticket> OauthSim::begin(Request const& request) {
  auto const form = http::parse_query(request.body).value_or(http::QueryPairs{});
  auto const grant = book_.grant_of_refresh(get(form, "refresh_token"));
  return log_.begin(clock_.now(), kind_of(request, form),
                    grant ? TokenBook::grant_name(*grant) : std::string());
}

TokenAnswer OauthSim::refuse(int status, std::string_view description, Request const& request) {
  ++refused_;
  return {webex_error(status, description, request), fmt::format("refused: {}", description)};
}

TokenAnswer OauthSim::access_token(Request const& request) {
  if (request.method != http::Method::post) return {webex_wrong_method("POST", request), "refused"};
  if (!is_form(request)) return refuse(415, "Send application/x-www-form-urlencoded", request);
  auto const form = http::parse_query(request.body);
  if (!form) return refuse(400, "The form cannot be read", request);
  auto const given = basic_credentials(request).value_or(
      ClientCredentials{get(*form, "client_id"), get(*form, "client_secret")});
  auto const* application = client(given.id);
  if (!application) return refuse(400, "Client Id is invalid", request);
  if (!same_bytes(given.secret, application->secret))
    return refuse(401, "The client credentials are wrong", request);
  auto const grant_type = get(*form, "grant_type");
  if (grant_type == "authorization_code") return exchange(request, *application, *form);
  if (grant_type == "refresh_token") return refresh(request, *application, *form);
  return refuse(400, "unsupported_grant_type", request);
}

TokenAnswer OauthSim::exchange(Request const& request, OauthClient const& application,
                               http::QueryPairs const& form) {
  auto const found = codes_.find(get(form, "code"));
  if (found == codes_.end() || found->second.client_id != application.id)
    return refuse(400, "invalid_grant: the authorization code is not known", request);
  auto& code = found->second;
  if (code.used)
    return refuse(400, "invalid_grant: the authorization code was used before", request);
  if (code.expires <= clock_.uptime())
    return refuse(400, "invalid_grant: the authorization code has expired", request);
  if (code.redirect_uri != get(form, "redirect_uri"))
    return refuse(400, "invalid_grant: redirect_uri differs from the one authorized", request);
  if (!proves(code.challenge, code.method, get(form, "code_verifier")))
    return refuse(400, "invalid_grant: code_verifier does not match", request);
  code.used = true;
  ++exchanged_;
  return open_grant(request, application, *code.person, code.scopes);
}

TokenAnswer OauthSim::refresh(Request const& request, OauthClient const& application,
                              http::QueryPairs const& form) {
  return told(request, book_.refresh(application.id, get(form, "refresh_token")));
}

TokenAnswer OauthSim::open_grant(Request const& request, OauthClient const& application,
                                 Person const& person, Scopes scopes) {
  auto const kind = application.service_app ? GrantKind::service_app : GrantKind::integration;
  return told(request, book_.open(application.id, kind, person, std::move(scopes)));
}

TokenAnswer OauthSim::application_token(Request const& request, std::string const& application) {
  if (request.method != http::Method::post) return {webex_wrong_method("POST", request), "refused"};
  auto const who = check(request);
  if (!who) return {webex_unauthorized(request), "refused: no token"};
  if (!who->may("spark:applications_token"))
    return refuse(403, "The token lacks the scope spark:applications_token", request);
  if (!request.header("Content-Type").starts_with("application/json"))
    return refuse(415, "Send application/json", request);
  auto const body = nlohmann::json::parse(request.body, nullptr, false);
  auto text = [&](char const* key) {
    auto const found = body.is_object() ? body.find(key) : body.end();
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  auto const* app = client(value_of_api_id(application));
  if (!app || !app->service_app)
    return refuse(404, "Could not find a service app with provided ID.", request);
  if (text("clientId") != app->id || !same_bytes(text("clientSecret"), app->secret))
    return refuse(401, "The client credentials are wrong", request);
  auto const target = text("targetOrgId");
  if (target != org_.uuid() && value_of_api_id(target) != org_.uuid())
    return refuse(400, "targetOrgId is not an organization that authorized the app", request);
  return open_grant(request, *app, org_.service_app(), app->scopes);
}

TokenAnswer OauthSim::told(Request const& request, TokenBook::Outcome const& outcome) {
  if (on_outcome) on_outcome(request, outcome);
  if (!outcome) {
    ++refused_;
    return {refuse_token(outcome.error(), faults_.token_prose, prose_turn_++, request),
            fmt::format("refused: {}", name(outcome.error()))};
  }
  nlohmann::json body{{"access_token", outcome->access},
                      {"expires_in", outcome->access_left.count()},
                      {"refresh_token", outcome->refresh},
                      {"refresh_token_expires_in", outcome->refresh_left.count()},
                      {"token_type", "Bearer"},
                      {"scope", join_scopes(outcome->scopes)}};
  if (faults_.token_fields == "no_scope" || faults_.token_fields == "bare") body.erase("scope");
  if (faults_.token_fields == "no_refresh" || faults_.token_fields == "bare") {
    body.erase("refresh_token");
    body.erase("refresh_token_expires_in");
  }
  TokenAnswer out{webex_ok(body), outcome->how, TokenBook::grant_name(outcome->grant)};
  out.answer.response.headers.add("Cache-Control", "no-store");
  return out;
}

std::optional<Bearer> OauthSim::check(Request const& request) const {
  auto const header = request.header("Authorization");
  if (!header.starts_with("Bearer ")) return std::nullopt;
  return book_.check(header.substr(7));
}

nlohmann::json OauthSim::counters() const {
  auto out = book_.counters();
  out["authorized"] = authorized_;
  out["exchanged"] = exchanged_;
  out["refused"] = refused_;
  out["refresh_overlaps"] = log_.overlaps();
  return out;
}

}  // namespace wardroom::sim
