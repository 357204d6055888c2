#include "oauth/code_flow.hpp"

#include "base/encoding.hpp"
#include "base/time_text.hpp"
#include "oauth/answer_reading.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sodium.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace wardroom::oauth {
namespace {
using nlohmann::json;

constexpr Milliseconds request_time{20'000};
/// Of an access token whose life was not told; a shorter one shows by a 401.
constexpr std::chrono::seconds assumed_life{3600};

/// Whether one sentence says that the code or the refresh token itself is finished. "The
/// refresh_token field is missing" is our mistake and not the end of the grant.
bool says_finished(std::string sentence) {
  sentence = lower_case(sentence);
  if (sentence.find("invalid_grant") != std::string::npos) return true;
  for (std::string_view code : {"invalid_request", "invalid_client", "invalid_scope"})
    if (auto const at = sentence.find(code); at != std::string::npos)
      sentence.erase(at, code.size());
  auto has = [&sentence](std::string_view words) {
    return sentence.find(words) != std::string::npos;
  };
  bool const about_grant = has("refresh token") || has("refresh_token") ||
                           has("authorization code") || has("auth code") ||
                           (has("refresh the access token") && has("the token is "));
  return about_grant && (has("expired") || has("revoked") || has("malformed") || has("invalid") ||
                         has("not valid") || has("not found"));
}

/// Taken out of the body, so that nothing of it stays there.
Secret take_secret(json& body, char const* key) {
  auto const it = body.find(key);
  if (it == body.end() || !it->is_string()) return {};
  return Secret(std::move(it->get_ref<std::string&>()));
}

TokenResult accept(json& body, http::ClientResponse const& answer, Instant now) {
  auto access = take_secret(body, "access_token");
  auto const life = seconds_of(body, "expires_in");
  if (access.empty())
    return std::unexpected(TokenError{
        Refusal::transient,
        endpoint_error(ErrorKind::malformed, "the token endpoint", answer, "no token in it")});
  TokenAnswer out;
  out.access = std::move(access);
  if (auto refresh = take_secret(body, "refresh_token"); !refresh.empty())
    out.refresh = std::move(refresh);
  out.issued_at = parse_http_date(answer.headers.get("Date")).value_or(now);
  // Refusing an answer without a life would throw away a rotated refresh token. RFC 6749 5.1.
  out.life_told = life.value_or(0) > 0;
  out.access_expires_at =
      out.issued_at + (out.life_told ? std::chrono::seconds(*life) : assumed_life);
  if (auto const refresh_life = seconds_of(body, "refresh_token_expires_in").value_or(0))
    out.refresh_expires_at = out.issued_at + std::chrono::seconds(refresh_life);
  if (auto const scopes = text_of(body, "scope"); !scopes.empty())
    out.scopes = split_scopes(scopes);
  return out;
}

/// Names this request in our log and for Webex's support; need not be secret. By its moment, and
/// its number within that, so that the same hour played again has the same names.
std::string tracking_id(Clock& clock) {
  static std::int64_t last = 0, count = 0;
  auto const now = unix_ms(clock.now());
  count = std::exchange(last, now) == now ? count + 1 : 1;
  return fmt::format("WARD_oauth_{:x}_{}", now, count);
}

Task<TokenResult> ask(http::Client& http, Clock& clock, OAuthClient client, http::QueryPairs form) {
  form.emplace_back("client_id", client.client_id);
  form.emplace_back("client_secret", std::string(client.client_secret.reveal()));
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = client.token_url;
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.headers.add("Accept", "application/json");
  auto const tracking = tracking_id(clock);
  request.headers.add("TrackingID", tracking);
  request.body = http::to_query(form);
  request.timeout = request_time;
  request.response_limit = 256u << 10;
  request.once = true;
  for (auto& [key, value] : form) sodium_memzero(value.data(), value.size());
  auto answer = co_await http.send(std::move(request));
  if (!answer) {
    auto error = std::move(answer.error());
    error.what = fmt::format("the token endpoint gave no answer: {} (our tracking id {})",
                             error.what, tracking);
    co_return std::unexpected(TokenError{Refusal::transient, std::move(error)});
  }
  auto result = judge_token_answer(*answer, clock.now());
  sodium_memzero(answer->body.data(), answer->body.size());
  co_return result;
}

}  // namespace

Pkce make_pkce(Random& random) {
  auto verifier = random.token();
  auto challenge = to_base64url(sha256(verifier));
  return {Secret(std::move(verifier)), std::move(challenge)};
}

std::string authorize_url(OAuthClient const& client, std::vector<std::string> const& scopes,
                          std::string const& state, std::string const& challenge) {
  auto const separator = client.authorize_url.find('?') == std::string::npos ? '?' : '&';
  // Written out here, because a space must be sent as %20.
  return fmt::format(
      "{}{}response_type=code&client_id={}&redirect_uri={}&scope={}&state={}&code_challenge={}"
      "&code_challenge_method=S256",
      client.authorize_url, separator, percent_encode(client.client_id),
      percent_encode(client.redirect_uri), percent_encode(join_scopes(scopes)),
      percent_encode(state), percent_encode(challenge));
}

TokenResult judge_token_answer(http::ClientResponse const& answer, Instant now) {
  auto body = json::parse(answer.body, nullptr, false);
  bool const parsed = body.is_object();
  auto const all = parsed ? sentences_of(body) : std::vector<std::string>();
  auto const words = joined_sentences(all);
  auto refuse = [&](Refusal refusal, ErrorKind kind) -> TokenResult {
    return std::unexpected(
        TokenError{refusal, endpoint_error(kind, "the token endpoint", answer, words)});
  };
  if (answer.status == 200) {
    if (parsed) return accept(body, answer, now);
    return refuse(Refusal::transient, ErrorKind::malformed);
  }
  if (answer.status == 429 || answer.status == 423) {
    auto error = endpoint_error(ErrorKind::throttled, "the token endpoint", answer, words);
    error.retry_after = http::parse_retry_after(answer.headers.get("Retry-After"), now);
    error.not_done = true;
    return std::unexpected(TokenError{Refusal::transient, std::move(error)});
  }
  if ((answer.status == 400 || answer.status == 401) && parsed) {
    if (std::ranges::any_of(all, says_finished))
      return refuse(Refusal::retired, ErrorKind::unauthorized);
    return refuse(Refusal::configuration, ErrorKind::denied);
  }
  if (answer.status >= 500) return refuse(Refusal::transient, ErrorKind::unavailable);
  return refuse(Refusal::transient, ErrorKind::malformed);
}

Task<TokenResult> exchange_code(http::Client& http, Clock& clock, OAuthClient client, Secret code,
                                Secret verifier) {
  http::QueryPairs form{{"grant_type", "authorization_code"},
                        {"code", std::string(code.reveal())},
                        {"redirect_uri", client.redirect_uri},
                        {"code_verifier", std::string(verifier.reveal())}};
  return ask(http, clock, std::move(client), std::move(form));
}

Task<TokenResult> refresh_grant(http::Client& http, Clock& clock, OAuthClient client,
                                Secret refresh) {
  http::QueryPairs form{{"grant_type", "refresh_token"},
                        {"refresh_token", std::string(refresh.reveal())}};
  return ask(http, clock, std::move(client), std::move(form));
}

Grant grant_of(std::string identity, TokenAnswer answer,
               std::vector<std::string> const& asked_scopes) {
  Grant grant;
  grant.identity = std::move(identity);
  grant.access = std::move(answer.access);
  if (answer.refresh) grant.refresh = std::move(*answer.refresh);
  grant.scopes = asked_scopes;
  if (answer.scopes) grant.scopes = std::move(*answer.scopes);
  grant.issued_at = answer.issued_at;
  grant.access_expires_at = answer.access_expires_at;
  grant.refresh_expires_at = answer.refresh_expires_at;
  return grant;
}

}  // namespace wardroom::oauth
