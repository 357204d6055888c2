#include "sim/xsi_door.hpp"

namespace wardroom::sim {
namespace {

constexpr std::string_view channel_path =
    "/com.broadsoft.async/com.broadsoft.xsi-events/v2.0/channel";
constexpr std::string_view events_path = "/com.broadsoft.xsi-events/v2.0/";
constexpr std::string_view actions_path = "/com.broadsoft.xsi-actions/v2.0/";

}  // namespace

XsiDoor::XsiDoor(Organisation const& org, OauthSim& oauth, CallSim& calls, XsiSim& platform,
                 Random& dice, Faults& faults)
    : org_(org), oauth_(oauth), calls_(calls), platform_(platform), dice_(dice), faults_(faults) {
  platform_.token_lives = [&oauth](std::string const& token) {
    return oauth.book().check(token).has_value();
  };
}

nlohmann::json XsiDoor::counters() const {
  return {{"requests", requests_},
          {"unauthorized", unauthorized_},
          {"client_heartbeats", heartbeats_},
          {"client_heartbeats_refused", heartbeats_refused_}};
}

Answer XsiDoor::handle(std::size_t xsp, Request request) {
  ++requests_;
  request.tracking = std::string(request.header("TrackingID"));
  if (request.tracking.empty()) request.tracking = "NA_" + dice_.uuid();
  std::string_view const path = request.path;
  auto const door = path.starts_with(channel_path)   ? "channel"
                    : path.starts_with(actions_path) ? "actions"
                                                     : "events";
  if (xsp < 31 && ((faults_.xsp_stall >> xsp) & 1)) {
    Answer nothing;
    nothing.wire = Answer::Wire::hang;
    return nothing;
  }
  auto const meddling =
      meddle(faults_, door, request, faults_.answers.empty() ? std::string() : whom(path));
  auto answer = spoil(meddling.replaces ? meddling.instead : route(xsp, request, door), meddling);
  answer.response.headers.set("TrackingID", request.tracking);
  return answer;
}

// Whose user id the path holds: …/v2.0/user/{id}/….
std::string XsiDoor::whom(std::string_view path) const {
  for (auto const mark : {std::string_view("/v2.0/user/"), std::string_view("/v2.0/callcenter/")}) {
    auto const at = path.find(mark);
    if (at == std::string_view::npos) continue;
    auto const parts = segments(path.substr(at + mark.size()));
    auto const* person = parts.empty() ? nullptr : org_.by_any_id(parts.front());
    return person ? person->email : std::string();
  }
  return {};
}

Answer XsiDoor::route(std::size_t xsp, Request const& request, std::string_view door) {
  std::string_view const path = request.path;
  bool const known = door == "channel"
                         ? path == channel_path
                         : path.starts_with(events_path) || path.starts_with(actions_path);
  if (!known) return xsi_error(404, 4404, "No such resource.");
  auto const who = oauth_.check(request);
  if (!who) {
    ++unauthorized_;
    auto answer = xsi_error(401, 4401, "The token is missing, expired or revoked.");
    answer.response.headers.add("WWW-Authenticate", "Bearer");
    return answer;
  }
  if (!who->may("spark-admin:xsi") && !who->may("spark:xsi"))
    return xsi_error(403, 4403, "The token lacks the scope for XSI.");
  if (door == "channel") return open_channel({xsp, request, *who, {}});
  if (door == "actions")
    return actions({xsp, request, *who, segments(path.substr(actions_path.size()))});
  return events({xsp, request, *who, segments(path.substr(events_path.size()))});
}

Answer XsiDoor::events(Call const& call) {
  auto const& path = call.path;
  auto const& kind = path.empty() ? std::string() : path[0];
  if (kind == "channel" && path.size() == 2 && path[1] == "eventresponse") return acknowledge(call);
  if (kind == "channel" && (path.size() == 2 || (path.size() == 3 && path[2] == "heartbeat")))
    return channel(call);
  if (kind == "channelset" && path.size() == 2) return channel_set(call);
  if (kind == "subscription" && path.size() == 2) return subscription(call);
  if (kind == "serviceprovider" || kind == "enterprise" || kind == "user") return subscribe(call);
  return xsi_error(404, 4404, "No such resource.");
}

}  // namespace wardroom::sim
