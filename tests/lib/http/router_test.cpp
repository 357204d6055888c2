// Which handler a request reaches.
#include "http/router.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace wardroom::http {
namespace {

struct RouterTest : testing::Test {
  boost::asio::io_context io{1};
  TaskGroup tasks{io.get_executor(), {}};
  Router router{tasks};

  void add(Method method, std::string pattern) {
    router.add({.method = method, .pattern = std::move(pattern)}, [](ServerRequest&, Responder) {});
  }
  std::string found(Method method, std::string_view path) const {
    auto const match = router.match(method, path);
    if (!match.route)
      return std::to_string(match.refusal) + (match.allow.empty() ? "" : " ") + match.allow;
    std::string out = match.route->pattern;
    for (auto const& param : match.params)
      if (!param.empty()) out += " " + param;
    return out;
  }
};

TEST_F(RouterTest, exact_segments_win_over_captures_from_the_left) {
  add(Method::get, "/people/{person}");
  add(Method::get, "/people/me");
  add(Method::get, "/people/{person}/calls/{call}");
  add(Method::get, "/people/{person}/calls/last");
  add(Method::get, "/people/{rest...}");
  add(Method::get, "/");
  EXPECT_EQ(found(Method::get, "/"), "/");
  EXPECT_EQ(found(Method::get, "/people/me"), "/people/me");
  EXPECT_EQ(found(Method::get, "/people/ada"), "/people/{person} ada");
  EXPECT_EQ(found(Method::get, "/people/ada/calls/7"), "/people/{person}/calls/{call} ada 7");
  EXPECT_EQ(found(Method::get, "/people/ada/calls/last"), "/people/{person}/calls/last ada");
  EXPECT_EQ(found(Method::get, "/people/ada/x/y"), "/people/{rest...} ada/x/y");
  EXPECT_EQ(found(Method::get, "/people/"), "404");
  EXPECT_EQ(found(Method::get, "/people"), "404");
  EXPECT_EQ(found(Method::get, "/people/me/"), "/people/{rest...} me/");
  EXPECT_EQ(found(Method::get, ""), "404");
  EXPECT_EQ(found(Method::get, "people/me"), "404");
}

TEST_F(RouterTest, captures_are_decoded_once_and_broken_escapes_refused) {
  add(Method::get, "/p/{x}");
  EXPECT_EQ(found(Method::get, "/p/a%2Fb%2520"), "/p/{x} a/b%20");
  EXPECT_EQ(found(Method::get, "/p/%"), "400");
  EXPECT_EQ(found(Method::get, "/%70/x"), "404") << "patterns are compared as sent";
}

TEST_F(RouterTest, tells_which_methods_would_do) {
  add(Method::get, "/p/{x}");
  add(Method::post, "/p/{x}");
  add(Method::delete_, "/p/me");
  EXPECT_EQ(found(Method::put, "/p/me"), "405 DELETE, GET, HEAD, POST");
  EXPECT_EQ(found(Method::put, "/p/you"), "405 GET, HEAD, POST");
  EXPECT_EQ(found(Method::get, "/p/me"), "/p/{x} me");
  EXPECT_EQ(found(Method::head, "/p/you"), "/p/{x} you");
  EXPECT_EQ(found(Method::other, "/p/you"), "405 GET, HEAD, POST");
}

TEST_F(RouterTest, refuses_patterns_and_doubles_that_cannot_work) {
  add(Method::get, "/a/{b}");
  EXPECT_THROW(add(Method::get, "/a/{b}"), std::logic_error);
  EXPECT_THROW(add(Method::get, "a"), std::logic_error);
  EXPECT_THROW(add(Method::get, ""), std::logic_error);
  EXPECT_THROW(add(Method::get, "/{a...}/b"), std::logic_error);
  EXPECT_THROW(add(Method::get, "/{a}/{b}/{c}/{d}/{e}"), std::logic_error);
}

struct Answer final : Responder::Target {
  std::optional<Response> got;
  void respond(Response response) override { got = std::move(response); }
  void respond_wire(std::string_view) override {}
  std::shared_ptr<ResponseStream> start_stream(Response) override { return nullptr; }
};

TEST_F(RouterTest, the_guard_goes_first_and_may_name_the_caller) {
  router.add(
      {.pattern = "/me", .audience = Audience::person},
      [](ServerRequest& r, Responder responder) { responder.send(text(200, r.caller.name)); });
  router.set_guard([](Route const& route, ServerRequest& r) -> std::optional<Response> {
    if (route.audience == Audience::person && r.query != "let-me-in")
      return problem(401, "x", "No.");
    r.caller.name = "ada";
    return std::nullopt;
  });
  auto const ask = [&](std::string_view query) {
    auto answer = std::make_shared<Answer>();
    ServerRequest request;
    request.query = query;
    router.dispatch(router.match(Method::get, "/me"), request, Responder(answer));
    return *answer->got;
  };
  EXPECT_EQ(ask("").status, 401);
  EXPECT_EQ(ask("let-me-in").body, "ada");
}

TEST(ResponderValue, answers_500_when_it_is_dropped_or_replaced) {
  auto first = std::make_shared<Answer>();
  auto second = std::make_shared<Answer>();
  {
    Responder responder(first);
    responder = Responder(second);
    ASSERT_TRUE(first->got);
    EXPECT_EQ(first->got->status, 500);
    EXPECT_FALSE(second->got);
    responder.send(text(200, ""));
    EXPECT_FALSE(responder);
  }
  EXPECT_EQ(second->got->status, 200);
}

}  // namespace
}  // namespace wardroom::http
