/// A list of people or memberships as the service gives it, page by page, with everything that goes
/// wrong with lists: for tests of who reads them.
#pragma once
#include "base/encoding.hpp"
#include "base/uuid.hpp"
#include "http/client.hpp"
#include "support/fake_http_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <vector>

namespace wardroom::webex {

inline Uuid id_of(std::uint64_t n) {
  Uuid out;
  std::uint64_t mixed = (n + 1) * 0x9E3779B97F4A7C15u;
  for (std::size_t i = 0; i < 8; ++i) {
    out.bytes[i] = std::uint8_t(mixed >> (8 * i));
    out.bytes[15 - i] = std::uint8_t(n >> (8 * i));
  }
  return out;
}
inline std::string written(std::string_view type, std::string_view value) {
  auto out = to_base64(fmt::format("ciscospark://us/{}/{}", type, value));
  while (out.ends_with('=')) out.pop_back();
  return out;
}
inline std::string written(std::string_view type, Uuid const& id) {
  return written(type, id.text());
}
inline std::string const org_id = written("ORGANIZATION", id_of(1'000'000));
inline std::string const room_id = written("ROOM", id_of(2'000'000));

inline std::string person_json(std::uint64_t n, std::string_view more = "") {
  return fmt::format(
      R"({{"id":"{}","emails":["p{}@acme.example"],"displayName":"P {}","orgId":"{}",)"
      R"("loginEnabled":true,"invitePending":"false","type":"person"{}}})",
      written("PEOPLE", id_of(n)), n, n, org_id, more);
}
inline std::string member_json(std::uint64_t n, std::string_view room = room_id) {
  auto const person = id_of(n);
  return fmt::format(
      R"({{"id":"{}","roomId":"{}","personId":"{}","personEmail":"p{}@acme.example",)"
      R"("personDisplayName":"P {}","personOrgId":"{}","isModerator":false}})",
      written("MEMBERSHIP", person.text() + ":" + id_of(2'000'000).text()), room,
      written("PEOPLE", person), n, n, org_id);
}
inline std::string page_json(std::vector<std::string> const& items) {
  std::string out = R"({"items":[)";
  for (auto const& item : items) out.append(out.back() == '[' ? "" : ",").append(item);
  return out + "]}";
}

/// What one request meets instead of a good answer.
enum class Fault {
  none,
  error_500,
  error_502,
  error_503,
  error_504,
  throttled,     ///< 429
  locked,        ///< 423
  reset,         ///< also a body that was cut: the client tells both by an error
  slow,          ///< one byte a second: timed out
  cut_chunk,     ///< not HTTP any more
  part,          ///< 206
  changed,       ///< 203, by somebody in between
  empty_body,    ///< 200
  cut_json,      ///< 200
  html,          ///< 200
  no_items,      ///< 200 and JSON
  items_object,  ///< 200 and JSON
  same_page,     ///< what the page before had, as if it were this one
  same_cursor,   ///< next = this page
  first_cursor,  ///< next = the beginning
  foreign_next,
  other_path,
  other_filter,  ///< next asks for something else
  lost_filter,   ///< next forgot the filters: mended
  null_max,      ///< max=null: mended
  cut_link,
  empty_page,  ///< nothing on this page, and a next one: allowed
  nameless,    ///< an item without id
  damaged,     ///< an item with `errors`: it is told of, but not whole
  stranger,    ///< of another organisation: a fact
  twice,       ///< somebody of the page before comes again: passed on
  last_ = twice
};
/// Whether a list is complete although this came.
inline bool heals(Fault fault) {
  switch (fault) {
    case Fault::part:
    case Fault::changed:
    case Fault::empty_body:
    case Fault::cut_json:
    case Fault::html:
    case Fault::no_items:
    case Fault::items_object:
    case Fault::same_page:
    case Fault::same_cursor:
    case Fault::first_cursor:
    case Fault::foreign_next:
    case Fault::other_path:
    case Fault::other_filter:
    case Fault::cut_link:
    case Fault::nameless:
      return false;
    default:
      return true;
  }
}

class PagedService {
 public:
  explicit PagedService(std::string path) : path_(std::move(path)) {}

  std::vector<std::string> items;
  std::map<std::size_t, Fault> faults;  ///< by number of the request, from 0
  std::size_t most = 1'000;             ///< items a page
  std::size_t too_many = 1'000'000;     ///< a page of more is a 504
  std::size_t requests = 0;
  std::vector<std::string> urls;

  test::FakeHttpClient::Answer answer() {
    return [this](http::ClientRequest request) -> Task<Result<http::ClientResponse>> {
      co_return serve(request.url);
    };
  }

 private:
  using Answer = Result<http::ClientResponse>;

