#include "sim/paging.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace wardroom::sim {
namespace {

constexpr std::size_t usual_page = 100;
constexpr std::uint64_t proof = 7919;

std::optional<std::size_t> positive(std::string const& text) {
  std::size_t n = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || n == 0) return std::nullopt;
  return n;
}

// Opaque to the client: nothing in it can be built by hand.
std::string cursor_at(std::uint64_t at, bool again) {
  return to_base64url(fmt::format("{}:{}:{}", again ? "again" : "after", at, at * proof));
}
bool read_cursor(std::string const& cursor, PageWish& into) {
  auto const plain = from_base64(cursor).value_or("");
  into.again = plain.starts_with("again:");
  unsigned long long at = 0, told = 0;
  if (std::sscanf(plain.c_str(), into.again ? "again:%llu:%llu" : "after:%llu:%llu", &at, &told) !=
          2 ||
      told != at * proof)
    return false;
  into.from = at;
  return true;
}

bool is_paging(std::string_view name) {
  return name == "cursor" || name == "after" || name == "max" || name == "before";
}

struct Link {
  std::string origin, path;
  std::uint64_t at = 0;
  bool again = false;
};

}  // namespace

Result<PageWish> page_wish(Request const& request, std::size_t limit) {
  auto query = http::parse_query(request.query);
  if (!query) return failure(ErrorKind::malformed, "The query cannot be read");
  PageWish out;
  out.query = std::move(*query);
  out.max = std::min(usual_page, limit);
  if (auto const asked = http::find(out.query, "max"); asked && *asked != "null") {
    auto const n = positive(*asked);
    if (!n) return failure(ErrorKind::malformed, "max must be a positive number");
    out.max = std::min(*n, limit);
  }
  auto cursor = http::find(out.query, "cursor");
  if (!cursor) cursor = http::find(out.query, "after");
  out.by_cursor = cursor.has_value();
  if (cursor && !read_cursor(*cursor, out))
    return failure(ErrorKind::malformed, "The cursor is not one of ours");
  return out;
}

void add_next(Answer& answer, Request const& request, PageWish const& wish, PageEnd const& end,
              std::string_view how) {
  Link to{request.origin(), request.path, end.next, false};
  bool link = end.more;
  if (how == "foreign") to.origin = "http://127.0.0.2:9";
  if (how == "other_path") to.path = "/v1/devices";
  if (how == "loop") {
    to.at = 0;
    link = true;
  } else if (how == "duplicate") {
    to.at = end.last;
  } else if (how == "empty_last") {
    link = link || !wish.by_cursor;
  } else if (how == "page_again" && !wish.again) {
    to.at = wish.from;
    to.again = link = true;
  } else if (how == "skip_page" && link) {
    auto const further = end.skip ? end.skip(wish.max) : std::nullopt;
    link = further.has_value();
    to.at = further.value_or(0);
  } else if (how == "same_cursor" && wish.by_cursor) {
    to.at = wish.from;
    link = true;
  } else if (how == "ends_early") {
    link = false;
  }
  if (!link) return;
  bool const odd = how == "odd_cursor";
  http::QueryPairs next;
  for (auto const& pair : wish.query)
    if (!is_paging(pair.first) && how != "lost_filter") next.push_back(pair);
  next.emplace_back("max", how == "null_max" ? "null" : std::to_string(wish.max));
  next.emplace_back(odd ? "after" : "cursor", cursor_at(to.at, to.again));
  answer.response.headers.add(
      "Link", fmt::format("<{}{}?{}{}>; rel=\"next\"", to.origin, to.path, http::to_query(next),
                          odd ? "&before&unread" : ""));
}

}  // namespace wardroom::sim
