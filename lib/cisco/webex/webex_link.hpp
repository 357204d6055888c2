/// Link headers (RFC 8288) of paged lists: the next page, and whether it may be followed. Pure.
#pragma once
#include "base/result.hpp"
#include "http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace wardroom::webex {

/// The target of rel="next", as written; nullopt when there is none. Commas occur inside `<>`.
/// Error: malformed when a header was cut, so that nobody knows whether it had one.
Result<std::optional<std::string>> next_link(http::Headers const& headers);

/// The URL to follow, after the request for the first page. Two mistakes the service is known to
/// make are mended: `max=null` is dropped, and filters of the first request that the link has lost
/// are added again (source: webex-rest.md 2.7). Errors: denied when it leads to another origin or
/// another path (the token must not go there), malformed: also when a filter of the first request
/// comes back with another value.
Result<std::string> follow(std::string const& next, std::string const& first);

/// What tells one page of a list from another: the path and all parameters but `max`, in one order.
std::string cursor_of(std::string_view url);

}  // namespace wardroom::webex
