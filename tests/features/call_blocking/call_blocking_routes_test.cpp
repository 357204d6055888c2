/// The web API on a router, without sockets: posts, one's own standing, the live page.
#include "call_blocking_site.hpp"
#include "http/router.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace wardroom::call_blocking {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

struct Web {
  Site site;
  TaskGroup tasks{site.io.get_executor(),
                  [](std::string_view task, std::exception_ptr) { ADD_FAILURE() << task; }};
  http::Router router{tasks};

  explicit Web(PolicySettings policy = plain_policy()) : site(std::move(policy)) {
    router.set_guard(
        [](http::Route const&, http::ServerRequest&) { return std::optional<http::Response>(); });
    site.feature->add_routes(router);
    site.start();
  }

  bool settling = true;  ///< false: no time passes between requests; commits come later

  struct Asked {
    std::shared_ptr<test::CapturedAnswer> target = std::make_shared<test::CapturedAnswer>();
    http::Headers headers;
    std::string body, path, query, remote;
    http::ServerRequest request;
  };
  std::unique_ptr<Asked> ask(http::Method method, std::string path, PersonNo person,
                             std::string body = "", http::Headers headers = {},
                             std::string session = "", std::uint64_t session_key = 0,
                             std::string remote = "") {
    auto asked = std::make_unique<Asked>();
    asked->headers = std::move(headers);
    asked->body = std::move(body);
    asked->path = std::move(path);
    asked->request.method = method;
    asked->request.path = asked->path;
    asked->request.body = asked->body;
    asked->request.headers = &asked->headers;
    asked->request.caller.person = person;
    asked->request.caller.session = std::move(session);
    asked->request.caller.session_key = session_key;
    asked->remote = std::move(remote);
    asked->request.remote = asked->remote;
    auto const match = router.match(method, asked->path);
    EXPECT_NE(match.route, nullptr) << asked->path;
    router.dispatch(match, asked->request, http::Responder(asked->target));
    if (settling) site.settle();
    return asked;
  }
  std::unique_ptr<Asked> post(PersonNo person, std::string body, std::uint64_t session_key = 0,
                              std::string remote = "") {
    return ask(http::Method::post, "/api/v1/location", person, std::move(body), {}, "", session_key,
               std::move(remote));
  }
  nlohmann::json get(std::string path, PersonNo person = 0) {
    auto const asked = ask(http::Method::get, std::move(path), person);
    EXPECT_TRUE(asked->target->answer);
    return nlohmann::json::parse(asked->target->answer ? asked->target->answer->body : "null");
  }
};

std::string at(GeoPoint where, double accuracy = 20) {
  return fmt::format(R"({{"latitude":{},"longitude":{},"accuracy":{}}})", where.latitude,
                     where.longitude, accuracy);
}

TEST(LocationPost, is_answered_204_with_the_standing_after_the_commit) {
  Web web;
  auto const ann = web.site.person("ann");
  web.site.database.hold();
  auto const asked = web.post(ann, at(kInside));
  EXPECT_FALSE(asked->target->wire) << "not committed yet";
  web.site.database.release();
  web.site.settle();
  ASSERT_TRUE(asked->target->wire);
  EXPECT_THAT(*asked->target->wire, HasSubstr("HTTP/1.1 204"));
  EXPECT_THAT(*asked->target->wire,
              HasSubstr("Wardroom-Standing: inside\r\nWardroom-Calls: allowed\r\n"));
  EXPECT_THAT(*asked->target->wire, Not(HasSubstr("Content-Length")));
  auto const outside = web.post(ann, at(kOutside));
  EXPECT_THAT(*outside->target->wire,
              HasSubstr("Wardroom-Standing: outside\r\nWardroom-Calls: blocked\r\n"));
}

TEST(LocationPost, cuts_a_call_before_its_own_commit) {
  Web web;
  auto const ann = web.site.person("ann");
  web.post(ann, at(kInside));
  web.site.dials("ann", "c1", "+14085550123");
  web.site.settle();
  web.site.database.hold();
  web.post(ann, at(kOutside));
  EXPECT_TRUE(web.site.released("ann", "c1"));
  web.site.database.release();
  web.site.settle();
}

