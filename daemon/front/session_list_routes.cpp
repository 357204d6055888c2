// The lists of sessions and their buttons.
#include "base/encoding.hpp"
#include "base/log.hpp"
#include "front/control_server.hpp"
#include "front/session_routes.hpp"

#include <memory>

namespace wardroom::front {
namespace {
using Json = nlohmann::ordered_json;
using http::Audience;
using http::Method;
using Revoked = SessionDesk::Revoked;

struct Parts {
  BrowserSessions& sessions;
  SessionDesk& desk;
  SessionTrail& trail;
};
using Shared = std::shared_ptr<Parts const>;

http::Response answer(Json const& body) {
  auto response = http::json_text(200, body.dump(-1, ' ', false, Json::error_handler_t::replace));
  response.headers.add("Cache-Control", "no-store");
  return response;
}

http::Response answer(Result<Json> const& body) {
  return body ? answer(*body) : to_response(body.error());
}

http::Response answer(Result<Revoked> const& done) {
  return done ? answer(Json{{"ended", done->count()}}) : to_response(done.error());
}

/// What of a body {"id":…} | {"others":true} | {"person":…}; exactly one of them.
struct Wish {
  std::string id, person;
  bool others = false;
};
std::optional<Wish> read_wish(std::string_view body) {
  auto const json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object() || json.size() != 1) return std::nullopt;
  auto const only = json.begin();
  auto const& key = only.key();
  auto const& value = only.value();
  Wish out;
  if (key == "id" && value.is_string())
    out.id = value.get<std::string>();
  else if (key == "person" && value.is_string())
    out.person = value.get<std::string>();
  else if (key == "others" && value == true)
    out.others = true;
  if (!out.others && out.id.empty() && out.person.empty()) return std::nullopt;
  return out;
}

http::Response no_wish(std::string_view shape) {
  return http::problem(400, "malformed", "The body must be " + std::string(shape) + ".");
}

/// The digest of the session that asks.
std::string own_admin(http::ServerRequest const& request) {
  return from_hex(request.caller.session).value_or("");
}
std::string own_person(BrowserSessions& sessions, http::ServerRequest const& request) {
  auto const cookie = sessions.cookies().read(request, CookieKind::person);
  return cookie ? sha256(*cookie) : std::string();
}

Task<http::Response> list(Shared parts, http::ServerRequest& request) {
  auto const query = http::parse_query(request.query).value_or(http::QueryPairs{});
  auto own = own_admin(request);
  auto person = http::find(query, "person");
  if (!person || person->empty()) co_return answer(parts->desk.list(own));
  co_return answer(co_await parts->desk.of_person(std::move(*person), std::move(own)));
}

Task<http::Response> revoke(Shared parts, http::ServerRequest& request) {
  auto const wish = read_wish(request.body);
  if (!wish) co_return no_wish(R"({"id":"…"}, {"others":true} or {"person":"…"})");
  auto const by = request.caller;
  auto own = own_admin(request);
  // What it was comes with the second record: an id may be anything that was sent.
  auto object = std::string(wish->others           ? "all other sessions"
                            : wish->person.empty() ? "a session"
                                                   : "sessions of a person");
  if (auto written = co_await parts->trail.will_revoke(by, object); !written)
    co_return to_response(written.error());
  auto done = wish->others ? co_await parts->desk.revoke_all(std::move(own))
              : wish->person.empty()
                  ? co_await parts->desk.revoke(wish->id)
                  : co_await parts->desk.revoke_person(wish->person, std::move(own));
  if (done) {
    log::info("sessions were revoked", {{"by", by.name}, {"sessions", done->count()}});
    parts->trail.revoked(by, *done);
  } else {
    parts->trail.not_revoked(by, std::move(object), done.error());
  }
  co_return answer(done);
}

Task<http::Response> end_own(Shared parts, http::ServerRequest& request) {
  auto const wish = read_wish(request.body);
  if (!wish || !wish->person.empty()) co_return no_wish(R"({"id":"…"} or {"others":true})");
  auto const done = co_await parts->desk.end_own(request.caller.person, wish->id,
                                                 own_person(parts->sessions, request));
  if (done && done->count() > 0) parts->trail.ended_own(request.caller, *done);
  co_return answer(done);
}

}  // namespace

void add_session_list_routes(http::Router& router, BrowserSessions& sessions, SessionDesk& desk,
                             SessionTrail& trail) {
  auto parts = std::make_shared<Parts const>(Parts{sessions, desk, trail});
  router.add_task(
      {.method = Method::get, .pattern = "/api/v1/sessions", .audience = Audience::admin},
      [parts](http::ServerRequest& request) { return list(parts, request); });
  router.add_task({.method = Method::post,
                   .pattern = "/api/v1/sessions/revoke",
                   .audience = Audience::admin,
                   .body_limit = 1024,
                   .json = true},
                  [parts](http::ServerRequest& request) { return revoke(parts, request); });
  router.add_task(
      {.method = Method::get, .pattern = "/api/v1/me/sessions", .audience = Audience::person},
      [parts](http::ServerRequest& request) -> Task<http::Response> {
        co_return answer(co_await parts->desk.own_of(request.caller.person,
                                                     own_person(parts->sessions, request)));
      });
  router.add_task({.method = Method::post,
                   .pattern = "/api/v1/me/sessions/end",
                   .audience = Audience::person,
                   .body_limit = 1024,
                   .json = true},
                  [parts](http::ServerRequest& request) { return end_own(parts, request); });
}

}  // namespace wardroom::front
