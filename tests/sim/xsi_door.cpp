#include "sim/xsi_door.hpp"

#include "base/encoding.hpp"
#include "sim/xsi_documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace wardroom::sim {
namespace {

constexpr std::string_view channel_path =
    "/com.broadsoft.async/com.broadsoft.xsi-events/v2.0/channel";
constexpr std::string_view events_path = "/com.broadsoft.xsi-events/v2.0/";
constexpr std::string_view actions_path = "/com.broadsoft.xsi-actions/v2.0/";

// The packages of the schema; only Advanced Call has events here. Source: xsi.md 5.2.
constexpr std::array packages{"Advanced Call",
                              "Basic Call",
                              "Standard Call",
                              "BroadWorks Anywhere",
                              "Call Center Agent",
                              "Call Center Monitoring",
                              "Call Center Queue",
                              "Call Forwarding Always",
                              "Call Forwarding Busy",
                              "Call Forwarding No Answer",
                              "Call Park",
                              "Call Recording",
                              "Call Transfer",
                              "Call Waiting",
                              "Do Not Disturb",
                              "Hoteling Guest",
                              "Remote Office",
                              "Voice Mail Message Summary"};

std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    auto const end = std::min(path.find('/'), path.size());
    out.push_back(percent_decode(path.substr(0, end)).value_or(""));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return out;
}

std::optional<std::int64_t> whole(std::string const& text) {
  std::int64_t n = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

// The document of a body, with the root and the order its schema wants.
Result<Element> document(Request const& r, std::string_view root,
                         std::vector<std::string_view> const& order) {
  auto const type = r.header("Content-Type");
  if (!type.empty() && !type.starts_with("application/xml") && !type.starts_with("text/xml"))
    return failure(ErrorKind::denied, "Unsupported media type.");
  auto e = read_xml(r.body);
  if (!e) return failure(ErrorKind::malformed, "The XML document cannot be parsed.");
  if (e->name != root) return failure(ErrorKind::malformed, fmt::format("Expected <{}>.", root));
  if (e->space != xsi_namespace)
    return failure(ErrorKind::malformed, fmt::format("<{}> is not in the XSI namespace.", root));
  if (auto bad = complaint_about_order(*e, order); !bad.empty())
    return failure(ErrorKind::malformed, bad + ".");
  return std::move(*e);
}

Answer refuse(Error const& e) {
  if (e.kind == ErrorKind::denied) return xsi_error(415, 4415, e.what);
  return xsi_error(400, 4401, e.what);
}

// A positive number of the document, nullopt when absent; complains when it is no number.
Result<std::optional<std::int64_t>> number_in(Element const& e, std::string_view name) {
  if (!e.has(name)) return std::nullopt;
  auto const n = whole(e.child_text(name));
  if (!n || *n <= 0)
    return failure(ErrorKind::malformed, fmt::format("{} is not a positive number.", name));
  return n;
}

std::string upper_hex(std::string text) {
  for (auto& c : text)
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 32);
  return text;
}

}  // namespace

Answer xsi_ok(std::string body) {
  Answer a;
  a.response.headers = {{"Content-Type", "text/xml;charset=UTF-8"},
                        {"Expires", "Thu, 01 Jan 1970 00:00:00 GMT"}};
  a.response.body = std::move(body);
  return a;
}

Answer xsi_error(int status, int code, std::string_view summary) {
  Answer a;
  a.response.status = status;
  a.response.headers = {{"Content-Type", "text/xml;charset=ISO-8859-1"}};
  auto const text = xml_escape(summary);
  a.response.body = fmt::format(
      "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<ErrorInfo xmlns=\"{}\"><summary>{} "
      "\xE9</summary>"
      "<summaryEnglish>{}</summaryEnglish><errorCode>{}</errorCode></ErrorInfo>",
      xsi_namespace, text, text, code);  // \xE9: a byte that is no UTF-8, as real ones may hold
  return a;
}

XsiDoor::XsiDoor(Organisation const& org, OauthSim& oauth, CallSim& calls, XsiSim& platform,
                 Random& dice, Faults& faults)
    : org_(org), oauth_(oauth), calls_(calls), platform_(platform), dice_(dice), faults_(faults) {}

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
  auto const meddling = meddle(faults_, door, request);
  auto answer = spoil(meddling.replaces ? meddling.instead : route(xsp, request, door), meddling);
  answer.response.headers.set("TrackingID", request.tracking);
  return answer;
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

