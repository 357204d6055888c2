#include "front/cookies.hpp"

#include "http/client.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wardroom::front {
namespace {

constexpr std::size_t token_length = 43;  // 256 bits in base64url

bool looks_like_ours(std::string_view value) {
  return value.size() == token_length && std::ranges::all_of(value, [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

std::string_view word(CookieKind kind) {
  switch (kind) {
    case CookieKind::person:
      return "person";
    case CookieKind::admin:
      return "admin";
    case CookieKind::guest:
      return "guest";
    case CookieKind::login:
      return "login";
  }
  return "login";
}

}  // namespace

Cookies::Cookies(std::string const& public_url) : secure_(!public_url.starts_with("http://")) {
  for (auto kind : {CookieKind::person, CookieKind::admin, CookieKind::guest, CookieKind::login})
    names_[static_cast<std::size_t>(kind)] =
        fmt::format("{}wardroom_{}", secure_ ? "__Host-" : "", word(kind));
}

std::string const& Cookies::name(CookieKind kind) const {
  return names_[static_cast<std::size_t>(kind)];
}

std::string Cookies::set(CookieKind kind, std::string_view value,
                         std::chrono::seconds max_age) const {
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}", name(kind), value,
                     max_age.count(), secure_ ? "; Secure" : "");
}

std::string Cookies::clear(CookieKind kind) const { return set(kind, "", std::chrono::seconds(0)); }

std::optional<std::string> Cookies::read(http::ServerRequest const& request,
                                         CookieKind kind) const {
  auto const value = find(request, kind);
  if (!value) return std::nullopt;
  return std::string(*value);
}

std::optional<std::string_view> Cookies::find(http::ServerRequest const& request,
                                              CookieKind kind) const {
  for (auto const& [field, text] : *request.headers)
    if (http::equal_ignoring_case(field, "Cookie"))
      if (auto const value = http::cookie(text, name(kind)); value && looks_like_ours(*value))
        return value;
  return std::nullopt;
}

std::string origin_text(std::string_view url) {
  auto const origin = http::origin_of(url);
  if (!origin) return "";
  bool const usual = origin->port == (origin->scheme == "https" ? 443 : 80);
  bool const v6 = origin->host.find(':') != std::string::npos && !origin->host.starts_with('[');
  return fmt::format("{}://{}{}{}{}", origin->scheme, v6 ? "[" : "", origin->host, v6 ? "]" : "",
                     usual ? "" : fmt::format(":{}", origin->port));
}

bool comes_from_us(http::ServerRequest const& request, std::string_view own_origin) {
  for (auto const& [field, value] : *request.headers) {
    if (http::equal_ignoring_case(field, "Origin") && value != own_origin &&
        origin_text(value) != own_origin)
      return false;
    if (http::equal_ignoring_case(field, "Sec-Fetch-Site") && value != "same-origin") return false;
  }
  return true;
}

bool changes_state(http::Method method) {
  return method != http::Method::get && method != http::Method::head &&
         method != http::Method::options;
}

}  // namespace wardroom::front
