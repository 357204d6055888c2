#include "cisco/xsi/cookie_jar.hpp"

#include <algorithm>

namespace wardroom::xsi {
namespace {

constexpr std::size_t most_cookies = 32;
constexpr std::size_t longest_cookie = 4096;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view path_of(std::string_view url) {
  if (auto const scheme = url.find("://"); scheme != url.npos) url.remove_prefix(scheme + 3);
  auto const slash = url.find('/');
  if (slash == url.npos) return "/";
  return url.substr(slash, url.find_first_of("?#", slash) - slash);
}

// RFC 6265 5.1.4: up to, not including, the last slash.
std::string_view default_path(std::string_view path) {
  auto const last = path.rfind('/');
  return last == 0 || last == path.npos ? std::string_view("/") : path.substr(0, last);
}

bool path_fits(std::string_view request, std::string_view cookie) {
  if (!request.starts_with(cookie)) return false;
  return request.size() == cookie.size() || cookie.ends_with('/') || request[cookie.size()] == '/';
}

}  // namespace

void CookieJar::keep(http::Headers const& headers, std::string_view url) {
  for (auto line : headers.get_all("Set-Cookie")) {
    if (line.size() > longest_cookie) continue;
    auto const pair = line.substr(0, line.find(';'));
    auto const equals = pair.find('=');
    if (equals == pair.npos) continue;
    Cookie cookie{std::string(trimmed(pair.substr(0, equals))),
                  std::string(trimmed(pair.substr(equals + 1))),
                  std::string(default_path(path_of(url)))};
    bool gone = false;
    line.remove_prefix(std::min(pair.size() + 1, line.size()));
    while (!line.empty()) {
      auto const attribute = trimmed(line.substr(0, line.find(';')));
      auto const cut = std::min(attribute.find('='), attribute.size());
      auto const name = trimmed(attribute.substr(0, cut));
      auto const value = trimmed(attribute.substr(std::min(cut + 1, attribute.size())));
      if (http::equal_ignoring_case(name, "path") && value.starts_with('/')) cookie.path = value;
      if (http::equal_ignoring_case(name, "max-age")) gone = value == "0" || value.starts_with('-');
      line.remove_prefix(std::min(std::min(line.find(';'), line.size()) + 1, line.size()));
    }
    std::erase_if(cookies_, [&](Cookie const& other) {
      return other.name == cookie.name && other.path == cookie.path;
    });
    if (!gone && !cookie.name.empty() && cookies_.size() < most_cookies)
      cookies_.push_back(std::move(cookie));
  }
}

std::string CookieJar::header_for(std::string_view url) const {
  std::string out;
  auto const path = path_of(url);
  for (auto const& cookie : cookies_) {
    if (!path_fits(path, cookie.path)) continue;
    if (!out.empty()) out += "; ";
    out += cookie.name + '=' + cookie.value;
  }
  return out;
}

}  // namespace wardroom::xsi
