#include "sim/webex_sim.hpp"

#include "base/encoding.hpp"
#include "sim/instant_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {
namespace {

// The id in /v1/applications/{id}/token; empty when the path is another.
std::string application_in(std::string_view path) {
  constexpr std::string_view before = "/v1/applications/", after = "/token";
  if (!path.starts_with(before) || !path.ends_with(after)) return {};
  path.remove_prefix(before.size());
  return percent_decode(path.substr(0, path.size() - std::min(path.size(), after.size())))
      .value_or("");
}

bool is_token_endpoint(std::string_view path) {
  return path == "/v1/access_token" || path == "/v1/device/authorize" ||
         path == "/v1/device/token" || !application_in(path).empty();
}

}  // namespace

WebexSim::WebexSim(Organisation const& org, OauthSim& oauth, DeviceSim& device,
                   MessagesSim& messages, GroupsSim& groups, RoomsSim& rooms,
                   MembershipsSim& memberships, Random& dice, Faults& faults)
    : org_(org),
      oauth_(oauth),
      device_(device),
      messages_(messages),
      groups_(groups),
      rooms_(rooms),
      memberships_(memberships),
      authorizations_(org, oauth),
      dice_(dice),
      faults_(faults) {}

Answer WebexSim::handle(Request request) {
  ++requests_;
  auto uuid = dice_.uuid();
  std::transform(uuid.begin(), uuid.end(), uuid.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
  request.tracking = "ROUTER_" + uuid;
  bool const token = is_token_endpoint(request.path);
  auto const under_way = token ? nullptr : tally_.begin(request, oauth_.now());
  auto const meddling = meddle(faults_, token ? "token" : "rest", request);
  auto answer = token               ? token_door(request, meddling)
                : meddling.replaces ? meddling.instead
                                    : spoil(route(request), meddling);
  answer.response.headers.set("TrackingID", request.tracking);
  // Token answers go without: their receivers count from the Date when there is one.
  if (token) return answer;
  answer.response.headers.set("Date",
                              http_date(oauth_.now() + std::chrono::seconds(faults_.clock_skew_s)));
  tally_.answered(request, answer.response, oauth_.now());
  answer.in_flight = under_way;
  return answer;
}

// Every request to a token endpoint is written down, processed or not.
Answer WebexSim::token_door(Request const& request, Meddling const& meddling) {
  auto const ticket = oauth_.begin(request);
  TokenAnswer told;
  if (meddling.replaces)
    told = {meddling.instead, fmt::format("scripted {}", meddling.instead.response.status)};
  else
    told = route_token(request);
  if (!meddling.replaces) told.answer = spoil(std::move(told.answer), meddling);
  if (told.answer.wire != Answer::Wire::whole && told.answer.wire != Answer::Wire::chunked)
    told.outcome += ", not delivered";
  ticket->tell(std::move(told.outcome), told.grant);
  told.answer.in_flight = ticket;
  return std::move(told.answer);
}

TokenAnswer WebexSim::route_token(Request const& request) {
  if (request.path == "/v1/access_token") return oauth_.access_token(request);
  if (request.path == "/v1/device/authorize") return device_.authorize(request);
  if (request.path == "/v1/device/token") return device_.token(request);
  return oauth_.application_token(request, application_in(request.path));
}

Answer WebexSim::route(Request const& request) {
  if (request.path == "/v1/authorize") return oauth_.authorize(request);

  auto rest = std::string_view(request.path).substr(std::min<std::size_t>(4, request.path.size()));
  auto const slash = std::min(rest.find('/'), rest.size());
  auto const resource = rest.substr(0, slash);
  auto const id = percent_decode(rest.substr(std::min(slash + 1, rest.size())));
  bool const read_only = resource == "people" || resource == "organizations" ||
                         resource == "roles" || resource == "locations" || resource == "groups" ||
                         resource == "rooms";
  bool const known = read_only || resource == "authorizations" || resource == "messages" ||
                     resource == "memberships" || (resource == "userinfo" && id == "");
  if (!known || !id || (id->find('/') != std::string::npos && resource != "groups"))
    return webex_error(404, "No such resource", request);
  // The real service can write people; we are asked for reading only, by scope as by route.
  if (read_only && request.method != http::Method::get) return webex_wrong_method("GET", request);
  auto const who = oauth_.check(request);
  if (!who) return webex_unauthorized(request);
  if (resource == "authorizations") return authorizations_.handle(request, *who, *id);
  if (resource == "groups") return groups_.handle(request, *who, *id);
  if (resource == "rooms") return rooms_.handle(request, *who, *id);
  if (resource == "memberships") return memberships_.handle(request, *who, *id);
  if (resource == "messages") return messages_.handle(request, *who, *id);
  if (resource == "userinfo") return authorizations_.userinfo(request, *who);
  if (resource == "people") return id->empty() ? people(request, *who) : person(request, *who, *id);
  if (resource == "organizations") return organisations(request, *who, *id);
  if (resource == "roles") return roles(request, *who, *id);
  return locations(request, *who, *id);
}

}  // namespace wardroom::sim