Answer XsiDoor::open_channel(Call const& call) {
  if (call.request.method != http::Method::post) {
    auto answer = xsi_error(405, 4405, "Method not allowed.");
    answer.response.headers.add("Allow", "POST");
    return answer;
  }
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
  if (!fits) {
    auto answer = xsi_error(405, 4405, "Method not allowed.");
    answer.response.headers.add("Allow", beat ? "PUT" : "PUT, DELETE");
    return answer;
  }
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
  if (call.request.method != http::Method::post) {
    auto answer = xsi_error(405, 4405, "Method not allowed.");
    answer.response.headers.add("Allow", "POST");
    return answer;
  }
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

Answer XsiDoor::channel_set(Call const& call) {
  if (call.request.method != http::Method::get) return xsi_error(405, 4405, "Method not allowed.");
  if (!platform_.has_set(call.path[1])) return xsi_error(403, 110842, "Channel set not found.");
  return xsi_ok(platform_.set_document(call.path[1]));
}

Answer XsiDoor::gone_subscription() const {
  if (faults_.gone_subscription == "404") return xsi_error(404, 4404, "Subscription not found.");
  return xsi_error(403, 110862, "Subscription not found.");
}

// serviceprovider/{org}, enterprise/{org}, serviceprovider/{org}/group/{group}, user/{id};
// each also with /subscription behind it.
Answer XsiDoor::subscribe(Call const& call) {
  auto path = call.path;
  if (path.size() > 2 && path.back() == "subscription") path.pop_back();
  bool const whole_org = path.size() == 2 && path[0] != "user";
  bool const group = path.size() == 4 && path[0] == "serviceprovider" && path[2] == "group";
  bool const user = path.size() == 2 && path[0] == "user";
  if (!whole_org && !group && !user) return xsi_error(404, 4404, "No such resource.");
  if (call.request.method != http::Method::post) {
    auto answer = xsi_error(405, 4405, "Method not allowed.");
    answer.response.headers.add("Allow", "POST");
    return answer;
  }
  bool const admin = call.who.may("spark-admin:xsi") && call.who.person->full_admin;
  SubscriptionSpec spec;
  spec.owner = call.who.person;
  spec.target = group ? path[3] : path[1];
  if (user) {
    spec.kind = TargetKind::user;
    spec.user = org_.by_any_id(path[1]);
    if (!spec.user || !spec.user->calling) return xsi_error(404, 4008, "User not found.");
    spec.target = spec.user->xsi_user;
    if (!admin && spec.user != call.who.person)
      return xsi_error(403, 4410, "The operation is not permitted.");
  } else {
    spec.kind = group ? TargetKind::group : TargetKind::organisation;
    if (!admin) return xsi_error(403, 4410, "The operation is not permitted.");
    if (path[1] != org_.uuid()) return xsi_error(403, 4410, "Not your service provider.");
  }
  auto const e =
      document(call.request, "Subscription", {"event", "expires", "channelSetId", "applicationId"});
  if (!e) return refuse(e.error());
  spec.package = e->child_text("event");
  if (std::find(packages.begin(), packages.end(), spec.package) == packages.end())
    return xsi_error(400, 4401, "No such event package.");
  spec.set = e->child_text("channelSetId");
  spec.application = e->child_text("applicationId");
  auto const expires = number_in(*e, "expires");
  if (!expires) return refuse(expires.error());
  spec.expires_s = *expires;
  if (!platform_.has_set(spec.set)) return xsi_error(403, 110842, "Channel set not found.");
  auto const& made = platform_.subscribe(std::move(spec));
  return xsi_ok(xsi_document("Subscription",
                             fmt::format("<subscriptionId>{}</subscriptionId><expires>{}</expires>",
                                         made.id, made.granted_s)));
}

Answer XsiDoor::subscription(Call const& call) {
  auto const& id = call.path[1];
  auto const* sub = platform_.subscription(id);
  auto const method = call.request.method;
  if (method != http::Method::get && method != http::Method::put &&
      method != http::Method::delete_) {
    auto answer = xsi_error(405, 4405, "Method not allowed.");
    answer.response.headers.add("Allow", "GET, PUT, DELETE");
    return answer;
  }
  if (!sub) return gone_subscription();
  if (sub->spec.owner != call.who.person)
    return xsi_error(403, 4410, "The operation is not permitted.");
  if (method == http::Method::delete_) {
    platform_.unsubscribe(id);
    return xsi_ok("");
  }
  if (method == http::Method::put) {
    auto const e = document(call.request, "Subscription", {"subscriptionId", "expires"});
    if (!e) return refuse(e.error());
    auto const expires = number_in(*e, "expires");
    if (!expires) return refuse(expires.error());
    auto const granted = platform_.refresh_subscription(id, *expires).value_or(0);
    return xsi_ok(xsi_document(
        "Subscription",
        fmt::format("<subscriptionId>{}</subscriptionId><expires>{}</expires>", id, granted)));
  }
  auto const kind = sub->spec.kind == TargetKind::user    ? "User"
                    : sub->spec.kind == TargetKind::group ? "Group"
                                                          : "ServiceProvider";
  return xsi_ok(xsi_document(
      "Subscription",
      fmt::format(
          "<subscriptionId>{}</subscriptionId><subscriberId>{}</subscriberId>"
          "<targetIdType>{}</targetIdType><targetId>{}</targetId><event>{}</event>"
          "<expires>{}</expires><channelSetId>{}</channelSetId><applicationId>{}</applicationId>",
          id, sub->spec.owner->uuid, kind, xml_escape(sub->spec.target), sub->spec.package,
          sub->granted_s, xml_escape(sub->spec.set), xml_escape(sub->spec.application))));
}

}  // namespace wardroom::sim
