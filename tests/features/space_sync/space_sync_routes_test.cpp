// The web API of space sync on a router behind the daemon's own guard, without sockets: whom it
// answers, what it tells, and that a removal is approved only by its number.
#include "front/browser_session.hpp"
#include "space_sync_site.hpp"
#include "support/captured_answer.hpp"

#include <fmt/format.h>

namespace wardroom::space_sync::test {
namespace {

using front::BrowserSessions;
using http::Method;
using nlohmann::json;

/// One person is signed in, with whatever cookie they send.
class OnePerson final : public front::PersonSessions {
 public:
  Task<Result<PersonNo>> open(Person, std::string, Instant, front::SessionOrigin) override {
    co_return failure(ErrorKind::unavailable, "nobody logs in here");
  }
  PersonNo find(std::string_view) override { return 7; }
  Task<Result<front::PersonSession>> describe(std::string) override {
    co_return failure(ErrorKind::not_found, "no such session");
  }
  Task<Result<void>> extend(std::string, Instant) override { co_return Result<void>{}; }
  Task<Result<void>> close(std::string) override { co_return Result<void>{}; }
  Task<Result<std::vector<front::PersonSessionView>>> list(PersonNo) override {
    co_return std::vector<front::PersonSessionView>{};
  }
  Task<Result<std::size_t>> close_all(PersonNo, std::string) override { co_return std::size_t{0}; }
  std::size_t count() const override { return 1; }
};

std::vector<store::Migration> session_steps() {
  std::vector<store::Migration> out;
  for (auto const& step : front::web_session_migrations) out.push_back(step);
  return out;
}

struct Web {
  Site site;
  wardroom::test::FakeDatabase database{site.io, site.clock, session_steps()};
  OnePerson people;
  BrowserSessions sessions{{database, people, site.clock, site.dice}, "https://ward.test"};
  TaskGroup tasks{site.io.get_executor(), Site::Daemon::fail};
  http::Router router{tasks};
  std::string cookie, csrf;

  explicit Web(SpaceSyncSettings settings = plain_settings()) : site(std::move(settings)) {
    site.feature().add_routes(router);
    router.set_guard([this](http::Route const& route, http::ServerRequest& request) {
      return sessions.guard(route, request);
    });
    site.start();
    Person ada;
    ada.uuid = "f5b36187-c8dd-4727-8b2f-f9c447f29046";
    ada.display_name = "Ada";
    ada.emails = {"ada@acme.example"};
    auto const set = *site.await(sessions.open_admin(ada, std::nullopt));
    cookie = set.substr(0, set.find(';'));
    csrf = BrowserSessions::csrf_token(cookie.substr(cookie.find('=') + 1));
  }

