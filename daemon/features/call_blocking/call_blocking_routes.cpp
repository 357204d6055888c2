#include "features/call_blocking/call_blocking_routes.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "features/call_blocking/call_blocking.hpp"
#include "features/call_blocking/call_blocking_verbs.hpp"
#include "features/call_blocking/location_body.hpp"
#include "features/call_blocking/own_page.hpp"
#include "features/call_blocking/post_rate.hpp"
#include "features/call_blocking/watch_report.hpp"
#include "features/call_blocking/why_verbs.hpp"

#include <fmt/format.h>

#include <charconv>

namespace wardroom::call_blocking {
namespace {

using Json = nlohmann::ordered_json;

std::string_view calls_word(bool allowed) { return allowed ? "allowed" : "blocked"; }

/// One complete answer for each standing and verdict: nothing is put together while posts come in.
class Answers {
 public:
  Answers() {
    for (int s = 0; s < 5; ++s)
      for (bool allowed : {false, true})
        wire_[static_cast<std::size_t>(s)][allowed] = fmt::format(
            "HTTP/1.1 204 No Content\r\nWardroom-Standing: {}\r\nWardroom-Calls: {}\r\n"
            "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n",
            name(static_cast<Standing>(s)), calls_word(allowed));
  }
  std::string_view of(Standing standing, bool allowed) const {
    return wire_[static_cast<std::size_t>(standing)][allowed];
  }

 private:
  std::array<std::array<std::string, 2>, 5> wire_;
};
Answers const& answers() {
  static Answers const all;
  return all;
}

http::Response not_stored(Standing standing, bool allowed, Error const& why) {
  auto out = http::problem(
      503, "unavailable", "Your position counts, but could not be stored: " + why.what,
      "It is posted again by itself; tell your administrator if this goes on.");
  out.headers.set("Retry-After", "5");
  out.headers.set("Wardroom-Standing", std::string(name(standing)));
  out.headers.set("Wardroom-Calls", std::string(calls_word(allowed)));
  return out;
}

class LocationPosts {
 public:
  LocationPosts(CallBlocking& feature, http::Router& router)
      : feature_(feature), failures_(router.failures()), rate_(feature.ports().dice.number()) {
    (void)parse_location("{}");  // it takes its memory with the first body: now, not under load
  }

  void operator()(http::ServerRequest& request, http::Responder responder) {
    auto const person = request.caller.person;
    auto const& ports = feature_.ports();
    if (!ports.roster.has(person))
      return responder.send(http::problem(401, "unauthorized",
                                          "This session belongs to nobody known.",
                                          "Sign in again at /user/login."));
    auto const now = ports.clock.uptime();
    if (auto const wait = rate_.take(request.caller.session_key, person, now); wait.count() > 0)
      return responder.send(too_many(wait));
    auto const post = parse_location(request.body);
    if (!post && failures_.exceeded(request.remote, now))
      return responder.send(too_many(Milliseconds(1'000)));
    if (!post)
      return responder.send(http::problem(
          post.error().status, post.error().status == 400 ? "malformed" : "unprocessable",
          post.error().message));
    Fix const fix{post->where, post->accuracy, now, ports.clock.now()};
    feature_.location_changed(person, fix, post->taken);
    auto const standing = feature_.standings().current(person);
    bool const allowed =
        feature_.standings().allowed(person) ||
        feature_.standings().mode(person) != Mode::enforce;  // then nothing is blocked
    ports.fixes.record(
        person, fix,
        [responder = std::move(responder), standing, allowed](Result<void> done) mutable {
          if (done)
            responder.send_wire(answers().of(standing, allowed));
          else
            responder.send(not_stored(standing, allowed, done.error()));
        });
  }

 private:
  static http::Response too_many(Milliseconds wait) {
    auto out = http::problem(429, "throttled", "Too many positions at once.",
                             "Post at the interval /me tells.");
    out.headers.set("Retry-After", std::to_string((wait.count() + 999) / 1000));
    return out;
  }

  CallBlocking& feature_;
  http::FailureLimit& failures_;
  PostRate rate_;
};

http::Response refused(Error const& why) {
  return http::problem(why.kind == ErrorKind::conflict ? 409 : 503, wardroom::name(why.kind),
                       why.what);
}

/// As at the control socket: asked, and how it ended.
Task<http::Response> switch_monitoring(CallBlocking& feature, http::Caller caller,
                                       std::string body) {
  auto const wanted = Json::parse(body, nullptr, false);
  if (!wanted.is_object() || !wanted.contains("on") || !wanted["on"].is_boolean())
    co_return http::problem(400, "malformed", R"(The body must be {"on":true} or {"on":false}.)");
  bool const on = wanted["on"].get<bool>();
  std::string const action = on ? "monitor start" : "monitor stop";
  auto* const audit = feature.ports().audit;
  auto change = monitoring_change(feature, on);
  if (audit != nullptr) {
    change.correlation = to_hex(feature.ports().dice.bytes(8));
    auto const asked =
        co_await audit->web_first(caller, action + " asked", {.correlation = change.correlation});
    if (!asked) co_return refused(asked.error());
  }
  auto const done = co_await feature.set_monitoring(on);
  if (audit != nullptr) audit->web(caller, done ? action : action + " failed", std::move(change));
  if (!done) co_return refused(done.error());
  co_return http::json_text(200, Json{{"monitoring", monitoring_json(feature)}}.dump());
}

std::optional<std::int64_t> last_event(http::ServerRequest const& request) {
  auto text = std::string(request.header("Last-Event-ID"));
  if (text.empty())
    if (auto const query = http::parse_query(request.query))
      text = http::find(*query, "since").value_or("");
  std::int64_t seq = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return seq;
}

}  // namespace

void add_call_blocking_routes(http::Router& router, CallBlocking& feature) {
  using http::Audience;
  using http::Method;
  router.add({.method = Method::post,
              .pattern = "/api/v1/location",
              .audience = Audience::person,
              .body_limit = kLocationBodyLimit,
              .json = true,
              .token = false,
              .failures_count = true},
             [posts = std::make_shared<LocationPosts>(feature, router)](
                 http::ServerRequest& request, http::Responder responder) {
               (*posts)(request, std::move(responder));
             });
  router.add_task({.method = Method::get,
                   .pattern = "/api/v1/me",
                   .audience = Audience::person,
                   .failures_count = true},
                  [&feature](http::ServerRequest& request) {
                    return own_page(feature, request.caller.person);
                  });
  router.add_task(
      {.method = Method::get, .pattern = "/api/v1/dashboard", .audience = Audience::admin},
      [&feature](http::ServerRequest&) -> Task<http::Response> {
        auto const state = co_await feature.dashboard().snapshot();
        co_return http::json_text(200, state.dump(-1, ' ', false, Json::error_handler_t::replace));
      });
  router.add(
      {.method = Method::get, .pattern = "/api/v1/dashboard/stream", .audience = Audience::admin},
      [&feature](http::ServerRequest& request, http::Responder responder) {
        // What is asked of the request first: it ends with its answer.
        auto const after = last_event(request);
        auto session = request.caller.session;
        feature.watch(responder.stream(http::sse_head()), after, std::move(session));
      });
  add_why_routes(router, feature);
  router.add_task({.method = Method::post,
                   .pattern = "/api/v1/monitor",
                   .audience = Audience::admin,
                   .body_limit = 1024,
                   .json = true},
                  [&feature](http::ServerRequest& request) {
                    return switch_monitoring(feature, request.caller, std::string(request.body));
                  });
}

}  // namespace wardroom::call_blocking
