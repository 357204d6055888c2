#include "cisco/webex/webex_refusal.hpp"

#include "cisco/webex/webex_json.hpp"
#include "http/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace wardroom::webex {
namespace {

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

std::string meaning_of(http::ClientResponse const& answer) {
  switch (answer.status) {
    case 401:
      return "the token is refused";
    case 403:
      return "not allowed: a scope or role is missing";
    case 423:
      return "locked for now";
    case 429:
      return "too many requests";
    case 451: {
      auto const host = region_host(answer.body);
      return host ? fmt::format(
                        "the organisation's data is in another region: set webex.api to "
                        "https://{}/v1",
                        *host)
                  : "the organisation's data is in another region: set webex.api to that region's "
                    "host";
    }
    default:
      return std::string(http::reason_phrase(answer.status));
  }
}

bool is_host_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 && host.find("..") == host.npos &&
         std::ranges::all_of(host, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
         });
}

}  // namespace

std::optional<std::string> region_host(std::string_view body) {
  auto const words = words_of_error(body);
  std::string_view text = words;
  while (!text.empty() && std::string_view(" .,;!").contains(text.back())) text.remove_suffix(1);
  if (auto const space = text.rfind(' '); space != text.npos) text.remove_prefix(space + 1);
  if (auto const scheme = text.find("://"); scheme != text.npos) text.remove_prefix(scheme + 3);
  std::string host(text.substr(0, text.find_first_of("/?#")));
  std::ranges::transform(host, host.begin(),
                         [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  static constexpr std::array<std::string_view, 3> ours = {".webex.com", ".webexapis.com",
                                                           ".ciscospark.com"};
  bool const cisco = std::ranges::any_of(ours, [&](std::string_view suffix) {
    return host == suffix.substr(1) || host.ends_with(suffix);
  });
  if (!cisco || !is_host_name(host) || host.starts_with('.')) return std::nullopt;
  return host;
}

Refused refused_by(http::ClientResponse const& answer, Error const& error) {
  Refused out{.status = answer.status,
              .maybe_done = is_transient(error.kind) && !error.not_done,
              .words = words_of_error(answer.body)};
  auto const body = nlohmann::json::parse(answer.body, nullptr, false);
  if (!body.is_object()) return out;
  auto const has = [&](char const* key, auto const& fits) {
    auto const it = body.find(key);
    return it != body.end() && fits(*it);
  };
  auto const is_text = [](auto const& value) { return value.is_string(); };
  out.own_words = has("trackingId", is_text) || has("message", is_text) ||
                  has("errors", [](auto const& value) { return value.is_array(); });
  return out;
}

Error refusal(http::Method method, std::string_view resource, http::ClientResponse const& answer,
              Instant now) {
  Error error{kind_of(answer.status),
              fmt::format("{} {} answered {} ({}{})", http::name(method), resource, answer.status,
                          meaning_of(answer), http::redirect_words(answer.status, answer.headers))};
  if (auto const words = words_of_error(answer.body); !words.empty()) error.what += ": " + words;
  if (auto const id = answer.headers.get("TrackingID"); !id.empty())
    error.what += fmt::format(" (tracking id {})", id.substr(0, 100));
  auto const asked = answer.headers.get("Retry-After");
  if (error.kind == ErrorKind::throttled || (answer.status == 503 && !asked.empty()))
    error.retry_after = http::parse_retry_after(asked, now);
  error.not_done = answer.status == 429;
  return error;
}

}  // namespace wardroom::webex
