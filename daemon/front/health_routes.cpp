#include "front/health_routes.hpp"

#include <nlohmann/json.hpp>

#include "http/client.hpp"

namespace wardroom {
namespace {

http::Response readiness(HealthSources const& sources) {
  nlohmann::ordered_json body;
  auto const signs = sources.signs();
  bool const ready = sources.ready() && worst(signs) != HealthColour::red;
  body["ready"] = ready;
  body["health"] = name(worst(signs));
  for (auto const& sign : signs) {
    nlohmann::ordered_json row{{"part", sign.part}, {"colour", name(sign.colour)}, {"sentence", sign.sentence}};
    if (!sign.remedy.empty()) row["remedy"] = sign.remedy;
    body["signs"].push_back(std::move(row));
  }
  auto response = http::json_text(ready ? 200 : 503, body.dump());
  if (!ready) response.headers.set("Retry-After", "1");
  return response;
}

/// Health texts name parts of the inside; strangers get a plain 404.
http::Handler local_only(std::function<http::Response()> make) {
  return [make = std::move(make)](http::ServerRequest& request, http::Responder responder) {
    if (!http::is_loopback_host(request.remote))
      return responder.send(http::problem(404, "not_found", "There is nothing here."));
    responder.send(make());
  };
}

}  // namespace

void add_health_routes(http::Router& router, HealthSources sources) {
  using http::Audience, http::Method;
  router.add({Method::get, "/healthz", Audience::anyone, 0, false},
             local_only([] { return http::text(200, "alive\n"); }));
  router.add({Method::get, "/readyz", Audience::anyone, 0, false},
             local_only([sources] { return readiness(sources); }));
  router.add({Method::get, "/metrics", Audience::anyone, 0, false}, local_only([sources] {
               auto response = http::text(200, sources.metrics_text());
               response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
               return response;
             }));
}

}  // namespace wardroom
