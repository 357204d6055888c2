// Channels, heartbeats and acknowledgements over HTTP. Source: xsi.md 3, 4, 7.
#include "base/encoding.hpp"
#include "sim/xsi_documents.hpp"
#include "sim/xsi_door.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::sim {
namespace {

std::string upper_hex(std::string text) {
  for (auto& c : text)
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 32);
  return text;
}

}  // namespace

Answer XsiDoor::open_channel(Call const& call) {
  if (call.request.method != http::Method::post) return xsi_method_not_allowed("POST");
  if (faults_.refuse_channel > 0)
    return xsi_error(faults_.refuse_channel, 4500, "Refused by a switch.");
  auto const e = document(call.request, "Channel",
                          {"channelSetId", "priority", "weight", "expires", "applicationId"});
  if (!e) return refuse(e.error());
  ChannelSpec spec;
  spec.set = e->child_text("channelSetId");
  spec.application = e->child_text("applicationId");
  spec.xsp = call.xsp;
  spec.owner = call.who.person;
  if (spec.set.empty() || spec.set.size() > 256 || spec.application.size() > 256)
    return xsi_error(400, 4401, "channelSetId and applicationId are 1 to 256 characters.");
  auto const priority = number_in(*e, "priority"), weight = number_in(*e, "weight"),
             expires = number_in(*e, "expires");
  for (auto const* n : {&priority, &weight, &expires})
    if (!*n) return refuse(n->error());
  if (*priority) spec.priority = int(std::min<std::int64_t>(**priority, 65535));
  if (*weight) spec.weight = int(std::min<std::int64_t>(**weight, 65535));
  spec.expires_s = *expires;
  auto const bearer = call.request.header("Authorization");
  spec.token = bearer.substr(std::min<std::size_t>(bearer.size(), 7));  // behind "Bearer "
  spec.session_cookie = upper_hex(to_hex(dice_.bytes(16)));

  auto answer = xsi_ok("");
  auto& headers = answer.response.headers;
  headers.add("Set-Cookie", fmt::format("JSESSIONID={}; Path=/com.broadsoft.xsi-events; HttpOnly",
                                        spec.session_cookie));
  headers.add("Set-Cookie", fmt::format("SIMLB=xsp{}; Path=/", call.xsp + 1));
  answer.stream = [this, spec = std::move(spec)](std::shared_ptr<Pipe> pipe) {
    platform_.open(spec, std::move(pipe));
  };
  return answer;
}

bool XsiDoor::affine(Call const& call, std::string const& session) const {
  if (!faults_.affinity) return true;
  std::string all;
  for (auto line : call.request.headers.get_all("Cookie")) all += std::string(line) + "; ";
  return all.find("JSESSIONID=" + session) != std::string::npos &&
         all.find(fmt::format("SIMLB=xsp{}", call.xsp + 1)) != std::string::npos;
}

Answer XsiDoor::channel(Call const& call) {
  auto const& id = call.path[1];
  bool const beat = call.path.size() == 3;
  auto const method = call.request.method;
  bool const fits = method == http::Method::put || (!beat && method == http::Method::delete_);
  if (!fits) return xsi_method_not_allowed(beat ? "PUT" : "PUT, DELETE");
  if (beat) ++heartbeats_;
  if (!platform_.has_channel(call.xsp, id) || !affine(call, platform_.session_cookie_of(id))) {
    if (beat) ++heartbeats_refused_;
    return xsi_error(404, 4404, "Channel not found.");
  }
  if (beat) {
    platform_.heartbeat(call.xsp, id);
    return xsi_ok("");
  }
  if (method == http::Method::delete_) {
    platform_.close_channel(call.xsp, id);
    return xsi_ok("");
  }
  auto const e = document(call.request, "Channel", {"channelId", "expires"});
  if (!e) return refuse(e.error());
  auto const expires = number_in(*e, "expires");
  if (!expires) return refuse(expires.error());
  return xsi_ok(
      channel_document(id, platform_.refresh_channel(call.xsp, id, *expires).value_or(0)));
}

Answer XsiDoor::acknowledge(Call const& call) {
  if (call.request.method != http::Method::post) return xsi_method_not_allowed("POST");
  if (faults_.ack_black_hole) {
    Answer nothing;
    nothing.wire = Answer::Wire::hang;
    return nothing;
  }
  auto const e = document(call.request, "EventResponse", {"eventID", "statusCode", "reason"});
  if (!e) return refuse(e.error());
  auto const status = whole(e->child_text("statusCode")).value_or(0);
  bool const known =
      status == 200 || status == 400 || status == 404 || status == 481 || status == 500;
  if (!known || e->child_text("eventID").empty() || e->child_text("reason").empty())
    return xsi_error(400, 4401, "eventID, a known statusCode and a reason are required.");
  if (platform_.acknowledge(call.xsp, e->child_text("eventID"), int(status)) == 404)
    return xsi_error(404, 4404, "No such event.");
  return xsi_ok("");
}

}  // namespace wardroom::sim
