/// Where a session was opened, in coarse words: enough to recognise one's own, too little to follow
/// anybody. Pure.
#pragma once
#include "http/server_request.hpp"

#include <string>
#include <string_view>

namespace wardroom::front {

struct SessionOrigin {
  std::string browser{};  ///< "Firefox on Linux"; no versions, nothing of the client's own text
  std::string network{};  ///< "IPv4", "IPv6", "this machine"; empty = not known
  bool operator==(SessionOrigin const&) const = default;
};

/// From User-Agent: a browser and a system out of a fixed list, "another program" for the rest.
std::string browser_words(std::string_view user_agent);
/// The family of an address, never the address.
std::string network_words(std::string_view address);
SessionOrigin origin_of(http::ServerRequest const& request);

}  // namespace wardroom::front
