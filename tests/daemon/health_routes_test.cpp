// Who may ask for the daemon's health: this machine, and nobody through a proxy on it.
#include "front/health_routes.hpp"

#include "support/captured_answer.hpp"

#include <gtest/gtest.h>

namespace wardroom {
namespace {

struct Door {
  boost::asio::io_context io;
  TaskGroup tasks{io.get_executor(), [](auto, auto) { ADD_FAILURE(); }};
  http::Router router{tasks};
  Door() {
    add_health_routes(router, {[] { return std::vector<HealthSign>{}; }, [] { return "figures"; },
                               [] { return true; }});
  }
  int ask(std::string_view path, std::string_view remote, http::Headers headers = {}) {
    auto answer = std::make_shared<test::CapturedAnswer>();
    http::ServerRequest request;
    request.path = path;
    request.remote = remote;
    request.headers = &headers;
    router.dispatch(router.match(http::Method::get, path), request, http::Responder(answer));
    return answer->answer ? answer->answer->status : 0;
  }
};

TEST(HealthRoutes, answer_this_machine_only) {
  Door door;
  for (auto const* path : {"/healthz", "/readyz", "/metrics"}) {
    EXPECT_EQ(door.ask(path, "127.0.0.1"), 200) << path;
    EXPECT_EQ(door.ask(path, "::1"), 200) << path;
    EXPECT_EQ(door.ask(path, "192.0.2.7"), 404) << path;
    EXPECT_EQ(door.ask(path, "127.0.0.1", {{"X-Forwarded-For", "127.0.0.1"}}), 200) << path;
    EXPECT_EQ(door.ask(path, "127.0.0.1", {{"X-Forwarded-For", "192.0.2.7"}}), 404) << path;
    EXPECT_EQ(door.ask(path, "127.0.0.1", {{"X-Forwarded-For", "127.0.0.1, 192.0.2.7"}}), 404)
        << path;
  }
}

}  // namespace
}  // namespace wardroom
