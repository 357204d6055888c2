#include "sim/device_sim.hpp"

#include "base/encoding.hpp"
#include "base/secret.hpp"
#include "sim/verify_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace wardroom::sim {
namespace {

constexpr auto slower_by = std::chrono::seconds(5);
constexpr auto slack = Milliseconds(100);           // a punctual poll may arrive a little early
constexpr auto remembered = std::chrono::hours(1);  // after its end, so that pages can tell
constexpr std::string_view device_grant = "urn:ietf:params:oauth:grant-type:device_code";

std::string get(http::QueryPairs const& q, std::string_view key) {
  return http::find(q, key).value_or("");
}

std::string digits_of(std::string_view typed) {
  std::string out;
  for (char c : typed)
    if (c >= '0' && c <= '9') out += c;
  return out;
}

}  // namespace

DeviceSim::DeviceSim(Organisation const& org, OauthSim& oauth, Clock& clock, Random& dice,
                     Faults& faults)
    : org_(org), oauth_(oauth), clock_(clock), dice_(dice), faults_(faults) {}

TokenAnswer DeviceSim::refuse(int status, std::string_view keyword, Request const& request) {
  return {webex_error(status, keyword, request), fmt::format("refused: {}", keyword)};
}

TokenAnswer DeviceSim::authorize(Request const& request) {
  if (request.method != http::Method::post) return {webex_wrong_method("POST", request), "refused"};
  if (!is_form(request)) return refuse(415, "Send application/x-www-form-urlencoded", request);
  auto const form = http::parse_query(request.body);
  if (!form) return refuse(400, "invalid_request", request);
  auto const* client = oauth_.client(get(*form, "client_id"));
  if (!client || client->service_app) return refuse(400, "Client Id is invalid", request);
  auto scopes = split_scopes(get(*form, "scope"));
  // OIDC scopes are not supported in this flow.
  if (scopes.empty() || client->unregistered(scopes, false))
    return refuse(400, "invalid_scope", request);

  std::erase_if(attempts_,
                [&](auto const& a) { return a.second.expires + remembered < clock_.uptime(); });
  auto const device_code = dice_.uuid();
  auto& attempt = attempts_[device_code];
  attempt = {fresh_user_code(),
             to_hex(dice_.bytes(32)),
             client->id,
             std::move(scopes),
             clock_.uptime() + std::chrono::seconds(faults_.device_life_s),
             std::chrono::seconds(faults_.device_interval_s)};
  ++started_;
  auto const page = request.origin() + "/verify";
  return {webex_ok({{"device_code", device_code},
                    {"expires_in", faults_.device_life_s},
                    {"user_code", attempt.user_code},
                    {"verification_uri", page},
                    {"verification_uri_complete", page + "?userCode=" + attempt.complete},
                    {"interval", faults_.device_interval_s}}),
          "started"};
}

TokenAnswer DeviceSim::token(Request const& request) {
  if (request.method != http::Method::post) return {webex_wrong_method("POST", request), "refused"};
  if (!is_form(request)) return refuse(415, "Send application/x-www-form-urlencoded", request);
  ++polls_;
  // Credentials in the form do not count here.
  auto const given = basic_credentials(request);
  auto const* client = given ? oauth_.client(given->id) : nullptr;
  if (!client || !same_bytes(given->secret, client->secret)) {
    auto out = refuse(401, "invalid_client", request);
    out.answer.response.headers.add("WWW-Authenticate", "Basic realm=\"device\"");
    return out;
  }
  auto const form = http::parse_query(request.body);
  if (!form || get(*form, "device_code").empty()) return refuse(400, "invalid_request", request);
  if (get(*form, "grant_type") != device_grant)
    return refuse(400, "unsupported_grant_type", request);
  if (get(*form, "client_id") != client->id) return refuse(400, "invalid_client", request);
  auto const found = attempts_.find(get(*form, "device_code"));
  if (found == attempts_.end() || found->second.client_id != client->id)
    return refuse(400, "invalid_grant", request);
  return outcome(found->second, *client, request);
}

TokenAnswer DeviceSim::outcome(Attempt& attempt, OauthClient const& client,
                               Request const& request) {
  ++attempt.polls;
  if (attempt.state == State::used) return refuse(400, "invalid_grant", request);
  if (attempt.expires <= clock_.uptime()) return refuse(400, "expired_token", request);
  if (attempt.state == State::denied) return refuse(400, "access_denied", request);
  if (too_fast(attempt)) {
    ++slow_downs_;
    attempt.interval += slower_by;
    return refuse(400, "slow_down", request);
  }
  if (attempt.state == State::pending) return pending(request);
  auto out = oauth_.open_grant(request, client, *attempt.person, attempt.scopes);
  if (out.answer.response.status == 200) attempt.state = State::used;
  return out;
}

