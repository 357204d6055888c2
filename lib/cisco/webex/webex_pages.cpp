// Lists by pages, each to its end or not at all. Source: webex-rest.md 2.7.
#include "base/log.hpp"
#include "base/planted.hpp"
#include "cisco/webex/webex_api.hpp"
#include "cisco/webex/webex_link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace wardroom::webex {
namespace {
using nlohmann::json;

/// Beyond these a listing is not going to end: the service keeps promising a next page.
constexpr int most_empty_pages = 3;
constexpr std::size_t most_pages = 100'000;

std::size_t items_of(json const& body) {
  auto const items = body.is_object() ? body.find("items") : body.end();
  return items != body.end() && items->is_array() ? items->size() : 1;  // another kind of list
}

std::string with_max(std::string const& path, int max) {
  if (max <= 0) return path;
  return fmt::format("{}{}max={}", path, path.contains('?') ? '&' : '?', max);
}

/// Whether a smaller page may come where this one did not.
bool is_too_long(Refused const& refused, Error const& error) {
  if (refused.status != 0) return refused.status == 504;
  return error.kind == ErrorKind::timed_out || error.kind == ErrorKind::malformed;
}

/// The chain of pages so far, and why it is none.
class Chain {
 public:
  explicit Chain(std::string const& first) : first_(first) { cursors_.insert(cursor_of(first)); }

  /// The URL of the next page; empty = this was the last one.
  Result<std::string> next(http::Headers const& headers, PageSeen const& seen) {
    if (seen.known) return broken("a page came twice");
    auto const link = next_link(headers);
    if (!link) return std::unexpected(link.error());
    if (!*link) return std::string();
    if (WARDROOM_PLANTED("list-ends-after-two-pages") && cursors_.size() == 2) return std::string();
    auto target = follow(**link, first_);
    if (!target) return target;
    empty_ = seen.items == 0 ? empty_ + 1 : 0;
    if (empty_ == most_empty_pages) return broken("empty pages follow each other without an end");
    if (cursors_.size() == most_pages || !cursors_.insert(cursor_of(*target)).second)
      return broken("the pages go round in a circle");
    return target;
  }

 private:
  static std::unexpected<Error> broken(char const* why) {
    return failure(ErrorKind::malformed, why);
  }

  std::string first_;
  std::set<std::string> cursors_;
  int empty_ = 0;
};

}  // namespace

Task<Result<void>> WebexApi::pages(std::string path, Page page) {
  auto read = [&page](std::string body, bool) -> Task<Result<PageSeen>> {
    auto const parsed = parse_json(body);
    if (!parsed) co_return std::unexpected(parsed.error());
    if (auto eaten = page(*parsed); !eaten) co_return std::unexpected(std::move(eaten.error()));
    co_return PageSeen{items_of(*parsed)};
  };
  auto const done = co_await raw_pages({.path = std::move(path)}, std::move(read));
  if (!done) co_return std::unexpected(done.error());
  co_return Result<void>{};
}

Task<Result<int>> WebexApi::raw_pages(PagedQuery query, RawPage page) {
  for (;;) {
    bool too_long = false;
    auto const done = co_await chain(query, page, too_long);
    if (done) co_return query.max;
    if (!too_long || query.max <= query.least) co_return std::unexpected(done.error());
    auto const smaller = std::max(query.max / 2, query.least);
    log::info("a list is read anew by smaller pages",
              {{"why", done.error().what}, {"from", query.max}, {"to", smaller}});
    query.max = smaller;
  }
}

Task<Result<void>> WebexApi::chain(PagedQuery const& query, RawPage const& page, bool& too_long) {
  auto const first = settings_.base_url + with_max(query.path, query.max);
  bool const may_shrink = query.least > 0 && query.max > query.least;
  auto const resource = query.path.substr(0, query.path.find('?'));
  Chain so_far(first);
  for (auto url = first; !url.empty();) {
    Refused refused;
    auto answer = co_await get_page(url, may_shrink, refused);
    bool const rest_may_go = WARDROOM_PLANTED("failed-page-ends-the-list") && url != first;
    if (!answer && rest_may_go) break;
    if (!answer) {
      too_long = may_shrink && is_too_long(refused, answer.error());
      co_return std::unexpected(std::move(answer.error()));
    }
    auto incomplete = [&](Error error) {
      error.what = fmt::format("GET {}: {}; the list is incomplete", resource, error.what);
      if (auto const id = answer->headers.get("TrackingID"); !id.empty())
        error.what += fmt::format(" (tracking id {})", id.substr(0, 100));
      return std::unexpected(std::move(error));
    };
    auto const seen = co_await page(std::move(answer->body), url == first);
    if (!seen && rest_may_go) break;
    if (!seen) co_return incomplete(seen.error());
    auto next = so_far.next(answer->headers, *seen);
    if (!next) co_return incomplete(std::move(next.error()));
    url = std::move(*next);
  }
  co_return Result<void>{};
}

}  // namespace wardroom::webex
