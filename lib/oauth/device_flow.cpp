#include "oauth/device_flow.hpp"

#include "base/encoding.hpp"
#include "oauth/answer_reading.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>

namespace wardroom::oauth {
namespace {
using nlohmann::json;

constexpr Milliseconds request_time{20'000};
constexpr Milliseconds default_life{300'000}, longest_life{1'800'000};
constexpr Milliseconds default_interval{5'000}, least_interval{1'000}, longest_interval{60'000};
constexpr Milliseconds slower_by{5'000};
constexpr Milliseconds news_every{5'000};
constexpr auto again = "run `wardroomctl login` again";
constexpr auto check_client =
    "check client_id and client_secret_file of the identity in wardroom.yaml, and that the "
    "integration is registered with the four device redirect addresses (docs/logins.md); or use "
    "`wardroomctl login --browser`";

/// A keyword of the error, whatever shape it came in: alone in a sentence, or as a word of it.
bool says(std::vector<std::string> const& sentences, std::string_view keyword) {
  return std::ranges::any_of(sentences, [&](std::string const& sentence) {
    return lower_case(sentence).find(keyword) != std::string::npos;
  });
}

struct Meaning {
  std::string_view keyword;
  DeviceEnd end;
  ErrorKind kind;
  std::string_view sentence, remedy;
};
constexpr std::array meanings{
    Meaning{"access_denied", DeviceEnd::denied, ErrorKind::denied,
            "the login was refused by the person or by their organization",
            "run `wardroomctl login` again if that was a mistake"},
    Meaning{"expired_token", DeviceEnd::expired, ErrorKind::timed_out,
            "nobody allowed the login before its code ended", again},
    Meaning{"tokenlimit_reached", DeviceEnd::token_limit, ErrorKind::denied,
            "this account holds as many live tokens as Webex allows (750)",
            "revoke unused logins of the account at the Webex identity profile page, or log in "
            "with another administrator"},
    Meaning{"unsupported_grant_type", DeviceEnd::configuration, ErrorKind::denied,
            "this integration may not use the device login", check_client},
    Meaning{"invalid_client", DeviceEnd::configuration, ErrorKind::denied,
            "Webex refuses the client id or secret of this identity", check_client},
    Meaning{"invalid_scope", DeviceEnd::configuration, ErrorKind::denied,
            "a scope that is asked for is not registered with the integration",
            "add the scopes to the integration in the Webex developer portal, then log in again"},
    Meaning{"invalid_grant", DeviceEnd::code_gone, ErrorKind::conflict,
            "Webex does not know this login's code any more: it was used, or it ended", again},
    Meaning{"invalid_request", DeviceEnd::configuration, ErrorKind::denied,
            "Webex does not take the request", check_client},
};

DeviceRefusal refuse(Meaning const& meaning, http::ClientResponse const& answer,
                     std::string const& words) {
  auto detail = endpoint_error(meaning.kind, "Webex", answer, words);
  detail.what = fmt::format("{} ({})", meaning.sentence, detail.what);
  return {meaning.end, std::move(detail), std::string(meaning.remedy)};
}

std::optional<DeviceRefusal> known_refusal(http::ClientResponse const& answer,
                                           std::vector<std::string> const& sentences) {
  for (auto const& meaning : meanings)
    if (says(sentences, meaning.keyword))
      return refuse(meaning, answer, joined_sentences(sentences));
  return std::nullopt;
}

/// An address fit to be shown and opened: http(s), printable, of bearable length.
bool is_address(std::string const& url) {
  return http::origin_of(url) && url.size() <= 2048 &&
         std::ranges::all_of(url, [](unsigned char c) { return c > 0x20 && c < 0x7F; });
}

bool is_user_code(std::string const& code) {
  return !code.empty() && code.size() <= 64 &&
         std::ranges::all_of(code, [](unsigned char c) { return c >= 0x20 && c < 0x7F; });
}

/// Codes come as numbers too.
std::string text_or_number(json const& body, char const* key) {
  auto const it = body.find(key);
  return it != body.end() && it->is_number_integer() ? it->dump() : text_of(body, key);
}

DeviceStart read_start(json const& body) {
  DeviceCode code;
  code.device_code = Secret(text_of(body, "device_code"));
  code.user_code = text_or_number(body, "user_code");
  code.url = text_of(body, "verification_uri");
  if (code.url.empty()) code.url = text_of(body, "verification_url");
  code.url_complete = text_of(body, "verification_uri_complete");
  if (!is_address(code.url_complete)) code.url_complete.clear();
  if (code.device_code.empty() || !is_user_code(code.user_code) || !is_address(code.url))
    return std::unexpected(
        DeviceRefusal{DeviceEnd::unavailable,
                      {ErrorKind::malformed, "Webex began the login without a code or an address"},
                      again});
  auto const span = [&](char const* key, Milliseconds otherwise) {
    auto const told = seconds_of(body, key);
    return told ? Milliseconds(std::chrono::seconds(*told)) : otherwise;
  };
  code.life = std::clamp(span("expires_in", default_life), Milliseconds(1'000), longest_life);
  code.interval = std::clamp(span("interval", default_interval), least_interval, longest_interval);
  return code;
}

http::ClientRequest form_request(std::string url, http::QueryPairs form) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = std::move(url);
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.headers.add("Accept", "application/json");
  request.body = http::to_query(form);
  request.timeout = request_time;
  request.response_limit = 256u << 10;
  request.once = true;
  for (auto& [key, value] : form) sodium_memzero(value.data(), value.size());
  return request;
}

Task<DeviceAnswer> poll_device(http::Client& http, Clock& clock, OAuthClient const& client,
                               DeviceCode const& code) {
  auto request = form_request(client.device_token_url,
                              {{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                               {"device_code", std::string(code.device_code.reveal())},
                               {"client_id", client.client_id}});
  request.basic = {client.client_id, client.client_secret};
  auto answer = co_await http.send(std::move(request));
  if (!answer) {
    DevicePending trouble{DevicePending::Why::trouble, answer.error().retry_after,
                          std::move(answer.error().what)};
    co_return trouble;
  }
  auto verdict = judge_device_answer(*answer, clock.now());
  sodium_memzero(answer->body.data(), answer->body.size());
  co_return verdict;
}

}  // namespace

std::string device_token_url(std::string_view device_url) {
  constexpr std::string_view start = "authorize";
  auto const path = device_url.substr(0, device_url.find('?'));
  if (!path.ends_with(start)) return std::string(path) + "/token";
  return std::string(path.substr(0, path.size() - start.size())) + "token";
}

DeviceStart judge_device_start(http::ClientResponse const& answer, Instant now) {
  auto const body = json::parse(answer.body, nullptr, false);
  auto const sentences = body.is_object() ? sentences_of(body) : std::vector<std::string>();
  auto const words = joined_sentences(sentences);
  if (answer.status == 200 && body.is_object()) return read_start(body);
  auto end = [&](DeviceEnd what, ErrorKind kind, std::string_view remedy) {
    return std::unexpected(DeviceRefusal{
        what, endpoint_error(kind, "the device login", answer, words), std::string(remedy)});
  };
  if (answer.status == 429 || answer.status == 423) {
    auto const pause = http::parse_retry_after(answer.headers.get("Retry-After"), now);
    auto refusal = end(DeviceEnd::unavailable, ErrorKind::throttled,
                       fmt::format("Webex asks for a pause: {} in {} s", again,
                                   std::max<std::int64_t>(
                                       1, std::chrono::ceil<std::chrono::seconds>(pause).count())));
    refusal.error().error.retry_after = pause;
    return refusal;
  }
  if (answer.status >= 400 && answer.status < 500) {
    if (auto known = known_refusal(answer, sentences)) return std::unexpected(std::move(*known));
    if (body.is_object()) return end(DeviceEnd::configuration, ErrorKind::denied, check_client);
  }
  return end(DeviceEnd::unavailable,
             answer.status >= 500 ? ErrorKind::unavailable : ErrorKind::malformed,
             "try again in a minute; check webex.device_url in wardroom.yaml and the way there");
}

DeviceAnswer judge_device_answer(http::ClientResponse const& answer, Instant now) {
  using Why = DevicePending::Why;
  auto const body = json::parse(answer.body, nullptr, false);
  auto const sentences = body.is_object() ? sentences_of(body) : std::vector<std::string>();
  auto const words = joined_sentences(sentences);
  auto trouble = [&] {
    return DevicePending{Why::trouble, std::nullopt,
                         endpoint_error(ErrorKind::unavailable, "Webex", answer, words).what};
  };
  if (answer.status == 200) {
    auto token = judge_token_answer(answer, now);
    if (!token) return trouble();
    return std::move(*token);
  }
  if (answer.status == 429 || answer.status == 423)
    return DevicePending{says(sentences, "slow_down") ? Why::slow_down : Why::throttled,
                         http::parse_retry_after(answer.headers.get("Retry-After"), now)};
  if (answer.status < 400 || answer.status >= 500) return trouble();
  if (says(sentences, "slow_down")) return DevicePending{Why::slow_down};
  if (answer.status == 428 || says(sentences, "authorization_pending"))
    return DevicePending{Why::waiting};
  if (!body.is_object()) return trouble();
  if (auto known = known_refusal(answer, sentences)) return std::move(*known);
  if (answer.status == 401)
    return refuse({"", DeviceEnd::configuration, ErrorKind::denied,
                   "Webex refuses the client id or secret of this identity", check_client},
                  answer, words);
  if (answer.status == 400)
    return refuse({"", DeviceEnd::unknown, ErrorKind::denied, "Webex refuses the login",
                   "run `wardroomctl login` again, or use `wardroomctl login --browser`"},
                  answer, words);
  return trouble();
}

Milliseconds DevicePace::after(DevicePending const& answer) {
  using Why = DevicePending::Why;
  if (answer.why == Why::trouble) {
    troubles_ = std::min(troubles_ + 1, 6);
    return std::max(std::min(interval_ * (1 << troubles_), longest_interval), interval_);
  }
  troubles_ = 0;
  if (answer.why == Why::slow_down) interval_ += slower_by;
  return std::max(interval_, answer.pause.value_or(Milliseconds(0)));
}

Task<DeviceStart> start_device(http::Client& http, Clock& clock, OAuthClient client,
                               std::vector<std::string> scopes) {
  auto answer = co_await http.send(form_request(
      client.device_url, {{"client_id", client.client_id}, {"scope", join_scopes(scopes)}}));
  if (!answer) {
    auto error = std::move(answer.error());
    error.what = "the device login could not be begun: " + error.what;
    co_return std::unexpected(DeviceRefusal{
        DeviceEnd::unavailable, std::move(error),
        "try again in a minute; check webex.device_url in wardroom.yaml and the way there"});
  }
  auto code = judge_device_start(*answer, clock.now());
  sodium_memzero(answer->body.data(), answer->body.size());
  co_return code;
}

Task<DeviceResult> await_device(http::Client& http, Clock& clock, OAuthClient client,
                                DeviceCode code, std::function<void(DeviceNews const&)> tell) {
  auto const ends = clock.uptime() + code.life;
  auto const left = [&] {
    return std::max(std::chrono::duration_cast<Milliseconds>(ends - clock.uptime()),
                    Milliseconds(0));
  };
  DevicePace pace(code.interval);
  std::string last_trouble;
  auto next = clock.uptime() + pace.interval();
  for (;;) {
    while (clock.uptime() < std::min(next, ends)) {
      co_await clock.sleep_until(std::min({next, ends, clock.uptime() + news_every}));
      if (clock.uptime() < ends) tell({false, left(), pace.interval()});
    }
    if (clock.uptime() >= ends) {
      std::string what = "nobody allowed the login before its code ended";
      if (!last_trouble.empty())
        what += fmt::format("; the last answer was no good: {}", last_trouble);
      co_return std::unexpected(
          DeviceRefusal{DeviceEnd::expired, {ErrorKind::timed_out, std::move(what)}, again});
    }
    auto answer = co_await poll_device(http, clock, client, code);
    if (auto* token = std::get_if<TokenAnswer>(&answer)) co_return std::move(*token);
    if (auto* refusal = std::get_if<DeviceRefusal>(&answer))
      co_return std::unexpected(std::move(*refusal));
    auto const& pending = std::get<DevicePending>(answer);
    last_trouble = pending.words;
    next = clock.uptime() + pace.after(pending);
    if (pending.why == DevicePending::Why::slow_down) tell({true, left(), pace.interval()});
  }
}

}  // namespace wardroom::oauth
