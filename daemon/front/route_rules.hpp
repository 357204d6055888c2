/// What every web route that changes something must demand, checked when the daemon starts, so that
/// no feature can forget it. Pure.
///
///   of its caller  a session, and the token of its page (BrowserSessions::guard sees to both, and
///                  to Origin and Sec-Fetch-Site of every change)
///   of its body    Content-Type application/json, which no other site's page can send unasked
#pragma once
#include "http/router.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wardroom::front {

/// A route that does without one of these, and why that is safe.
struct RouteExemption {
  std::string_view route;                          ///< "POST /api/v1/logout"
  bool session = true, token = true, json = true;  ///< what is still demanded
  std::string_view why;
  bool always = true;  ///< false = the route is not there on every site
};
std::span<RouteExemption const> route_exemptions();

/// A sentence for each thing that a changing route lacks and no exemption names, and for each
/// exemption that names no route. Empty = all is well.
std::vector<std::string> unguarded(std::vector<http::Route> const& routes,
                                   std::span<RouteExemption const> exemptions);

}  // namespace wardroom::front
