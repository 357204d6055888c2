#include "front/health_routes.hpp"

#include "http/client.hpp"

#include <nlohmann/json.hpp>

namespace wardroom {
namespace {

http::Response readiness(HealthSources const& sources) {
  nlohmann::ordered_json body;
  auto const signs = sources.signs();
  bool const ready = sources.ready() && worst(signs) != HealthColour::red;
  body["ready"] = ready;
  body["health"] = name(worst(signs));
  for (auto const& sign : signs) {
    nlohmann::ordered_json row{
        {"part", sign.part}, {"colour", name(sign.colour)}, {"sentence", sign.sentence}};
    if (!sign.remedy.empty()) row["remedy"] = sign.remedy;
    body["signs"].push_back(std::move(row));
  }
  auto response = http::json_text(ready ? 200 : 503, body.dump());
  if (!ready) response.headers.set("Retry-After", "1");
  return response;
}

/// Whether a proxy says that somebody beyond this machine asks. With trusted_proxies the remote
/// address tells; without, every request through a proxy on this machine looks like a local one.
bool passed_on_for_a_stranger(http::ServerRequest const& request) {
  for (auto hops : request.headers->get_all("X-Forwarded-For"))
    while (!hops.empty()) {
      auto const comma = std::min(hops.find(','), hops.size());
      auto hop = hops.substr(0, comma);
      hops.remove_prefix(std::min(comma + 1, hops.size()));
      while (hop.starts_with(' ')) hop.remove_prefix(1);
      while (hop.ends_with(' ')) hop.remove_suffix(1);
      if (!http::is_loopback_host(hop)) return true;
    }
  return false;
}

/// Health texts name parts of the inside; strangers get a plain 404.
http::Handler local_only(std::function<http::Response()> make) {
  return [make = std::move(make)](http::ServerRequest& request, http::Responder responder) {
    if (!http::is_loopback_host(request.remote) || passed_on_for_a_stranger(request))
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
