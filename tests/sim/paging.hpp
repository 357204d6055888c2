/// Lists that come in pages with a Link to the next one, and every way in which that goes astray.
/// Source: webex-rest.md 2.7.
#pragma once
#include "base/result.hpp"
#include "http/message.hpp"
#include "sim/exchange.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace wardroom::sim {

/// Which page a request asks for.
struct PageWish {
  http::QueryPairs query;
  std::size_t max = 0;     ///< lowered to the limit without a word
  std::uint64_t from = 0;  ///< position of the first item; 0 = from the beginning
  bool by_cursor = false;
  bool again = false;  ///< this page comes for the second time (`page_again`)
};
/// Errors: what a 400 says.
Result<PageWish> page_wish(Request const& request, std::size_t limit);

/// Where a page ended.
struct PageEnd {
  std::uint64_t last = 0;  ///< position of its last item
  std::uint64_t next = 0;  ///< position of what follows
  bool more = false;
  /// Where it would go on after `n` further items; nothing = then it is over.
  std::function<std::optional<std::uint64_t>(std::size_t n)> skip{};
};

/// Adds the Link, if any. `how` is a word of `page_ways`.
void add_next(Answer& answer, Request const& request, PageWish const& wish, PageEnd const& end,
              std::string_view how);

/// good, foreign (another host), other_path, loop (the first page again), null_max, empty_last,
/// lost_filter (of the query only `max` and the cursor remain), duplicate (the last item comes
/// again), page_again (each page comes twice, under different cursors), skip_page (every second
/// page is left out), same_cursor (the second page's next is itself), odd_cursor (other names of
/// parameters, some without values), ends_early (there is more, and no Link).
inline constexpr std::array page_ways{"good",       "foreign",    "other_path",  "loop",
                                      "null_max",   "empty_last", "lost_filter", "duplicate",
                                      "page_again", "skip_page",  "same_cursor", "odd_cursor",
                                      "ends_early"};

}  // namespace wardroom::sim
