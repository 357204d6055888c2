#include "front/route_rules.hpp"

#include "front/cookies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace wardroom::front {
namespace {

constexpr std::array exemptions{
    RouteExemption{.route = "POST /api/v1/location",
                   .token = false,
                   .why = "posts of pages that stay open for weeks, over updates too; the worst "
                          "that another site could do is kept out by JSON, Origin and SameSite"},
    RouteExemption{.route = "POST /api/v1/logout",
                   .session = false,
                   .token = false,
                   .why = "for persons and administrators alike; it checks the token by itself"},
    RouteExemption{.route = "POST /cdr/{secret}",
                   .session = false,
                   .token = false,
                   .json = false,
                   .why =
                       "call records, XML from meeting servers that know no headers of ours: the "
                       "secret in the path admits them before a byte of the body is read, "
                       "guessing is throttled, and no browser holds that secret",
                   .always = false},
};

std::string label(http::Route const& route) {
  return fmt::format("{} {}", http::name(route.method), route.pattern);
}

}  // namespace

std::span<RouteExemption const> route_exemptions() { return exemptions; }

std::vector<std::string> unguarded(std::vector<http::Route> const& routes,
                                   std::span<RouteExemption const> known) {
  using http::Audience;
  std::vector<std::string> out;
  for (auto const& route : routes) {
    if (!changes_state(route.method)) continue;
    auto const exempt = std::ranges::find(known, label(route), &RouteExemption::route);
    auto const rule = exempt == known.end() ? RouteExemption{} : *exempt;
    bool const session = route.audience == Audience::person || route.audience == Audience::admin ||
                         route.audience == Audience::guest;
    auto lacks = [&](bool demanded, bool has, std::string_view what) {
      if (demanded && !has) out.push_back(fmt::format("{} does not demand {}", label(route), what));
    };
    lacks(rule.session, session, "a session");
    lacks(rule.token, route.token, "the page's token");
    lacks(rule.json, route.json, "application/json");
  }
  for (auto const& exempt : known)
    if (exempt.always && std::ranges::find(routes, exempt.route, label) == routes.end())
      out.push_back(fmt::format("{} is exempt, but there is no such route", exempt.route));
  return out;
}

}  // namespace wardroom::front