  static std::optional<std::string> parameter(std::string_view url, std::string_view key) {
    auto const at = url.find(std::string(key) + "=");
    if (at == url.npos || (url[at - 1] != '?' && url[at - 1] != '&')) return std::nullopt;
    auto const value = url.substr(at + key.size() + 1);
    return std::string(value.substr(0, value.find('&')));
  }
  static std::size_t number(std::string const& text) {
    std::size_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
  }
  std::string link(std::string origin, std::size_t max, std::string at, std::string filters) const {
    return fmt::format("<{}{}?max={}{}&cursor=c{}>; rel=\"next\"", origin, path_, max, filters, at);
  }
  /// All parameters but those of paging, as the service echoes them.
  static std::string filters_of(std::string_view url) {
    std::string out;
    auto rest = url.substr(url.find('?') + 1);
    while (!rest.empty()) {
      auto const one = rest.substr(0, rest.find('&'));
      if (!one.starts_with("max=") && !one.starts_with("cursor=")) out.append("&").append(one);
      rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    }
    return out;
  }

  Answer serve(std::string const& url) {
    urls.push_back(url);
    auto const at_fault = faults.find(requests++);
    auto const fault = at_fault == faults.end() ? Fault::none : at_fault->second;
    switch (fault) {
      case Fault::error_500:
        return Answer({500, {}, "", ""});
      case Fault::error_502:
        return Answer({502, {}, "<html>Bad gateway</html>", ""});
      case Fault::error_503:
        return Answer({503, {}, "", ""});
      case Fault::error_504:
        return Answer({504, {}, "", ""});
      case Fault::throttled:
        return Answer({429, {{"Retry-After", "1"}}, "", ""});
      case Fault::locked:
        return Answer({423, {{"Retry-After", "2"}}, "", ""});
      case Fault::reset:
        return failure(ErrorKind::unavailable, "connection reset");
      case Fault::slow:
        return failure(ErrorKind::timed_out, "no whole answer came");
      case Fault::cut_chunk:
        return failure(ErrorKind::malformed, "a chunk is shorter than it said");
      case Fault::empty_body:
        return Answer({200, {}, "", ""});
      case Fault::html:
        return Answer({200, {}, "<html><body>Please sign in</body></html>", ""});
      case Fault::no_items:
        return Answer({200, {}, R"({"notFoundIds":[]})", ""});
      case Fault::items_object:
        return Answer({200, {}, R"({"items":{}})", ""});
      default:
        return page(url, fault);
    }
  }

  Answer page(std::string const& url, Fault fault) {
    auto const asked = parameter(url, "max");
    auto const max = std::min(most, asked ? number(*asked) : 100);
    if (max > too_many) return Answer({504, {}, "", ""});
    auto const cursor = parameter(url, "cursor");
    auto const begin = cursor ? number(cursor->substr(1)) : 0;
    auto const end = std::min(items.size(), begin + (fault == Fault::empty_page ? 0 : max));
    auto const from = fault == Fault::same_page && begin >= max ? begin - max : begin;
    std::vector<std::string> shown(items.begin() + std::ptrdiff_t(from),
                                   items.begin() + std::ptrdiff_t(from + (end - begin)));
    if (fault == Fault::nameless) shown.push_back(R"({"displayName":"?"})");
    if (fault == Fault::damaged) shown.push_back(person_json(77'000'000, R"(,"errors":{"x":{}})"));
    if (fault == Fault::stranger)
      shown.push_back(fmt::format(R"({{"id":"{}","emails":["x@other.example"],"orgId":"{}"}})",
                                  written("PEOPLE", id_of(88'000'000)),
                                  written("ORGANIZATION", id_of(88))));
    if (fault == Fault::twice && begin > 0) shown.push_back(items[begin - 1]);
    http::ClientResponse out{200, {{"TrackingID", "ROUTER_7"}}, page_json(shown), ""};
    if (fault == Fault::part) out.status = 206;
    if (fault == Fault::changed) out.status = 203;
    if (fault == Fault::cut_json) out.body.resize(out.body.size() * 2 / 3);
    auto next = end;
    if (fault == Fault::same_cursor) next = begin;
    if (fault == Fault::first_cursor) next = 0;
    bool const circles = fault == Fault::same_cursor || fault == Fault::first_cursor;
    if (end < items.size() || circles) {
      std::string origin = "https://webexapis.com", filters = filters_of(url);
      if (fault == Fault::foreign_next) origin = "https://webexapis.com.evil.example";
      if (fault == Fault::lost_filter) filters.clear();
      if (fault == Fault::other_filter) filters = "&excludeStatus=other&roomId=other";
      // A page may be empty and its cursor a new one all the same.
      auto const at =
          std::to_string(next) + (fault == Fault::empty_page ? fmt::format("x{}", requests) : "");
      auto text = link(origin, max, at, filters);
      if (fault == Fault::other_path) text.insert(text.find("?max"), "/x");
      if (fault == Fault::null_max)
        text.replace(text.find("max="), text.find('&') - text.find("max="), "max=null");
      if (fault == Fault::cut_link) text.resize(text.size() - 20);
      out.headers.add("Link", text);
    }
    return out;
  }

  std::string path_;
};

}  // namespace wardroom::webex