TEST(LocationPost, counts_and_says_so_with_503_when_the_store_fails) {
  Web web;
  auto const ann = web.site.person("ann");
  web.site.database.fail_next_commit({ErrorKind::unavailable, "the disk is full"});
  auto const asked = web.post(ann, at(kOutside));
  ASSERT_TRUE(asked->target->answer);
  EXPECT_EQ(asked->target->answer->status, 503);
  EXPECT_EQ(asked->target->answer->headers.get("Wardroom-Standing"), "outside");
  EXPECT_EQ(asked->target->answer->headers.get("Wardroom-Calls"), "blocked");
  EXPECT_EQ(web.site.feature->standings().current(ann), Standing::outside);
}

TEST(LocationPost, refuses_nonsense_floods_and_strangers) {
  Web web;
  auto const ann = web.site.person("ann");
  EXPECT_EQ(web.post(ann, "{")->target->answer->status, 400);
  EXPECT_EQ(web.post(ann, R"({"latitude":91,"longitude":0,"accuracy":1})")->target->answer->status,
            422);
  EXPECT_EQ(web.post(4711, at(kInside))->target->answer->status, 401);
  EXPECT_EQ(web.site.roster.tracked(), 0u);
  int refused = 0;
  for (int i = 0; i < 120; ++i) {
    auto const asked = web.post(ann, at(kInside));
    if (!asked->target->answer) continue;
    ++refused;
    EXPECT_EQ(asked->target->answer->status, 429);
    EXPECT_EQ(asked->target->answer->headers.get("Retry-After"), "1");
  }
  EXPECT_GT(refused, 20);
}

TEST(LocationPost, is_limited_for_each_session_and_less_narrowly_for_its_person) {
  Web web;
  auto const ann = web.site.person("ann");
  web.settling = false;
  auto const passed = [&](std::uint64_t session, int tries) {
    int out = 0;
    for (int i = 0; i < tries; ++i) {
      auto const asked = web.post(ann, at(kInside), session);
      if (asked->target->answer)
        EXPECT_EQ(asked->target->answer->status, 429);
      else
        ++out;
    }
    return out;
  };
  EXPECT_EQ(passed(1, 60), 50);
  EXPECT_EQ(passed(2, 60), 50) << "another device has a limit of its own";
  EXPECT_EQ(passed(3, 60), 50);
  EXPECT_EQ(passed(4, 60), 0) << "150 of one person at once";
  auto const bob = web.site.person("bob");
  EXPECT_FALSE(web.post(bob, at(kInside), 5)->target->answer) << "others are not concerned";
  web.site.clock.advance(seconds(1));
  EXPECT_EQ(passed(1, 60), 10);
  EXPECT_EQ(passed(4, 60), 15) << "25 a second together";
}

TEST(LocationPost, of_rubbish_is_limited_by_address_and_good_ones_from_there_are_not) {
  Web web;
  auto const ann = web.site.person("ann");
  web.settling = false;
  int refused = 0, throttled = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    auto const asked = web.post(ann, i % 2 ? "{" : R"({"latitude":91,"longitude":0,"accuracy":1})",
                                100 + i, "192.0.2.7");
    ASSERT_TRUE(asked->target->answer);
    bool const many = asked->target->answer->status == 429;
    EXPECT_EQ(asked->target->answer->headers.get("Retry-After"), many ? "1" : "");
    ++(many ? throttled : refused);
  }
  EXPECT_EQ(refused, 60);
  EXPECT_EQ(throttled, 40);
  web.settling = true;
  EXPECT_THAT(*web.post(ann, at(kInside), 1, "192.0.2.7")->target->wire, HasSubstr("204"));
  EXPECT_EQ(web.post(ann, "{", 2, "192.0.2.8")->target->answer->status, 400);
}

TEST(Me, tells_in_words_whether_calls_are_allowed) {
  Web web;
  auto const ann = web.site.person("ann");
  auto me = web.get("/api/v1/me", ann);
  EXPECT_EQ(me["person"]["name"], "ann");
  EXPECT_EQ(me["standing"], "no_fix");
  EXPECT_EQ(me["allowed"], false);
  EXPECT_EQ(me["fix"], nullptr);
  EXPECT_EQ(me["post_interval_s"], 30.0);
  EXPECT_EQ(me["fences"], nlohmann::json::array({"vienna"}));
  web.post(ann, at(kInside));
  me = web.get("/api/v1/me", ann);
  EXPECT_EQ(me["allowed"], true);
  EXPECT_EQ(me["words"], "Your calls are allowed: you are inside the permitted area.");
  web.post(ann, at(kOutside));
  me = web.get("/api/v1/me", ann);
  EXPECT_EQ(me["allowed"], false);
  EXPECT_THAT(me["words"].get<std::string>(), HasSubstr("111 km from the border of 'vienna'"));
  EXPECT_THAT(me["words"].get<std::string>(), HasSubstr("Emergency numbers always work"));
}

