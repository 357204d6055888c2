#include "features/security_notices/notices_web.hpp"

#include "base/time_text.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace wardroom::security_notices {
namespace {

constexpr std::size_t kMostListed = 1'000;
constexpr std::size_t kRankedAtOnce = 200;
constexpr std::size_t kDrawnAtOnce = 20;

struct Ranked {
  SecurityLevel level;
  Instant since;
  ConferenceId id;
};
bool before(Ranked const& a, Ranked const& b) {
  if (a.level != b.level) return a.level > b.level;
  if (a.since != b.since) return a.since > b.since;
  return a.id < b.id;
}

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::malformed:
      return 400;
    case ErrorKind::denied:
    case ErrorKind::unauthorized:
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::throttled:
      return 429;
    case ErrorKind::timed_out:
      return 504;
    case ErrorKind::unavailable:
    case ErrorKind::cancelled:
    case ErrorKind::internal:
      break;
  }
  return 503;
}

/// In the order of the list. Thousands may run: some in each turn of the loop.
Task<std::vector<Ranked>> ranked(SecurityNotices& feature) {
  std::vector<Ranked> out;
  auto const ids = feature.ledger().conferences();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i % kRankedAtOnce == kRankedAtOnce - 1)
      co_await boost::asio::post(feature.ports().loop, use_task);
    auto const view = feature.board().view(ids[i]);
    out.push_back(
        {view ? view->wanted : SecurityLevel::none, view ? view->since : Instant{}, ids[i]});
  }
  std::ranges::sort(out, before);
  co_return out;
}

}  // namespace

std::string text_of(nlohmann::ordered_json const& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}
std::string conference_text(SecurityNotices const& feature, ConferenceId const& id) {
  return text_of(conference_json(feature, id));
}
std::string bridge_text(BridgeView const& bridge) { return text_of(bridge_json(bridge)); }

Task<http::Response> conferences_answer(SecurityNotices& feature) {
  auto const all = co_await ranked(feature);
  std::string listed;
  std::size_t shown = 0;
  for (auto const& one : all) {
    if (shown == kMostListed) break;
    if (shown % kDrawnAtOnce == kDrawnAtOnce - 1)
      co_await boost::asio::post(feature.ports().loop, use_task);
    if (!feature.ledger().knows(one.id)) continue;  // it ended meanwhile
    listed.append(shown++ == 0 ? "" : ",").append(conference_text(feature, one.id));
  }
  std::vector<std::string> bridges;
  for (auto const& bridge : feature.bridges()) bridges.push_back(bridge_text(bridge));
  auto body = fmt::format(R"({{"now":"{}","mode":"{}","conferences":[{}],"bridges":[{}])",
                          iso_text(feature.ports().clock.now()),
                          name(feature.settings().policy.mode), listed, fmt::join(bridges, ","));
  if (all.size() > kMostListed) body += fmt::format(R"(,"more":{})", all.size() - kMostListed);
  auto response = http::json_text(200, body + "}");
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

http::Response notices_refusal(Error const& why, std::string_view remedy) {
  auto response = http::problem(status_of(why.kind), wardroom::name(why.kind), why.what, remedy);
  response.headers.set("Cache-Control", "no-store");
  if (why.retry_after)
    response.headers.set("Retry-After", std::to_string((why.retry_after->count() + 999) / 1000));
  return response;
}

}  // namespace wardroom::security_notices
