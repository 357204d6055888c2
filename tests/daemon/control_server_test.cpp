// Peer credentials → right → verb → answer, without a socket.
#include "front/control_server.hpp"

#include "runtime/random.hpp"
#include "support/captured_answer.hpp"
#include "support/fake_clock.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>

namespace wardroom {
namespace {

using nlohmann::ordered_json;

struct ControlTest : testing::Test {
  boost::asio::io_context io{1};
  test::FakeClock clock{io};
  TaskGroup tasks{io.get_executor(), nullptr};
  http::Router router{tasks};
  LocalRights rights{.read = true, .act = true, .admin = true, .login = "ada"};
  ControlServer control{router, [this](http::PeerCredentials const&) { return rights; }};
  control::VerbCall seen;

  ControlTest() {
    auto remember = [this](control::VerbCall call) -> Task<Result<ordered_json>> {
      seen = std::move(call);
      co_return ordered_json{{"call", seen.get("call")}};
    };
    control.handle("calls why", remember);
    control.handle("monitor stop", remember);
    control.handle("reload", [](control::VerbCall) -> Task<Result<ordered_json>> {
      co_return failure(ErrorKind::conflict, "a reload is running");
    });
  }

  http::Response ask(http::Method method, std::string_view path, std::string_view query = "",
                     std::string_view body = "") {
    static http::Headers const headers{{"Content-Type", "application/json"}};
    http::ServerRequest request{
        .method = method, .path = path, .query = query, .body = body, .headers = &headers};
    auto const match = router.match(method, path);
    if (!match.route) return {match.refusal};
    auto target = std::make_shared<test::CapturedAnswer>();
    router.dispatch(match, request, http::Responder(target));
    clock.drain();
    return target->answer.value_or(http::Response{0});
  }
};

TEST_F(ControlTest, answers_carry_the_schema_first) {
  auto const answer = ask(http::Method::get, "/v1/calls/why", "call=abc%3A0");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"schema":"wardroom.calls_why/1","call":"abc:0"})");
  EXPECT_EQ(seen.caller.name, "ada");
}

TEST_F(ControlTest, a_missing_or_unknown_parameter_is_named) {
  EXPECT_EQ(ask(http::Method::get, "/v1/calls/why").status, 400);
  auto const answer = ask(http::Method::get, "/v1/calls/why", "cal=1&call=2");
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body.find("did you mean 'call'"), std::string::npos);
}

TEST_F(ControlTest, changing_verbs_are_not_reachable_by_get) {
  EXPECT_EQ(ask(http::Method::get, "/v1/monitor/stop").status, 405);
  EXPECT_EQ(ask(http::Method::post, "/v1/monitor/stop", "", "{}").status, 200);
}

TEST_F(ControlTest, errors_keep_their_kind_as_code) {
  auto const answer = ask(http::Method::post, "/v1/reload", "", "{}");
  EXPECT_EQ(answer.status, 409);
  EXPECT_NE(answer.body.find(R"("code":"conflict")"), std::string::npos);
}

TEST_F(ControlTest, U1_a_refusal_names_the_group_and_the_command_that_grants_it) {
  rights = {.read = true, .login = "bob"};
  auto const answer = ask(http::Method::post, "/v1/monitor/stop", "", "{}");
  EXPECT_EQ(answer.status, 403);
  EXPECT_NE(answer.body.find("wardroom-operator"), std::string::npos);
  EXPECT_NE(answer.body.find("sudo usermod -aG wardroom-operator bob"), std::string::npos);
  rights = {.login = "eve"};
  EXPECT_EQ(ask(http::Method::get, "/v1/calls/why", "call=x").status, 403);
}

TEST_F(ControlTest, U1_malformed_bodies_never_do_more_than_400) {
  auto const* given = std::getenv("WARDROOM_SEED");
  std::uint64_t const seed = given ? std::strtoull(given, nullptr, 10) : 20261122;
  RecordProperty("seed", std::to_string(seed));
  SeededRandom dice(seed);
  std::string const good = R"({"call":"x","deep":{"a":[1,2,{"b":null}]},"n":1e308})";
  for (int i = 0; i < 2000; ++i) {
    auto body = good;
    for (int change = 0; change < 3; ++change)
      body[dice.number() % body.size()] = static_cast<char>(dice.number());
    auto const status = ask(http::Method::post, "/v1/monitor/stop", "",
                            body.substr(0, dice.number() % (body.size() + 1)))
                            .status;
    EXPECT_TRUE(status == 200 || status == 400)
        << "seed " << seed << " round " << i << " status " << status;
  }
}

TEST_F(ControlTest, every_row_without_a_handler_is_named) {
  auto const missing = control.unhandled();
  EXPECT_NE(std::ranges::find(missing, "status"), missing.end());
  EXPECT_EQ(std::ranges::find(missing, "calls why"), missing.end());
  EXPECT_THROW(control.handle("calls why", nullptr), std::logic_error);
  EXPECT_THROW(control.handle("no such verb", nullptr), std::logic_error);
}

TEST(LocalRights, root_and_the_daemons_own_uid_may_do_everything) {
  auto const own = local_rights({.uid = geteuid(), .gid = getegid()});
  EXPECT_TRUE(own.admin && own.act && own.read);
}

TEST(LocalRights, U1_a_foreign_uid_without_groups_may_do_nothing) {
  auto const nobody = local_rights({.uid = 65533, .gid = 65533});
  EXPECT_FALSE(nobody.read || nobody.act || nobody.admin);
  EXPECT_EQ(nobody.login, "uid 65533");
}

}  // namespace
}  // namespace wardroom