bool DeviceSim::too_fast(Attempt& attempt) {
  auto const last = std::exchange(attempt.polled, clock_.uptime());
  if (faults_.device_slow_down > 0) {
    --faults_.device_slow_down;
    return true;
  }
  return last && clock_.uptime() - *last + slack < attempt.interval;
}

TokenAnswer DeviceSim::pending(Request const& request) {
  constexpr auto keyword = "authorization_pending";
  TokenAnswer out{{}, "pending"};
  if (faults_.device_pending == "428_empty")
    out.answer.response.status = 428;
  else
    out.answer = webex_error(faults_.device_pending == "400" ? 400 : 428, keyword, request);
  return out;
}

std::string DeviceSim::fresh_user_code() {
  for (;;) {
    auto code = fmt::format("{:06}", dice_.number() % 1'000'000);
    if (!by_code(code)) return code;
  }
}

DeviceSim::Attempt* DeviceSim::by_code(std::string_view typed) {
  auto const code = digits_of(typed);
  for (auto& [device_code, a] : attempts_)
    if (a.user_code == code) return &a;
  return nullptr;
}

Result<DeviceSim::Attempt*> DeviceSim::open_attempt(std::string_view user_code) {
  auto* attempt = by_code(user_code);
  if (!attempt)
    return failure(ErrorKind::not_found, "no device login has this code; is it mistyped?");
  if (attempt->expires <= clock_.uptime())
    return failure(ErrorKind::conflict, "this code has expired; start the login again");
  if (attempt->state != State::pending)
    return failure(ErrorKind::conflict,
                   fmt::format("this code was {} already", state_of(*attempt)));
  return attempt;
}

Result<void> DeviceSim::approve(std::string_view user_code, std::string_view email) {
  auto const attempt = open_attempt(user_code);
  if (!attempt) return std::unexpected(attempt.error());
  auto const* person = org_.by_email(email);
  if (!person || !person->login_enabled || person->type != "person")
    return failure(ErrorKind::not_found, fmt::format("nobody here can log in as \"{}\"", email));
  (*attempt)->state = State::approved;
  (*attempt)->person = person;
  return {};
}

Result<void> DeviceSim::deny(std::string_view user_code) {
  auto const attempt = open_attempt(user_code);
  if (!attempt) return std::unexpected(attempt.error());
  (*attempt)->state = State::denied;
  return {};
}

Answer DeviceSim::page(Request const& request) {
  if (request.method == http::Method::post) {
    auto const form = http::parse_query(request.body);
    if (!form) return html_answer(400, verify_done_page("The form cannot be read."));
    auto const code = get(*form, "code");
    bool const declined = http::find(*form, "decline").has_value();
    auto const done = declined ? deny(code) : approve(code, get(*form, "person"));
    if (!done) return html_answer(400, verify_page(org_, code, done.error().what));
    return html_answer(200,
                       verify_done_page(declined ? "You declined. The other machine is told so."
                                                 : "You are logged in on the other machine. "
                                                   "This page can be closed."));
  }
  if (request.method != http::Method::get) return webex_wrong_method("GET, POST", request);
  auto const query = http::parse_query(request.query).value_or(http::QueryPairs{});
  auto const complete = get(query, "userCode");
  std::string code;
  for (auto const& [device_code, a] : attempts_)
    if (!complete.empty() && a.complete == complete) code = a.user_code;
  auto const problem = !complete.empty() && code.empty() ? "This link is not known here." : "";
  return html_answer(200, verify_page(org_, code, problem));
}

std::string_view DeviceSim::state_of(Attempt const& attempt) const {
  switch (attempt.state) {
    case State::used:
      return "used";
    case State::denied:
      return "denied";
    case State::approved:
      return attempt.expires <= clock_.uptime() ? "expired" : "approved";
    case State::pending:
      break;
  }
  return attempt.expires <= clock_.uptime() ? "expired" : "pending";
}

nlohmann::json DeviceSim::attempts() const {
  std::vector<Attempt const*> in_order;
  for (auto const& [device_code, a] : attempts_) in_order.push_back(&a);
  std::ranges::sort(in_order, {}, &Attempt::expires);
  auto out = nlohmann::json::array();
  for (auto const* attempt : in_order) {
    auto const& a = *attempt;
    out.push_back({{"user_code", a.user_code},
                   {"client", a.client_id},
                   {"state", state_of(a)},
                   {"person", a.person ? nlohmann::json(a.person->email) : nlohmann::json()},
                   {"polls", a.polls},
                   {"interval_s", a.interval.count()},
                   {"left_s", std::chrono::duration<double>(
                                  std::max(Uptime::duration(0), a.expires - clock_.uptime()))
                                  .count()}});
  }
  return out;
}

nlohmann::json DeviceSim::counters() const {
  return {{"started", started_}, {"polls", polls_}, {"slow_downs", slow_downs_}};
}

}  // namespace wardroom::sim
