#include "oauth/code_flow.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace wardroom::oauth {
namespace {
using nlohmann::json;

constexpr Milliseconds request_time{20'000};
/// Of an access token whose life was not told; a shorter one shows by a 401.
constexpr std::chrono::seconds assumed_life{3600};
/// Longer lives are a mistake of the server; without a bound they would overflow the sum.
constexpr std::int64_t longest_life_s = 10LL * 365 * 24 * 3600;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

/// Seconds as a number, or as digits in a string.
std::optional<std::int64_t> seconds(json const& body, char const* key) {
  auto const it = body.find(key);
  if (it == body.end()) return std::nullopt;
  std::int64_t value = -1;
  if (it->is_number()) {
    auto const number = it->get<double>();
    if (number >= 0 && number <= double(longest_life_s)) value = static_cast<std::int64_t>(number);
  } else if (it->is_string()) {
    auto const& text = it->get_ref<std::string const&>();
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) value = -1;
  }
  if (value < 0) return std::nullopt;
  return std::min(value, longest_life_s);
}

std::string text(json const& body, char const* key) {
  auto const it = body.find(key);
  return it != body.end() && it->is_string() ? it->get<std::string>() : std::string();
}

/// What the body says in words, one entry a sentence: Webex's shape and RFC 6749's.
std::vector<std::string> sentences(json const& body) {
  std::vector<std::string> out;
  auto add = [&out](std::string words) {
    if (!words.empty()) out.push_back(std::move(words));
  };
  for (char const* key : {"error", "error_description", "message"}) add(text(body, key));
  if (auto const errors = body.find("errors"); errors != body.end() && errors->is_array())
    for (auto const& item : *errors)
      if (item.is_object()) add(text(item, "description"));
  return out;
}

/// Whether one sentence says that the code or the refresh token itself is finished. "The
/// refresh_token field is missing" is our mistake and not the end of the grant.
bool says_finished(std::string sentence) {
  sentence = lower(sentence);
  if (sentence.find("invalid_grant") != std::string::npos) return true;
  for (std::string_view code : {"invalid_request", "invalid_client", "invalid_scope"})
    if (auto const at = sentence.find(code); at != std::string::npos)
      sentence.erase(at, code.size());
  auto has = [&sentence](std::string_view words) {
    return sentence.find(words) != std::string::npos;
  };
  bool const about_grant =
      has("refresh token") || has("refresh_token") || has("authorization code") || has("auth code");
  return about_grant && (has("expired") || has("revoked") || has("malformed") || has("invalid") ||
                         has("not valid") || has("not found"));
}

std::string joined(std::vector<std::string> const& sentences) {
  std::string out;
  for (auto const& sentence : sentences) out += (out.empty() ? "" : "; ") + sentence;
  return out;
}

/// Fit for a log line: printable, short, without anything that looks like a token.
std::string for_log(std::string_view words) {
  std::string out;
  std::size_t run = 0;
  for (char c : words.substr(0, 200)) {
    run = c == ' ' ? 0 : run + 1;
    if (run > 48) return "(text withheld: it may hold a secret)";
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  }
  return out;
}

Error refused(ErrorKind kind, http::ClientResponse const& answer, std::string const& words) {
  auto what = fmt::format("the token endpoint answered {}", answer.status);
  if (!words.empty()) what += fmt::format(": {}", for_log(words));
  if (auto const id = answer.headers.get("TrackingID"); !id.empty())
    what += fmt::format(" (tracking id {})", for_log(id));
  return {kind, std::move(what), std::nullopt};
}

TokenResult accept(json const& body, http::ClientResponse const& answer, Instant now) {
  auto access = text(body, "access_token");
  auto const life = seconds(body, "expires_in");
  if (access.empty())
    return std::unexpected(
        TokenError{Refusal::transient,
                   {ErrorKind::malformed, "the token endpoint answered 200 without a token"}});
  TokenAnswer out;
  out.access = Secret(std::move(access));
  if (auto refresh = text(body, "refresh_token"); !refresh.empty())
    out.refresh = Secret(std::move(refresh));
  out.issued_at = parse_http_date(answer.headers.get("Date")).value_or(now);
  // Refusing an answer without a life would throw away a rotated refresh token. RFC 6749 5.1.
  out.life_told = life.value_or(0) > 0;
  out.access_expires_at =
      out.issued_at + (out.life_told ? std::chrono::seconds(*life) : assumed_life);
  if (auto const refresh_life = seconds(body, "refresh_token_expires_in").value_or(0))
    out.refresh_expires_at = out.issued_at + std::chrono::seconds(refresh_life);
  if (auto const scopes = text(body, "scope"); !scopes.empty()) out.scopes = split_scopes(scopes);
  return out;
}

Task<TokenResult> ask(http::Client& http, Clock& clock, OAuthClient client, http::QueryPairs form) {
  form.emplace_back("client_id", client.client_id);
  form.emplace_back("client_secret", std::string(client.client_secret.reveal()));
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = client.token_url;
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.headers.add("Accept", "application/json");
  request.body = http::to_query(form);
  request.timeout = request_time;
  request.response_limit = 256u << 10;
  request.once = true;
  for (auto& [key, value] : form) sodium_memzero(value.data(), value.size());
  auto answer = co_await http.send(std::move(request));
  if (!answer) {
    auto error = std::move(answer.error());
    error.what = "the token endpoint gave no answer: " + error.what;
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
  auto const all = parsed ? sentences(body) : std::vector<std::string>();
  auto const words = joined(all);
  auto refuse = [&](Refusal refusal, ErrorKind kind) -> TokenResult {
    return std::unexpected(TokenError{refusal, refused(kind, answer, words)});
  };
  if (answer.status == 200) {
    if (parsed) return accept(body, answer, now);
    return refuse(Refusal::transient, ErrorKind::malformed);
  }
  if (answer.status == 429 || answer.status == 423) {
    auto error = refused(ErrorKind::throttled, answer, words);
    error.retry_after = http::parse_retry_after(answer.headers.get("Retry-After"), now);
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

std::optional<Instant> parse_http_date(std::string_view text) {
  // IMF-fixdate only: "Sun, 06 Nov 1994 08:49:37 GMT"
  static constexpr std::array<std::string_view, 12> months = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" ||
      text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  auto number = [&](std::size_t at, std::size_t length) {
    int value = -1;
    auto const* const begin = text.data() + at;
    auto const [end, error] = std::from_chars(begin, begin + length, value);
    return error == std::errc{} && end == begin + length ? value : -1;
  };
  auto const month = std::ranges::find(months, text.substr(8, 3));
  int const day = number(5, 2), year = number(12, 4);
  int const hour = number(17, 2), minute = number(20, 2), second = number(23, 2);
  if (month == months.end() || day < 1 || year < 1970 || hour < 0 || hour > 23 || minute < 0 ||
      minute > 59 || second < 0 || second > 60)
    return std::nullopt;
  std::chrono::year_month_day const date{
      std::chrono::year(year),
      std::chrono::month(static_cast<unsigned>(month - months.begin() + 1)),
      std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return Instant(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

}  // namespace wardroom::oauth
