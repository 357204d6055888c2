#include "cisco/webex/webex_api.hpp"

#include "base/log.hpp"
#include "runtime/backoff.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::webex {
namespace {
using nlohmann::json;

constexpr Milliseconds first_wait{500}, longest_wait{10'000};
constexpr Milliseconds urgent_patience{10'000};
constexpr Milliseconds login_patience{5'000}, login_timeout{15'000};
/// Of one request, however often the service asks for a pause.
constexpr int most_pauses = 20;

/// "GET /people": what an operator is told, without ids and filters.
std::string_view resource_of(std::string_view path) {
  return path.substr(0, std::min(path.find('/', 1), path.find('?')));
}

/// Words from outside may be no UTF-8; a message with a mark in their place is better than none.
std::string text_of(json const& body) {
  return body.is_null() ? std::string() : body.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string tracking_words(http::Headers const& headers) {
  auto const id = headers.get("TrackingID");
  return id.empty() ? std::string() : fmt::format(" (tracking id {})", id.substr(0, 100));
}

}  // namespace

/// One request through all its attempts.
struct WebexApi::Call {
  http::Method method = http::Method::get;
  std::string url;
  std::string resource;  ///< "/people"
  std::string body;
  SendManner manner{};
  std::optional<Secret> own_token;
  std::string tracking_id;
  Milliseconds timeout, patience;
  Uptime give_up{};
  bool bucket_paused = false;  ///< by the last attempt
  bool may_shrink = false;     ///< a page that could be asked for smaller: less patience with 504
  Refused* refused = nullptr;
};

WebexApi::WebexApi(Ports ports, WebexSettings settings)
    : ports_(std::move(ports)),
      settings_(std::move(settings)),
      buckets_(ports_.buckets
                   ? ports_.buckets
                   : std::make_shared<RateBuckets>(ports_.clock, ports_.random, settings_.limits)) {
  while (settings_.base_url.ends_with('/')) settings_.base_url.pop_back();
}

Task<Result<json>> WebexApi::get(std::string path, Refused* refused) {
  Call call{.url = settings_.base_url + path,
            .resource = std::string(resource_of(path)),
            .timeout = settings_.timeout,
            .patience = settings_.patience,
            .refused = refused};
  co_return co_await fetch(call);
}

Task<Result<std::string>> WebexApi::get_raw(std::string path, Refused* refused) {
  Refused unused;
  auto answer = co_await get_page(settings_.base_url + path, false, refused ? *refused : unused);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return std::move(answer->body);
}

/// What is not a plain 200 is no page of a list: 203 says that somebody changed it on the way, 206
/// that it is a part.
Task<Result<http::ClientResponse>> WebexApi::get_page(std::string url, bool may_shrink,
                                                      Refused& refused) {
  auto const path = std::string_view(url).substr(settings_.base_url.size());
  Call call{.url = url,
            .resource = std::string(resource_of(path)),
            .timeout = settings_.timeout,
            .patience = settings_.patience,
            .may_shrink = may_shrink,
            .refused = &refused};
  auto answer = co_await answer_to(call);
  if (!answer || answer->status == 200) co_return answer;
  refused.status = answer->status;
  co_return failure(ErrorKind::malformed,
                    fmt::format("GET {} answered {} where only 200 is a whole answer{}",
                                call.resource, answer->status, tracking_words(answer->headers)));
}

Task<Result<json>> WebexApi::get_urgently(std::string path) {
  Call call{.url = settings_.base_url + path,
            .resource = std::string(resource_of(path)),
            .manner = {.urgent = true},
            .timeout = urgent_patience,
            .patience = urgent_patience};
  co_return co_await fetch(call);
}

Task<Result<json>> WebexApi::get_with(Secret bearer, std::string path) {
  Call call{.url = settings_.base_url + path,
            .resource = std::string(resource_of(path)),
            .own_token = std::move(bearer),
            .timeout = login_timeout,
            .patience = login_patience};
  co_return co_await fetch(call);
}

Task<Result<json>> WebexApi::send(http::Method method, std::string path, json body,
                                  SendManner manner, Refused* refused) {
  Call call{.method = method,
            .url = settings_.base_url + path,
            .resource = std::string(resource_of(path)),
            .body = text_of(body),
            .manner = manner,
            .timeout = settings_.timeout,
            .patience = settings_.patience,
            .refused = refused};
  co_return co_await fetch(call);
}

std::string WebexApi::waiting_for() const {
  auto const quiet = buckets_->quiet(settings_.identity);
  if (!quiet) return {};
  return fmt::format("Webex asks for {} s of quiet",
                     std::chrono::ceil<std::chrono::seconds>(quiet->left).count());
}

Task<Result<http::ClientResponse>> WebexApi::answer_to(Call& call) {
  call.tracking_id = "WARD_" + ports_.random.uuid();
  call.give_up = ports_.clock.uptime() + call.patience;
  auto answer = co_await exchange(call);
  if (!answer) {
    ++counters_.failures;
    log::warning("a Webex request failed",
                 {{"why", answer.error().what}, {"tracking_id", call.tracking_id}});
  }
  co_return answer;
}

/// All attempts, then the body as JSON.
Task<Result<json>> WebexApi::fetch(Call& call) {
  auto answer = co_await answer_to(call);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  if (answer->body.empty()) co_return json();
  auto body = parse_json(answer->body);
  if (!body) {
    ++counters_.failures;
    body.error().what =
        fmt::format("{} {} answered {}, but {}{}", http::name(call.method), call.resource,
                    answer->status, body.error().what, tracking_words(answer->headers));
    log::warning("a Webex answer is not understood",
                 {{"why", body.error().what}, {"tracking_id", call.tracking_id}});
  }
  co_return body;
}

/// Whether the same request may be sent again: nothing happened, or happening twice does no harm.
bool WebexApi::may_go_again(Call const& call, Error const& error) const {
  if (!is_transient(error.kind)) return false;
  if (error.retry_after && ports_.clock.uptime() + *error.retry_after > call.give_up) return false;
  bool const changes_twice =
      call.method == http::Method::put || call.method == http::Method::delete_;
  return error.not_done || call.method == http::Method::get ||
         (changes_twice && call.manner.idempotent) ||
         (call.method == http::Method::post && call.manner.once_by_itself);
}

Task<Result<http::ClientResponse>> WebexApi::exchange(Call& call) {
  if (http::origin_of(call.url) != http::origin_of(settings_.base_url)) {
    Error stray{ErrorKind::denied, fmt::format("{} {} would leave the configured service; not sent",
                                               http::name(call.method), call.resource)};
    stray.not_done = true;
    co_return std::unexpected(std::move(stray));
  }
  Backoff backoff(first_wait, longest_wait);
  auto const attempts = call.manner.attempts > 0 ? call.manner.attempts : settings_.attempts;
  for (int tries = 1, pauses = 0;; ++tries) {
    Refused last;
    auto answer = co_await attempt(call, last);
    if (answer) co_return answer;
    last.maybe_done |= call.refused && call.refused->maybe_done;
    if (call.refused) *call.refused = last;
    bool const rather_shrink = call.may_shrink && tries >= 2 && last.status == 504;
    if (tries >= attempts || rather_shrink || !may_go_again(call, answer.error())) co_return answer;
    auto const asked = answer.error().retry_after.value_or(Milliseconds(0));
    // Who was asked to wait, and waited, has not tried in vain.
    if (answer.error().kind == ErrorKind::throttled && asked > first_wait &&
        ++pauses <= most_pauses)
      --tries;
    auto wait = std::max(backoff.next(ports_.random) + first_wait / 2, asked);
    // A longer pause of the service is waited for at the door of the bucket, with everybody else.
    if (std::exchange(call.bucket_paused, false) && asked > first_wait) wait = Milliseconds(0);
    if (ports_.clock.uptime() + wait > call.give_up) co_return answer;
    ++counters_.retries;
    log::info("a Webex request is repeated",
              {{"why", answer.error().what}, {"tracking_id", call.tracking_id}});
    if (wait > Milliseconds(0)) co_await ports_.clock.sleep_for(wait);
  }
}

/// One attempt; a refused token is renewed and tried once more within it.
Task<Result<http::ClientResponse>> WebexApi::attempt(Call& call, Refused& refused) {
  auto named = [&call](Error error) {
    error.what = fmt::format("{} {}: {}", http::name(call.method), call.resource, error.what);
    return std::unexpected(std::move(error));
  };
  auto const identity = call.own_token ? std::string("login") : settings_.identity;
  auto const place = co_await buckets_->enter({.identity = identity,
                                               .resource = call.resource,
                                               .write = call.method != http::Method::get,
                                               .urgent = call.manner.urgent,
                                               .give_up = call.give_up});
  if (!place) co_return named(place.error());
  Secret token;
  if (call.own_token) {
    token = *call.own_token;
  } else {
    auto current = co_await ports_.tokens.bearer(settings_.identity);
    if (!current) {
      current.error().not_done = true;
      co_return std::unexpected(std::move(current.error()));
    }
    token = std::move(*current);
  }
  for (bool renewed = false;; renewed = true) {
    if (call.manner.wanted && !call.manner.wanted())
      co_return named(Error{ErrorKind::cancelled, "not sent: it is not wanted any more", {}, true});
    ++counters_.requests;
    auto answer = co_await ports_.http.send(request(call, token));
    refused = {};
    if (!answer) {
      refused.maybe_done = !answer.error().not_done;
      co_return named(std::move(answer.error()));
    }
    if (answer->status >= 200 && answer->status < 300) co_return answer;
    auto error = refusal(call.method, call.resource, *answer, ports_.clock.now());
    refused = refused_by(*answer, error);
    if (error.kind == ErrorKind::throttled) ++counters_.throttled;
    if (error.retry_after) {
      buckets_->pause(identity, call.resource, *error.retry_after);
      call.bucket_paused = true;
    }
    if (error.kind != ErrorKind::unauthorized || call.own_token || renewed)
      co_return std::unexpected(std::move(error));
    ++counters_.refused_tokens;
    auto fresh = co_await ports_.tokens.replace(settings_.identity, token);
    if (!fresh) {
      fresh.error().not_done = true;
      co_return std::unexpected(std::move(fresh.error()));
    }
    token = std::move(*fresh);
  }
}

http::ClientRequest WebexApi::request(Call const& call, Secret const& token) const {
  http::ClientRequest out;
  out.method = call.method;
  out.url = call.url;
  out.headers.add("Accept", "application/json");
  out.headers.add("TrackingID", call.tracking_id);
  if (!call.body.empty()) out.headers.add("Content-Type", "application/json; charset=utf-8");
  out.body = call.body;
  out.bearer = token;
  out.timeout = call.timeout;
  out.urgent = call.manner.urgent;
  out.idempotent = call.manner.idempotent;
  return out;
}

}  // namespace wardroom::webex
