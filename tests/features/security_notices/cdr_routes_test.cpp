// The door that bridges post at, without sockets.
#include "http/router.hpp"
#include "notices_site.hpp"
#include "support/captured_answer.hpp"

namespace wardroom::security_notices::test {
namespace {

using namespace std::chrono_literals;

struct Door : Site {
  explicit Door(std::vector<std::string> from = {}) {
    settings.bridges[0].from = std::move(from);
    configure(settings);
    feature().add_cdr_routes(router);
    start();
  }
  ~Door() {
    bool done = false;
    auto work = [](Door& door, bool& flag) -> Task<void> {
      co_await door.handlers.stop(door.clock, 1s);
      flag = true;
    };
    wardroom::test::start_task(io, work(*this, done));
    for (int i = 0; i < 100 && !done; ++i) clock.advance(Milliseconds(20));
    EXPECT_TRUE(done);
  }

  struct Asked {
    http::Response answer;
    bool body_was_read = false;
  };
  Asked ask(std::string path, std::string body, std::string remote = "10.1.2.3") {
    http::Headers const headers;
    http::ServerRequest request;
    request.method = http::Method::post;
    request.target = request.path = path;
    request.remote = remote;
    request.headers = &headers;
    auto const match = router.match(http::Method::post, path);
    if (match.route == nullptr) return {http::Response{.status = match.refusal}, false};
    request.params = match.params;
    if (auto refused = match.route->admit(request)) return {*refused, false};
    request.body = body;
    auto const answer = std::make_shared<wardroom::test::CapturedAnswer>();
    router.dispatch(match, request, http::Responder(answer));
    for (int i = 0; i < 1000 && !answer->answer; ++i) clock.advance(Milliseconds(1));
    return {answer->answer.value_or(http::Response{.status = 0}), true};
  }

  TaskGroup handlers{io.get_executor(), Daemon::fail};
  http::Router router{handlers};
};

TEST(CdrRoutes, whoever_does_not_know_the_secret_is_refused_before_the_body) {
  Door door;
  for (auto const* path : {"/cdr/wrong", "/cdr/secret-of-cms", "/cdr/secret-of-cms11"}) {
    auto const asked = door.ask(path, "<records/>");
    EXPECT_EQ(asked.answer.status, 404) << path;
    EXPECT_TRUE(asked.answer.body.empty());
    EXPECT_FALSE(asked.body_was_read);
  }
  EXPECT_EQ(door.feature().strangers(), 3u);
  EXPECT_EQ(door.view().counters.posts, 0u);
}

TEST(CdrRoutes, a_post_is_answered_200_and_nothing_else) {
  Door door;
  door.bridge().start_call("call-a", "conf-a");
  auto const asked = door.ask("/cdr/secret-of-cms1", door.bridge().writer.post());
  EXPECT_EQ(asked.answer.status, 200);
  EXPECT_TRUE(asked.answer.body.empty());
  EXPECT_EQ(door.view().counters.records, 1u);
}

TEST(CdrRoutes, a_store_that_fails_asks_the_bridge_to_come_again) {
  Door door;
  door.bridge().start_call("call-a", "conf-a");
  door.daemon->database.fail_commits(Error{ErrorKind::unavailable, "disk full"});
  auto const asked = door.ask("/cdr/secret-of-cms1", door.bridge().writer.post());
  EXPECT_EQ(asked.answer.status, 503);
  EXPECT_EQ(asked.answer.headers.get("Retry-After"), "1");
  EXPECT_TRUE(asked.answer.body.empty());
  door.daemon->database.fail_commits({});
}

TEST(CdrRoutes, posts_from_elsewhere_are_refused_with_the_right_secret_too) {
  Door door({"10.9.0.0/16"});
  EXPECT_EQ(door.ask("/cdr/secret-of-cms1", "<records/>").answer.status, 404);
  EXPECT_EQ(door.view().counters.refused, 1u);
  EXPECT_EQ(door.ask("/cdr/secret-of-cms1", "<records/>", "10.9.0.1").answer.status, 200);
}

TEST(CdrRoutes, bodies_may_be_large_and_connections_may_rest) {
  Door door;
  auto const match = door.router.match(http::Method::post, "/cdr/secret-of-cms1");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->body_limit, 16u << 20);
  EXPECT_TRUE(match.route->keeps_connection);
  EXPECT_EQ(door.router.match(http::Method::get, "/cdr/secret-of-cms1").refusal, 405);
}

}  // namespace
}  // namespace wardroom::security_notices::test
