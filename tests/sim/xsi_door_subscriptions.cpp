// Subscriptions and channel sets over HTTP. Source: xsi.md 5.
#include "base/encoding.hpp"
#include "sim/xsi_documents.hpp"
#include "sim/xsi_door.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace wardroom::sim {
namespace {

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

}  // namespace

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
  if (call.request.method != http::Method::post) return xsi_method_not_allowed("POST");
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
  if (method != http::Method::get && method != http::Method::put && method != http::Method::delete_)
    return xsi_method_not_allowed("GET, PUT, DELETE");
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
