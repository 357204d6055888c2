// The rules that every route of the daemon is held to when it starts.
#include "front/route_rules.hpp"

#include <gtest/gtest.h>

namespace wardroom::front {
namespace {
using http::Audience;
using http::Method;
using http::Route;

Route change(std::string pattern = "/api/v1/x") {
  return {.method = Method::post,
          .pattern = std::move(pattern),
          .audience = Audience::admin,
          .json = true};
}

TEST(RouteRules, W1_name_every_change_that_lacks_a_part_of_the_guard) {
  EXPECT_TRUE(unguarded({change()}, {}).empty());
  for (auto method : {Method::put, Method::patch, Method::delete_, Method::other}) {
    auto route = change();
    route.method = method;
    route.json = false;
    EXPECT_EQ(unguarded({route}, {}).size(), 1u);
  }
  auto bare = change();
  bare.audience = Audience::anyone;
  bare.json = bare.token = false;
  EXPECT_EQ(unguarded({bare}, {}),
            (std::vector<std::string>{"POST /api/v1/x does not demand a session",
                                      "POST /api/v1/x does not demand the page's token",
                                      "POST /api/v1/x does not demand application/json"}));
  bare.method = Method::get;
  EXPECT_TRUE(unguarded({bare}, {}).empty()) << "it changes nothing";
}

TEST(RouteRules, know_their_exemptions_by_name_and_only_in_what_they_name) {
  RouteExemption const exempt[] = {{.route = "POST /api/v1/x", .token = false, .why = "a test"}};
  auto route = change();
  route.token = false;
  EXPECT_TRUE(unguarded({route}, exempt).empty());
  route.json = false;
  EXPECT_EQ(unguarded({route}, exempt).size(), 1u);
  EXPECT_EQ(unguarded({change("/api/v1/y")}, exempt).front(),
            "POST /api/v1/x is exempt, but there is no such route");
  RouteExemption const seldom[] = {{.route = "POST /api/v1/y", .why = "a test", .always = false}};
  EXPECT_TRUE(unguarded({change()}, seldom).empty());
}

TEST(RouteRules, W1_exempt_as_few_routes_as_were_agreed_each_with_its_reason) {
  ASSERT_EQ(route_exemptions().size(), 3u) << "a new one needs a reason that convinces";
  for (auto const& exempt : route_exemptions()) {
    EXPECT_GT(exempt.why.size(), 30u) << exempt.route;
    EXPECT_TRUE(exempt.json || exempt.route == "POST /cdr/{secret}") << exempt.route;
  }
}

}  // namespace
}  // namespace wardroom::front
