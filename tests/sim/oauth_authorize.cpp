// The browser's half of the code flow: the authorize page and the way back with a code.
#include "base/encoding.hpp"
#include "sim/authorize_page.hpp"
#include "sim/oauth_sim.hpp"

namespace wardroom::sim {
namespace {

std::string get(http::QueryPairs const& q, std::string_view key) {
  return http::find(q, key).value_or("");
}

Answer send_back(std::string const& redirect_uri, http::QueryPairs const& add) {
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
  return send_back(get(q, "redirect_uri"), add);
}

}  // namespace

Answer OauthSim::authorize(Request const& request) {
  bool const picking = request.method == http::Method::post;
  if (!picking && request.method != http::Method::get)
    return webex_wrong_method("GET, POST", request);
  auto const query = http::parse_query(request.query);
  if (!query) return html_answer(400, authorize_problem_page("The query cannot be read."));
  auto const& q = *query;

  // Nobody is ever sent to an address that the application did not register.
  auto const* application = client(get(q, "client_id"));
  if (!application)
    return html_answer(400, authorize_problem_page("No application has this client_id."));
  if (!application->takes_redirect(get(q, "redirect_uri")))
    return html_answer(400, authorize_problem_page(
                                "The redirect_uri is not one that the application registered."));
  if (get(q, "response_type") != "code")
    return send_error(q, "unsupported_response_type", "Only response_type=code is offered.");

  auto const scopes = split_scopes(get(q, "scope"));
  if (scopes.empty()) return send_error(q, "invalid_scope", "A scope is required.");
  if (auto const s = application->unregistered(scopes, true))
    return send_error(q, "invalid_scope", "The application is not registered for " + *s);
  auto const method = get(q, "code_challenge_method");
  if (!method.empty() && method != "S256" && method != "plain")
    return send_error(q, "invalid_request", "code_challenge_method must be S256 or plain.");

  std::string who = get(q, "login_hint");
  if (auto cookie = http::cookie(request.header("Cookie"), "sim_person"))
    who = percent_decode(*cookie).value_or("");
  if (picking) {
    auto const form = http::parse_query(request.body);
    if (!form) return html_answer(400, authorize_problem_page("The form cannot be read."));
    if (http::find(*form, "decline")) return send_error(q, "access_denied", "The person declined.");
    who = get(*form, "person");
  }
  if (faults_.deny_authorize) return send_error(q, "access_denied", "The person declined.");
  auto const* person = org_.by_email(who);
  if (person && person->login_enabled && person->type == "person")
    return grant_code(*application, q, *person);
  if (get(q, "prompt") == "none") return send_error(q, "login_required", "There is no session.");
  return html_answer(200, authorize_page(org_, *application, scopes, request.query));
}

Answer OauthSim::grant_code(OauthClient const& application, http::QueryPairs const& q,
                            Person const& person) {
  auto method = get(q, "code_challenge_method");
  auto challenge = get(q, "code_challenge");
  if (method.empty() && !challenge.empty()) method = "plain";
  auto const code = dice_.token();
  std::erase_if(codes_, [&](auto const& c) {
    return c.second.expires + std::chrono::hours(1) < clock_.uptime();
  });
  codes_[code] = {application.id,
                  get(q, "redirect_uri"),
                  std::move(challenge),
                  std::move(method),
                  &person,
                  split_scopes(get(q, "scope")),
                  clock_.uptime() + std::chrono::seconds(faults_.code_life_s)};
  ++authorized_;
  http::QueryPairs add{{"code", code}};
  if (auto state = http::find(q, "state")) add.emplace_back("state", *state);
  return send_back(get(q, "redirect_uri"), add);
}

}  // namespace wardroom::sim
