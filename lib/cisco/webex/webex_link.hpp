/// Link headers (RFC 8288) of paged lists: the next page, and whether it may be followed. Pure.
#pragma once
#include "base/result.hpp"
#include "http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace wardroom::webex {

/// The target of rel="next", as written; nullopt when there is none. Commas occur inside `<>`.
std::optional<std::string> next_link(http::Headers const& headers);

/// The URL to follow: `max=null`, which the service is known to send, is dropped. Errors: denied
/// when it leads to another origin or another path than `asked` (the token must not go there),
/// malformed.
Result<std::string> follow(std::string const& next, std::string const& asked);

}  // namespace wardroom::webex
