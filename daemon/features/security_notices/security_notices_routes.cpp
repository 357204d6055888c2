#include "features/security_notices/security_notices_routes.hpp"

#include "base/encoding.hpp"
#include "base/rate_table.hpp"
#include "features/security_notices/live_conferences.hpp"
#include "features/security_notices/notices_report.hpp"
#include "features/security_notices/notices_web.hpp"
#include "viewings.hpp"

#include <fmt/format.h>

namespace wardroom::security_notices {
namespace {

using http::Audience;
using http::Method;

constexpr std::size_t kBodyLimit = 1'024;
constexpr std::size_t kLongestId = 400;
/// A page waits 15 s for an answer: what takes longer is answered before, and told live.
constexpr auto kAnswerWithin = std::chrono::seconds(8);

/// How often one session may ask: a page reads one conference again with each change of it.
struct Paces {
  RateTable reads, changes;
  explicit Paces(std::uint64_t salt)
      : reads({Milliseconds(250), 120}, salt, 256), changes({Milliseconds(2'000), 12}, salt, 256) {}
};

struct Door {
  SecurityNotices& feature;
  Paces paces;
  Viewings viewings;
  LiveConferences live;

  explicit Door(SecurityNotices& its)
      : feature(its), paces(its.ports().dice.number()), viewings(its.ports().clock), live(its) {}

  std::optional<http::Response> too_often(RateTable& pace, http::Caller const& caller) {
    auto const key = std::hash<std::string>{}(caller.session);
    auto const wait = pace.take(key, feature.ports().clock.uptime());
    if (wait.count() == 0) return std::nullopt;
    return notices_refusal({ErrorKind::throttled, "too many requests at once", wait},
                           "wait a moment");
  }
};
using Shared = std::shared_ptr<Door>;

Task<http::Response> list(Shared door, http::ServerRequest& request) {
  if (auto refused = door->too_often(door->paces.reads, request.caller)) co_return *refused;
  co_return co_await conferences_answer(door->feature);
}

/// Names and addresses are shown: the audit hears of it before they are, once a viewing.
Task<http::Response> one(Shared door, http::ServerRequest& request) {
  auto& feature = door->feature;
  auto const caller = request.caller;
  if (auto refused = door->too_often(door->paces.reads, caller)) co_return *refused;
  auto const id = request.params[0].substr(0, kLongestId);
  auto const detail = co_await conference_detail(feature, id);
  if (!detail) co_return notices_refusal(detail.error());
  if (feature.ports().audit != nullptr && door->viewings.begins(caller.session, id))
    feature.ports().audit->web(caller, "conference viewed", {.object = "conference " + id});
  auto response = http::json_text(200, text_of(*detail));
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

http::Response bridge_answer(SecurityNotices const& feature, BridgeNo bridge, int status) {
  auto response = http::json_text(
      status, fmt::format(R"({{"bridge":{}}})", bridge_text(feature.bridges().at(bridge))));
  response.headers.set("Cache-Control", "no-store");
  return response;
}

/// Whoever is first answers: the reading, or the time it may take.
struct Answering {
  http::Responder responder;
  TimerHandle patience;
  void send(http::Response response) {
    patience.cancel();
    if (auto once = std::move(responder)) once.send(std::move(response));
  }
};

/// As at the control socket: asked, and how it ended.
Task<void> read_again(Shared door, std::shared_ptr<Answering> answer, BridgeNo bridge,
                      http::Caller caller) {
  auto& feature = door->feature;
  auto* const audit = feature.ports().audit;
  control::Change const change{.object = "bridge " + feature.settings().bridges.at(bridge).name,
                               .correlation = to_hex(feature.ports().dice.bytes(8))};
  if (audit != nullptr)
    if (auto const asked = co_await audit->web_first(caller, "cms resync asked", change); !asked)
      co_return answer->send(notices_refusal(asked.error(), "mend the store and try again"));
  auto const done = co_await feature.resync(bridge, "an administrator asked for it");
  if (audit != nullptr) audit->web(caller, done ? "cms resync" : "cms resync failed", change);
  answer->send(done ? bridge_answer(feature, bridge, 200)
                    : notices_refusal(done.error(),
                                      "look at the bridge's API; its conferences "
                                      "count as external until it was read"));
}

void resync(Shared const& door, http::ServerRequest& request, http::Responder responder) {
  auto& feature = door->feature;
  if (auto refused = door->too_often(door->paces.changes, request.caller))
    return responder.send(std::move(*refused));
  auto const body = nlohmann::json::parse(request.body, nullptr, false);
  if (!body.is_object() || !body.empty())
    return responder.send(http::problem(400, "malformed", "The body must be {}.", ""));
  auto const bridge = feature.bridge_named(request.params[0]);
  if (!bridge)
    return responder.send(notices_refusal(
        {ErrorKind::not_found, fmt::format("There is no bridge '{}'.",
                                           std::string_view(request.params[0]).substr(0, 100))},
        "name one of the bridges of /api/v1/conferences"));
  auto const answer = std::make_shared<Answering>(std::move(responder));
  answer->patience = feature.ports().clock.after(
      kAnswerWithin, [&feature, weak = std::weak_ptr(answer), no = *bridge] {
        if (auto const waiting = weak.lock()) waiting->send(bridge_answer(feature, no, 202));
      });
  feature.tasks().spawn("a bridge is read for a page",
                        [door, answer, no = *bridge, caller = request.caller] {
                          return read_again(door, answer, no, caller);
                        });
}

void add_reads(http::Router& router, Shared const& door) {
  router.add_task(
      {.method = Method::get, .pattern = "/api/v1/conferences", .audience = Audience::admin},
      [door](http::ServerRequest& request) { return list(door, request); });
  router.add_task(
      {.method = Method::get, .pattern = "/api/v1/conferences/{id}", .audience = Audience::admin},
      [door](http::ServerRequest& request) { return one(door, request); });
  router.add(
      {.method = Method::get, .pattern = "/api/v1/conferences/live", .audience = Audience::admin},
      [door](http::ServerRequest& request, http::Responder responder) {
        if (auto refused = door->too_often(door->paces.reads, request.caller))
          return responder.send(std::move(*refused));
        auto session = request.caller.session;
        door->live.watch(std::move(responder), std::move(session));
      });
}

}  // namespace

void add_security_notices_routes(http::Router& router, SecurityNotices& feature) {
  auto const door = std::make_shared<Door>(feature);
  add_reads(router, door);
  router.add({.method = Method::get,
              .pattern = "/api/v1/conferences/report.csv",
              .audience = Audience::admin},
             [door](http::ServerRequest& request, http::Responder responder) {
               if (auto refused = door->too_often(door->paces.changes, request.caller))
                 return responder.send(std::move(*refused));
               send_report(door->feature, request, std::move(responder));
             });
  router.add({.method = Method::post,
              .pattern = "/api/v1/conferences/bridges/{name}/resync",
              .audience = Audience::admin,
              .body_limit = kBodyLimit,
              .json = true},
             [door](http::ServerRequest& request, http::Responder responder) {
               resync(door, request, std::move(responder));
             });
}

void SecurityNotices::add_routes(http::Router& router) {
  add_cdr_routes(router);
  add_security_notices_routes(router, *this);
}

}  // namespace wardroom::security_notices
