#include "cisco/webex/webex_api.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "cisco/webex/webex_link.hpp"
#include "runtime/backoff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace wardroom::webex {
namespace {
using nlohmann::json;

constexpr Milliseconds first_wait{500}, longest_wait{10'000};
constexpr Milliseconds login_patience{5'000}, login_timeout{15'000};

/// "GET /people": what an operator is told, without ids and filters.
std::string_view resource_of(std::string_view path) {
  return path.substr(0, std::min(path.find('/', 1), path.find('?')));
}

ErrorKind kind_of(int status) {
  switch (status) {
    case 401:
      return ErrorKind::unauthorized;
    case 403:
    case 451:
      return ErrorKind::denied;
    case 404:
    case 410:
      return ErrorKind::not_found;
    case 409:
      return ErrorKind::conflict;
    case 408:
    case 504:
      return ErrorKind::timed_out;
    case 423:
    case 429:
      return ErrorKind::throttled;
    default:
      return status >= 500 ? ErrorKind::unavailable : ErrorKind::malformed;
  }
}

std::string_view meaning_of(int status) {
  switch (status) {
    case 401:
      return "the token is refused";
    case 403:
      return "not allowed: a scope or role is missing";
    case 429:
      return "too many requests";
    case 451:
      return "the organisation's data is in another region: set webex.api to that region's host";
    default:
      return http::reason_phrase(status);
  }
}

}  // namespace

/// One request through all its attempts.
struct WebexApi::Call {
  http::Method method = http::Method::get;
  std::string url;
  std::string resource;  ///< "/people"
  std::string bucket;
  std::string body;
  std::optional<Secret> own_token;
  std::string tracking_id;
  Milliseconds timeout, patience;
  Uptime give_up{};
};

WebexApi::WebexApi(Ports ports, WebexSettings settings)
    : ports_(ports), settings_(std::move(settings)) {
  while (settings_.base_url.ends_with('/')) settings_.base_url.pop_back();
}

Task<Result<json>> WebexApi::get(std::string path) {
  Call call{.url = settings_.base_url + path,
            .resource = std::string(resource_of(path)),
            .timeout = settings_.timeout,
            .patience = settings_.patience};
  co_return co_await fetch(call, nullptr);
}

Task<Result<json>> WebexApi::get_with(Secret bearer, std::string path) {
  Call call{.url = settings_.base_url + path,
            .resource = std::string(resource_of(path)),
            .own_token = std::move(bearer),
            .timeout = login_timeout,
            .patience = login_patience};
  co_return co_await fetch(call, nullptr);
}

Task<Result<json>> WebexApi::send(http::Method method, std::string path, json body) {
  Call call{.method = method,
            .url = settings_.base_url + path,
            .resource = std::string(resource_of(path)),
            .body = body.is_null() ? std::string() : body.dump(),
            .timeout = settings_.timeout,
            .patience = settings_.patience};
  co_return co_await fetch(call, nullptr);
}

Task<Result<void>> WebexApi::pages(std::string path, Page page) {
  std::string url = settings_.base_url + path;
  std::set<std::string> seen{url};
  for (;;) {
    Call call{.url = url,
              .resource = std::string(resource_of(path)),
              .timeout = settings_.timeout,
              .patience = settings_.patience};
    http::Headers headers;
    auto body = co_await fetch(call, &headers);
    if (!body) co_return std::unexpected(std::move(body.error()));
    if (auto eaten = page(*body); !eaten) co_return eaten;
    auto const next = next_link(headers);
    if (!next) co_return Result<void>{};
    auto target = follow(*next, url);
    if (!target)
      co_return failure(target.error().kind,
                        fmt::format("GET {}: {}", call.resource, target.error().what));
    if (!seen.insert(*target).second)
      co_return failure(ErrorKind::malformed,
                        fmt::format("GET {}: the pages go round in a circle", call.resource));
    url = std::move(*target);
  }
}

/// All attempts, then the body as JSON.
Task<Result<json>> WebexApi::fetch(Call& call, http::Headers* headers) {
  call.tracking_id = "WARD_" + ports_.random.uuid();
  call.bucket = fmt::format("{}{}", call.own_token ? "login" : settings_.identity, call.resource);
  call.give_up = ports_.clock.uptime() + call.patience;
  auto answer = co_await exchange(call);
  if (!answer) {
    ++counters_.failures;
    log::warning("a Webex request failed",
                 {{"why", answer.error().what}, {"tracking_id", call.tracking_id}});
    co_return std::unexpected(std::move(answer.error()));
  }
  if (headers) *headers = std::move(answer->headers);
  if (answer->body.empty()) co_return json();
  auto body = parse_json(answer->body);
  if (!body) {
    ++counters_.failures;
    body.error().what = fmt::format("{} {} answered {}, but {}", http::name(call.method),
                                    call.resource, answer->status, body.error().what);
    log::warning("a Webex answer is not understood",
                 {{"why", body.error().what}, {"tracking_id", call.tracking_id}});
  }
  co_return body;
}

Task<Result<http::ClientResponse>> WebexApi::exchange(Call& call) {
  bool const repeatable = call.method == http::Method::get;
  Backoff backoff(first_wait, longest_wait);
  for (int tries = 1;; ++tries) {
    auto answer = co_await attempt(call);
    bool const again = !answer && is_transient(answer.error().kind) && tries < settings_.attempts &&
                       (repeatable || answer.error().kind == ErrorKind::throttled);
    if (!again) co_return answer;
    // A throttled bucket is waited for in front of the next attempt, together with everybody else.
    auto const wait = answer.error().kind == ErrorKind::throttled
                          ? Milliseconds(0)
                          : backoff.next(ports_.random) + first_wait / 2;
    if (ports_.clock.uptime() + wait > call.give_up) co_return answer;
    ++counters_.retries;
    if (wait > Milliseconds(0)) co_await ports_.clock.sleep_for(wait);
  }
}

Task<Result<void>> WebexApi::wait_for_bucket(Call& call) {
  for (;;) {
    auto const it = paused_until_.find(call.bucket);
    auto const now = ports_.clock.uptime();
    if (it == paused_until_.end()) co_return Result<void>{};
    if (it->second <= now) {
      paused_until_.erase(it);
      co_return Result<void>{};
    }
    if (it->second > call.give_up) {
      auto const left = std::chrono::ceil<Milliseconds>(it->second - now);
      co_return std::unexpected(
          Error{ErrorKind::throttled,
                fmt::format("{} {}: Webex asks for a pause of {} s", http::name(call.method),
                            call.resource, std::chrono::ceil<std::chrono::seconds>(left).count()),
                left});
    }
    // Up to a fifth more, so that all who wait do not come at once.
    auto const until = it->second;
    co_await ports_.clock.sleep_until(until + std::chrono::duration_cast<BootClock::duration>(
                                                  (until - now) / 5.0 * ports_.random.fraction()));
  }
}

/// One attempt; a refused token is renewed and tried once more within it.
Task<Result<http::ClientResponse>> WebexApi::attempt(Call& call) {
  auto free = co_await wait_for_bucket(call);
  if (!free) co_return std::unexpected(std::move(free.error()));
  Secret token;
  if (call.own_token) {
    token = *call.own_token;
  } else {
    auto current = co_await ports_.tokens.bearer(settings_.identity);
    if (!current) co_return std::unexpected(std::move(current.error()));
    token = std::move(*current);
  }
  for (bool renewed = false;; renewed = true) {
    http::ClientRequest request;
    request.method = call.method;
    request.url = call.url;
    request.headers.add("Accept", "application/json");
    request.headers.add("TrackingID", call.tracking_id);
    request.headers.add("User-Agent", "wardroom");
    if (!call.body.empty()) request.headers.add("Content-Type", "application/json; charset=utf-8");
    request.body = call.body;
    request.bearer = token;
    request.timeout = call.timeout;
    ++counters_.requests;
    auto answer = co_await ports_.http.send(std::move(request));
    if (!answer) {
      answer.error().what =
          fmt::format("{} {}: {}", http::name(call.method), call.resource, answer.error().what);
      co_return answer;
    }
    if (answer->status >= 200 && answer->status < 300) co_return answer;
    auto error = judge(call, *answer);
    if (error.kind != ErrorKind::unauthorized || call.own_token || renewed)
      co_return std::unexpected(std::move(error));
    ++counters_.refused_tokens;
    auto fresh = co_await ports_.tokens.replace(settings_.identity, token);
    if (!fresh) co_return std::unexpected(std::move(fresh.error()));
    token = std::move(*fresh);
  }
}

Error WebexApi::judge(Call const& call, http::ClientResponse const& answer) {
  Error error{kind_of(answer.status),
              fmt::format("{} {} answered {} ({})", http::name(call.method), call.resource,
                          answer.status, meaning_of(answer.status)),
              std::nullopt};
  if (auto const words = words_of_error(answer.body); !words.empty()) error.what += ": " + words;
  if (auto const id = answer.headers.get("TrackingID"); !id.empty())
    error.what += fmt::format(" (tracking id {})", id.substr(0, 100));
  if (error.kind == ErrorKind::throttled) {
    ++counters_.throttled;
    auto const pause =
        http::parse_retry_after(answer.headers.get("Retry-After"), ports_.clock.now());
    error.retry_after = pause;
    auto& until = paused_until_[call.bucket];
    until = std::max(until, ports_.clock.uptime() + pause);
  }
  return error;
}

Task<Result<Person>> WebexApi::people_me(Secret bearer) {
  auto body = co_await get_with(std::move(bearer), "/people/me");
  if (!body) co_return std::unexpected(std::move(body.error()));
  co_return person_of(*body);
}

Task<Result<Person>> WebexApi::people_me() {
  auto body = co_await get("/people/me");
  if (!body) co_return std::unexpected(std::move(body.error()));
  co_return person_of(*body);
}

Task<Result<std::vector<Role>>> WebexApi::roles(Secret bearer) {
  auto body = co_await get_with(std::move(bearer), "/roles");
  if (!body) co_return std::unexpected(std::move(body.error()));
  co_return roles_of(*body);
}

Task<Result<std::vector<Role>>> WebexApi::roles() {
  auto body = co_await get("/roles");
  if (!body) co_return std::unexpected(std::move(body.error()));
  co_return roles_of(*body);
}

Task<Result<Organization>> WebexApi::organization(std::string org_id) {
  if (!org_id.empty()) {
    auto body =
        co_await get(fmt::format("/organizations/{}?callingData=true", percent_encode(org_id)));
    if (!body) co_return std::unexpected(std::move(body.error()));
    co_return organization_of(*body);
  }
  auto body = co_await get("/organizations?callingData=true");
  if (!body) co_return std::unexpected(std::move(body.error()));
  auto const items = body->is_object() ? body->find("items") : body->end();
  if (items == body->end() || !items->is_array() || items->empty())
    co_return failure(ErrorKind::not_found, "GET /organizations: the token sees no organisation");
  if (items->size() > 1)
    co_return failure(ErrorKind::conflict,
                      "GET /organizations: the token sees several organisations; set webex.org_id");
  co_return organization_of(items->front());
}

}  // namespace wardroom::webex