  http::Response ask(Method method, std::string const& target, http::Headers headers,
                     std::string const& body = "") {
    auto const mark = target.find('?');
    auto const path = target.substr(0, mark);
    auto const query = mark == std::string::npos ? std::string() : target.substr(mark + 1);
    http::ServerRequest request;
    request.method = method;
    request.target = target;
    request.path = path;
    request.query = query;
    request.body = body;
    request.headers = &headers;
    auto const match = router.match(method, path);
    if (!match.route) return http::text(match.refusal, "");
    request.params = match.params;
    auto answer = std::make_shared<wardroom::test::CapturedAnswer>();
    router.dispatch(match, request, http::Responder(answer));
    for (int i = 0; i < 1000 && !answer->answer; ++i) site.clock.advance(Milliseconds(1));
    return answer->answer.value_or(http::text(0, ""));
  }
  http::Response get(std::string const& target) {
    return ask(Method::get, target, {{"Cookie", cookie}});
  }
  json read(std::string const& target) {
    auto const got = get(target);
    EXPECT_EQ(got.status, 200) << target << ": " << got.body;
    return json::parse(got.body, nullptr, false);
  }
  http::Response press(std::string const& verb, json const& body = json::object(),
                       std::string const& job = "all-hands") {
    return press_raw(verb, body.dump(), job);
  }
  http::Response press_raw(std::string const& verb, std::string const& body,
                           std::string const& job = "all-hands") {
    return ask(Method::post, fmt::format("/api/v1/sync/jobs/{}/{}", job, verb),
               {{"Cookie", cookie},
                {"X-CSRF-Token", csrf},
                {"Origin", "https://ward.test"},
                {"Content-Type", "application/json"}},
               body);
  }
  /// The run that a button began, once it is over.
  Result<Run> outcome(http::Response const& answer) {
    EXPECT_EQ(answer.status, 202) << answer.body;
    auto const run = json::parse(answer.body, nullptr, false).value("run", RunId{0});
    return site.await(site.feature().ended(run));
  }
  /// `belong` members who belong, and as many contractors as said who do not.
  void populate(std::uint64_t belong, std::uint64_t contractors) {
    for (std::uint64_t n = 2; n < 2 + belong; ++n) site.world.hire(n), site.world.join(n);
    for (std::uint64_t n = 1'000; n < 1'000 + contractors; ++n)
      site.world.hire(n, "Contractors EMEA"), site.world.join(n);
  }
};

std::string code_of(http::Response const& answer) {
  auto const body = json::parse(answer.body, nullptr, false);
  return body.is_object() && body.contains("error") ? body["error"].value("code", "") : "";
}

constexpr std::array kReads{"/api/v1/sync", "/api/v1/sync/runs", "/api/v1/sync/runs/1"};
constexpr std::array kButtons{"run", "plan", "approve", "pause", "resume"};

TEST(SpaceSyncRoutes, W1_answer_administrators_only_and_change_nothing_without_the_pages_token) {
  Web web;
  http::Headers const as_person{{"Cookie", "__Host-wardroom_person=whoever"}};
  for (auto const* path : kReads) {
    EXPECT_EQ(web.ask(Method::get, path, {}).status, 401) << path;
    EXPECT_EQ(web.ask(Method::get, path, as_person).status, 401) << path;
  }
  for (std::string const verb : kButtons) {
    auto const path = "/api/v1/sync/jobs/all-hands/" + verb;
    std::string const body = verb == "approve" ? R"({"removals":1})"
                             : verb == "pause" ? R"({"reason":"x"})"
                                               : "{}";
    EXPECT_EQ(web.ask(Method::post, path, {}, body).status, 401) << path;
    EXPECT_EQ(web.ask(Method::post, path, as_person, body).status, 401) << path;
    EXPECT_EQ(web.ask(Method::post, path, {{"Cookie", web.cookie}}, body).status, 403) << path;
    EXPECT_EQ(web.ask(Method::post, path,
                      {{"Cookie", web.cookie},
                       {"X-CSRF-Token", web.csrf},
                       {"Origin", "https://evil.example"}},
                      body)
                  .status,
              403)
        << path;
    EXPECT_EQ(web.ask(Method::get, path, {{"Cookie", web.cookie}}).status, 405) << path;
  }
  EXPECT_TRUE(web.site.audit.told.empty());
  EXPECT_EQ(web.read("/api/v1/sync/runs")["runs"].size(), 0u);
}

TEST(SpaceSyncRoutes, a_plan_is_answered_at_once_and_read_with_names_and_reasons) {
  Web web;
  web.populate(20, 2);
  web.site.world.hire(500);
  web.site.world.answer_time = Milliseconds(20);
  auto const asked = web.press("plan");
  auto const id = json::parse(asked.body)["run"].get<RunId>();
  auto const meanwhile = web.read("/api/v1/sync")["jobs"][0];
  EXPECT_EQ(meanwhile["running"]["run"], id) << meanwhile;
  EXPECT_TRUE(meanwhile["running"].contains("stage"));
  auto const done = web.outcome(asked);
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(done->state, RunState::planned);
  EXPECT_EQ(done->by, "ada@acme.example");
  EXPECT_EQ(web.site.world.changes(), 0u);
  auto const shown = web.read(fmt::format("/api/v1/sync/runs/{}", id));
  EXPECT_EQ(shown["run"]["counts"]["to_add"], 1) << shown;
  EXPECT_EQ(shown["run"]["counts"]["to_remove"], 2);
  ASSERT_EQ(shown["steps"].size(), 3u);
  EXPECT_EQ(shown["steps"][0]["email"], "p500@acme.example");
  EXPECT_EQ(shown["steps"][1]["act"], "remove");
  EXPECT_NE(shown["steps"][1]["why"].get<std::string>().find("Contractor"), std::string::npos);
  EXPECT_FALSE(shown.contains("next"));
  EXPECT_TRUE(shown["spared"].is_array());
  EXPECT_TRUE(web.read("/api/v1/sync")["jobs"][0]["running"].is_null());
  // What was shown is carried out, and only that.
  auto const applied = web.outcome(web.press("run", {{"plan", id}}));
  ASSERT_TRUE(applied) << applied.error().what;
  EXPECT_EQ(applied->state, RunState::done);
  EXPECT_EQ(web.site.world.changes(), 3u);
  auto const late = web.press("run", {{"plan", id}});
  EXPECT_EQ(late.status, 409) << late.body;
}

TEST(SpaceSyncRoutes, S3_a_held_removal_takes_its_exact_number_and_that_only_once) {
  Web web;
  web.populate(40, 10);
  auto const held = web.outcome(web.press("run"));
  ASSERT_TRUE(held) << held.error().what;
  ASSERT_EQ(held->state, RunState::held);
  auto const job = web.read("/api/v1/sync")["jobs"][0];
  EXPECT_EQ(job["held"]["counts"]["to_remove"], 10) << job;
  EXPECT_FALSE(job["held"]["hold"].get<std::string>().empty());
  auto const names = web.read(fmt::format("/api/v1/sync/runs/{}?only=remove", held->id));
  EXPECT_EQ(names["steps"].size(), 10u);
  auto const records = web.site.audit.told.size();
  for (auto const wrong : {0, 9, 11, 1'000}) {
    auto const refused = web.press("approve", {{"removals", wrong}});
    EXPECT_EQ(refused.status, 409) << wrong;
    EXPECT_EQ(code_of(refused), "conflict");
    EXPECT_NE(refused.body.find("would remove 10 people"), std::string::npos) << refused.body;
  }
  EXPECT_EQ(web.site.world.changes(), 0u);
  EXPECT_EQ(web.site.audit.told.size(), records) << "nothing was asked of anybody";
  auto const done = web.outcome(web.press("approve", {{"removals", 10}}));
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(done->state, RunState::done);
  EXPECT_EQ(done->cause, RunCause::approval);
  EXPECT_EQ(web.site.world.removed.size(), 10u);
  EXPECT_EQ(web.site.audit.count("sync approve asked"), 1u);
  EXPECT_EQ(web.site.audit.count("sync approve"), 1u);
  EXPECT_EQ(web.press("approve", {{"removals", 10}}).status, 409) << "nothing waits any more";
}

TEST(SpaceSyncRoutes, S3_an_approval_of_what_has_changed_meanwhile_removes_nobody) {
  Web web;
  web.populate(40, 10);
  ASSERT_EQ(web.outcome(web.press("run"))->state, RunState::held);
  web.site.world.hire(2'000, "Contractors APAC");
  web.site.world.join(2'000);
  auto const answer = web.press("approve", {{"removals", 10}});
  ASSERT_EQ(answer.status, 202) << answer.body;
  auto const id = json::parse(answer.body)["run"].get<RunId>();
  auto const ended = web.site.await(web.site.feature().ended(id));
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::conflict);
  EXPECT_EQ(web.site.world.changes(), 0u);
  auto const shown = web.read(fmt::format("/api/v1/sync/runs/{}", id))["run"];
  EXPECT_NE(shown["error"].get<std::string>().find("11"), std::string::npos) << shown;
}

TEST(SpaceSyncRoutes, what_is_asked_wrongly_is_refused_with_a_sentence_and_begins_nothing) {
  Web web;
  for (auto const* verb : kButtons) {
    auto const nobody = web.press(verb, {}, "no-such-job");
    EXPECT_EQ(nobody.status, 404) << verb;
    EXPECT_EQ(code_of(nobody), "not_found");
    web.site.clock.advance(std::chrono::seconds(10));
    for (std::string const body :
         {"", "[]", "7", "{", R"({"more":1})", R"({"plan":"x"})", R"({"removals":-1})",
          R"({"removals":1.5})", R"({"reason":7})"}) {
      EXPECT_EQ(web.press_raw(verb, body).status, 400) << verb << " " << body;
      web.site.clock.advance(std::chrono::seconds(3));
    }
  }
  EXPECT_EQ(web.press("approve").status, 400);
  EXPECT_EQ(web.press("pause", {{"reason", std::string(2'000, 'x')}}).status, 400);
  EXPECT_EQ(web.press("run", {{"plan", 77}}).status, 404) << "there is no such plan";
  for (auto const* path :
       {"/api/v1/sync/runs?before=x", "/api/v1/sync/runs?before=-1", "/api/v1/sync/runs/x",
        "/api/v1/sync/runs/0", "/api/v1/sync/runs/1?after=x", "/api/v1/sync/runs/1?only=all'--"})
    EXPECT_EQ(web.get(path).status, 400) << path;
  EXPECT_EQ(web.get("/api/v1/sync/runs/9999").status, 404);
  EXPECT_EQ(web.read("/api/v1/sync/runs?job=no-such-job")["runs"].size(), 0u);
  EXPECT_EQ(web.read("/api/v1/sync/runs")["runs"].size(), 0u);
}

TEST(SpaceSyncRoutes, a_pause_tells_who_and_why_and_the_reason_can_be_erased) {
  Web web;
  auto const paused = web.press("pause", {{"reason", "the directory is being moved"}});
  ASSERT_EQ(paused.status, 200) << paused.body;
  auto const job = json::parse(paused.body)["job"];
  EXPECT_EQ(job["paused"]["by"], "ada@acme.example") << job;
  EXPECT_EQ(job["paused"]["reason"], "the directory is being moved");
  ASSERT_EQ(web.site.audit.count("sync pause asked"), 1u);
  auto const& asked = web.site.audit.told.front().second;
  EXPECT_EQ(asked.object, "job all-hands");
  EXPECT_EQ(asked.text, "the directory is being moved");
  EXPECT_FALSE(asked.after && asked.after->find("moved") != std::string::npos);
  EXPECT_EQ(web.site.audit.told.back().second.correlation, asked.correlation);
  auto const resumed = web.press("resume");
  ASSERT_EQ(resumed.status, 200) << resumed.body;
  EXPECT_TRUE(json::parse(resumed.body)["job"]["paused"].is_null());
}

TEST(SpaceSyncRoutes, without_a_login_or_without_the_audit_nothing_begins) {
  Web web;
  web.site.logged_in = false;
  auto const refused = web.press("run");
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_NE(refused.body.find("log in first"), std::string::npos) << refused.body;
  EXPECT_EQ(web.site.audit.count("sync run failed"), 1u);
  web.site.logged_in = true;
  web.site.audit.refuses = true;
  EXPECT_EQ(web.press("run").status, 503);
  EXPECT_EQ(web.read("/api/v1/sync/runs")["runs"].size(), 0u);
  web.site.audit.refuses = false;
  web.site.world.answer_time = Milliseconds(100);
  auto const first = web.press("run");
  auto const second = web.press("run");
  EXPECT_EQ(second.status, 409) << "one run of a space at a time: " << second.body;
  EXPECT_TRUE(web.outcome(first));
}

TEST(SpaceSyncRoutes, a_session_that_asks_too_often_is_told_to_wait) {
  Web web;
  int refused = 0;
  http::Response last;
  for (int i = 0; i < 30; ++i) {
    last = web.press("resume", {}, "no-such-job");
    refused += last.status == 429;
  }
  EXPECT_GT(refused, 5);
  EXPECT_EQ(last.status, 429);
  EXPECT_FALSE(last.headers.get("Retry-After").empty());
  web.site.clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(web.press("resume", {}, "no-such-job").status, 404);
  // A page that follows a run, once a second, is never refused.
  for (int i = 0; i < 300; ++i) {
    web.site.clock.advance(std::chrono::seconds(1));
    ASSERT_EQ(web.get("/api/v1/sync").status, 200) << i;
    ASSERT_EQ(web.get("/api/v1/sync/runs").status, 200) << i;
  }
}

TEST(SpaceSyncRoutes, runs_come_in_pages_newest_first) {
  Web web;
  for (int i = 0; i < 120; ++i) {
    space_sync::Run run;
    run.job = i % 3 == 0 ? "other" : "all-hands";
    run.state = RunState::done;
    run.began = web.site.clock.now();
    ASSERT_TRUE(web.site.await(web.site.feature().store().begin(run)));
  }
  std::vector<RunId> seen;
  std::string query;
  for (int page = 0; page < 5; ++page) {
    auto const got = web.read("/api/v1/sync/runs" + query);
    for (auto const& run : got["runs"]) seen.push_back(run["id"].get<RunId>());
    if (!got.contains("older")) break;
    query = fmt::format("?before={}", got["older"].get<RunId>());
  }
  EXPECT_EQ(seen.size(), 120u);
  EXPECT_TRUE(std::ranges::is_sorted(seen, std::greater{}));
  EXPECT_EQ(web.read("/api/v1/sync/runs?job=other")["runs"].size(), 40u);
}

TEST(SpaceSyncRoutes, the_people_of_a_run_come_in_pages_and_its_failures_by_themselves) {
  Web web(bold_settings());
  for (std::uint64_t n = 2; n < 2'502; ++n) web.site.world.hire(n);
  web.site.world.add_fails[id_of(77)] = Error{ErrorKind::denied, "they accept no messages"};
  auto const done = web.outcome(web.press("run"));
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(done->counts.added, 2'499);
  std::size_t people = 0;
  std::int64_t after = 0;
  for (int page = 0; page < 5; ++page) {
    auto const got = web.read(fmt::format("/api/v1/sync/runs/{}{}", done->id,
                                          after == 0 ? "" : fmt::format("?after={}", after)));
    people += got["steps"].size();
    EXPECT_EQ(got.contains("spared"), page == 0);
    if (!got.contains("next")) break;
    after = got["next"].get<std::int64_t>();
  }
  EXPECT_EQ(people, 2'500u);
  auto const failed = web.read(fmt::format("/api/v1/sync/runs/{}?only=failed", done->id));
  ASSERT_EQ(failed["steps"].size(), 1u);
  EXPECT_EQ(failed["steps"][0]["email"], "p77@acme.example");
  EXPECT_EQ(web.read(fmt::format("/api/v1/sync/runs/{}?only=add", done->id))["next"], 1'000);
  EXPECT_EQ(web.read(fmt::format("/api/v1/sync/runs/{}?only=remove", done->id))["steps"].size(),
            0u);
}

}  // namespace
}  // namespace wardroom::space_sync::test