TEST(Me, does_not_claim_that_calls_are_blocked_while_rules_are_only_tried_out) {
  auto policy = plain_policy();
  policy.mode = Mode::observe;
  Web web(policy);
  auto const ann = web.site.person("ann");
  EXPECT_THAT(*web.post(ann, at(kOutside))->target->wire, HasSubstr("Wardroom-Calls: allowed"));
  EXPECT_EQ(web.get("/api/v1/me", ann)["allowed"], true);
}

TEST(Dashboard, gives_the_whole_state_then_what_changes) {
  Web web;
  auto const ann = web.site.person("ann");
  auto const ben = web.site.person("ben");
  web.post(ann, at(kInside));
  web.site.dials("ann", "c1", "+14085550123");
  web.site.clock.advance(milliseconds(100));  // records gather for a while
  auto const state = web.get("/api/v1/dashboard");
  ASSERT_EQ(state["people"].size(), 2u);
  EXPECT_EQ(state["people"][0]["name"], "ann");
  EXPECT_EQ(state["people"][0]["latitude"], 48.5);
  EXPECT_FALSE(state["people"][1].contains("latitude"));
  EXPECT_EQ(state["calls"][0]["person"], "ann");
  EXPECT_EQ(state["fences"][0]["box"]["south"], 48.0);
  EXPECT_EQ(state["monitoring"]["on"], true);
  auto const seq = state["seq"].get<std::int64_t>();
  EXPECT_GT(seq, 0);

  auto const viewer = web.ask(http::Method::get, "/api/v1/dashboard/stream", 0);
  ASSERT_TRUE(viewer->target->stream);
  web.post(ben, at(kOutside));
  web.site.clock.advance(milliseconds(300));
  auto& seen = viewer->target->stream->written;
  EXPECT_THAT(seen, HasSubstr("event: state"));
  EXPECT_THAT(seen, HasSubstr(R"("standing":"outside")"));
  seen.clear();
  web.site.ends("ann", "c1");
  web.site.clock.advance(milliseconds(300));
  EXPECT_THAT(seen, HasSubstr("event: call"));
  EXPECT_THAT(seen, HasSubstr(R"("state":"released")"));
  EXPECT_THAT(seen, HasSubstr("id: "));

  auto const back = web.ask(http::Method::get, "/api/v1/dashboard/stream", 0, "",
                            {{"Last-Event-ID", std::to_string(seq)}});
  EXPECT_THAT(back->target->stream->written, HasSubstr(R"("state":"released")"));
  EXPECT_THAT(back->target->stream->written, Not(HasSubstr("id: " + std::to_string(seq) + "\n")));
}

