// Where bridges post their records: who may is decided before a body is read.
#include "features/security_notices/security_notices.hpp"
#include "http/router.hpp"

namespace wardroom::security_notices {
namespace {

/// A batch that is refused for its size may block its bridge for ever, so there is room. Source:
/// cms.md 1.3.
constexpr std::size_t kBodyLimit = 16u << 20;
constexpr auto kTryAgain = "1";  // seconds; bridges keep few records

/// Without a word: who does not know the secret learns nothing here.
std::optional<http::Response> admit(SecurityNotices& feature, http::ServerRequest const& request) {
  auto const bridge = feature.bridge_of(request.params[0]);
  if (!bridge) feature.count_stranger();
  if (!bridge || !feature.may_post(*bridge, request.remote))
    return http::Response{.status = 404, .headers = {}, .body = {}};
  return std::nullopt;
}

/// 200 and nothing else is what a bridge takes for "delivered". Source: cms.md 1.2.
Task<http::Response> take(SecurityNotices& feature, std::string secret, std::string body) {
  auto const bridge = feature.bridge_of(secret);
  wipe(secret);
  if (!bridge) co_return http::Response{.status = 404, .headers = {}, .body = {}};
  auto const received = co_await feature.receive(*bridge, std::move(body));
  http::Response out{.status = received.status, .headers = {}, .body = {}};
  if (received.status == 503) out.headers.set("Retry-After", kTryAgain);
  co_return out;
}

}  // namespace

void SecurityNotices::add_cdr_routes(http::Router& router) {
  http::Route route{.method = http::Method::post,
                    .pattern = "/cdr/{secret}",
                    .audience = http::Audience::anyone,
                    .body_limit = kBodyLimit};
  route.failures_count = true;
  route.keeps_connection = true;
  route.admit = [this](http::ServerRequest const& request) { return admit(*this, request); };
  router.add_task(std::move(route), [this](http::ServerRequest& request) {
    return take(*this, request.params[0], std::string(request.body));
  });
}

}  // namespace wardroom::security_notices