TEST(Dashboard, tells_a_viewer_of_numbers_that_are_gone_and_goes_on) {
  Web web;
  web.site.journal.append("login", 0, "", R"({"accepted":true})");
  web.site.journal.append("login", 0, "", R"({"accepted":true})");
  web.site.settle();
  web.site.clock.advance(std::chrono::hours(1));
  web.site.journal.append("reload", 0, "", R"({"changed":["a.b"]})");
  web.site.settle();
  ASSERT_TRUE(test::run_task(web.site.io, web.site.journal.forget_before(web.site.clock.now())));
  auto const gone = web.site.journal.forgotten();
  ASSERT_GT(gone, 0);
  auto const ask = [&](std::int64_t seq) {
    return web.ask(http::Method::get, "/api/v1/dashboard/stream", 0, "",
                   {{"Last-Event-ID", std::to_string(seq)}});
  };
  EXPECT_THAT(ask(gone - 1)->target->stream->written, HasSubstr("event: gap"));
  EXPECT_THAT(ask(gone + 1'000)->target->stream->written, HasSubstr("event: gap"))
      << "a number that a restored journal never reached";
  auto const back = ask(gone);
  EXPECT_THAT(back->target->stream->written, Not(HasSubstr("event: gap")));
  EXPECT_THAT(back->target->stream->written,
              HasSubstr(R"("line":"configuration read again: changed a.b")"));
}

TEST(Dashboard, shows_a_position_going_stale_without_any_event) {
  Web web;
  auto const ann = web.site.person("ann");
  web.post(ann, at(kInside));
  web.get("/api/v1/dashboard");
  auto const viewer = web.ask(http::Method::get, "/api/v1/dashboard/stream", 0);
  web.site.clock.advance(seconds(299));
  EXPECT_THAT(viewer->target->stream->written, Not(HasSubstr("stale")));
  web.site.clock.advance(seconds(3));
  EXPECT_THAT(viewer->target->stream->written, HasSubstr(R"("standing":"stale")"));
}

TEST(Dashboard, ends_a_stream_with_the_session_that_opened_it) {
  Web web;
  std::string good = "ada";
  web.site.feature->dashboard().set_admission(
      [&](std::string const& session) { return session == good; });
  auto const open = [&](std::string session) {
    return web.ask(http::Method::get, "/api/v1/dashboard/stream", 0, "", {}, std::move(session));
  };
  auto const ada = open("ada");
  auto const bob = open("bob");
  web.site.clock.advance(seconds(6));
  EXPECT_TRUE(ada->target->stream->open());
  EXPECT_FALSE(bob->target->stream->open()) << "logged out, ended, or no administrator any more";
  good.clear();
  web.site.clock.advance(seconds(6));
  EXPECT_FALSE(ada->target->stream->open());
  EXPECT_EQ(web.site.feature->dashboard().viewers(), 0u);
}

TEST(Dashboard, switches_monitoring) {
  Web web;
  auto const off = web.ask(http::Method::post, "/api/v1/monitor", 0, R"({"on":false})");
  EXPECT_EQ(off->target->answer->status, 200);
  EXPECT_FALSE(web.site.feature->monitoring().on());
  EXPECT_EQ(
      web.ask(http::Method::post, "/api/v1/monitor", 0, R"({"on":1})")->target->answer->status,
      400);
  EXPECT_EQ(
      web.ask(http::Method::post, "/api/v1/monitor", 0, R"({"on":true})")->target->answer->status,
      200);
  EXPECT_TRUE(web.site.feature->monitoring().on());
}

TEST(Dashboard, explains_a_call) {
  Web web;
  auto const ann = web.site.person("ann");
  web.post(ann, at(kOutside));
  web.site.dials("ann", "callhalf-7:0", "+14085550123");
  web.site.settle();
  EXPECT_EQ(web.get("/api/v1/calls/callhalf-7:0/why")["reason"], "outside");
  EXPECT_EQ(web.ask(http::Method::get, "/api/v1/calls/none/why", 0)->target->answer->status, 404);
}

TEST(Dashboard, explains_a_person) {
  Web web;
  auto const ann = web.site.person("ann");
  web.post(ann, at(kOutside));
  auto const why = web.get(fmt::format("/api/v1/people/{}/why", ann));
  EXPECT_EQ(why["person"], "ann");
  EXPECT_EQ(why["reason"], "outside");
  EXPECT_EQ(why["reevaluated"]["same"], true);
  EXPECT_EQ(why.dump().find("latitude"), std::string::npos);
  auto const status = [&](std::string const& path) {
    return web.ask(http::Method::get, path, 0)->target->answer->status;
  };
  EXPECT_EQ(status("/api/v1/people/4711/why"), 404);
  EXPECT_EQ(status("/api/v1/people/ann/why"), 400);
}

TEST(Journal, has_the_channels_comings_and_goings) {
  Web web;
  web.site.events.told.channels = {{.host = "xsp1", .up = true, .state = "up"}};
  web.site.clock.advance(seconds(1));
  web.site.events.told.channels[0].up = false;
  web.site.events.told.channels[0].last_error = "reset";
  web.site.clock.advance(seconds(2));
  auto const rows =
      test::run_task(web.site.io, web.site.journal.read_latest({.kinds = {"channel"}}, 10));
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_THAT((*rows)[0].body, HasSubstr("reset"));
}

}  // namespace
}  // namespace wardroom::call_blocking
