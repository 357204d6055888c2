// The web API of security notices on a router behind the daemon's own guard, without sockets: whom
// it answers, what it tells live, whose viewings are audited, and what a report's cells are.
#include "features/security_notices/security_notices_csv.hpp"
#include "front/browser_session.hpp"
#include "notices_site.hpp"
#include "support/captured_answer.hpp"
#include "viewings.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace wardroom::security_notices::test {
namespace {

using namespace std::chrono_literals;
using front::BrowserSessions;
using http::Method;
using nlohmann::json;

/// Remembers what it was told.
class FakeAudit final : public AuditPort {
 public:
  std::vector<std::pair<std::string, control::Change>> told;
  bool refuses = false;
  void daemon(std::string action, control::Change change) override {
    told.emplace_back(std::move(action), std::move(change));
  }
  void web(http::Caller const&, std::string action, control::Change change) override {
    told.emplace_back(std::move(action), std::move(change));
  }
  Task<Result<void>> daemon_first(std::string action, control::Change change) override {
    if (refuses) co_return failure(ErrorKind::unavailable, "the audit cannot be written");
    told.emplace_back(std::move(action), std::move(change));
    co_return Result<void>{};
  }
  Task<Result<void>> web_first(http::Caller, std::string action, control::Change change) override {
    co_return co_await daemon_first(std::move(action), std::move(change));
  }
  std::size_t count(std::string_view action) const {
    return std::size_t(
        std::ranges::count_if(told, [&](auto const& one) { return one.first == action; }));
  }
};

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
  FakeAudit audit;
  Site site{{"cms1", "cms2"}};
  wardroom::test::FakeDatabase database{site.io, site.clock, session_steps()};
  OnePerson people;
  BrowserSessions sessions{{database, people, site.clock, site.dice}, "https://ward.test"};
  TaskGroup tasks{site.io.get_executor(), Site::Daemon::fail};
  std::optional<http::Router> router{tasks};
  std::string cookie, csrf;

  Web() {
    site.audit = &audit;
    site.configure(site.settings);
    site.feature().add_routes(*router);
    sessions.guard(*router);
    auto& ann = site.bridge(0);
    ann.start_call("call-a", "conf-a");
    ann.join("call-a", "leg-1", "ann@secure.example");
    site.bridge(1).start_call("call-b", "conf-b");
    site.bridge(1).join("call-b", "leg-2", "mallory@evil.example");
    site.start();
    site.wait(20s);
    Person ada;
    ada.uuid = "f5b36187-c8dd-4727-8b2f-f9c447f29046";
    ada.display_name = "Ada";
    ada.emails = {"ada@acme.example"};
    auto const set = *site.await(sessions.open_admin(ada, std::nullopt));
    cookie = set.substr(0, set.find(';'));
    csrf = BrowserSessions::csrf_token(cookie.substr(cookie.find('=') + 1));
    audit.told.clear();
  }
  ~Web() {
    router.reset();
    site.stop();
  }

  using Answer = std::shared_ptr<wardroom::test::CapturedAnswer>;
  Answer begin(Method method, std::string const& target, http::Headers headers,
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
    auto answer = std::make_shared<wardroom::test::CapturedAnswer>();
    auto const match = router->match(method, path);
    if (!match.route) {
      answer->answer = http::text(match.refusal, "");
      return answer;
    }
    request.params = match.params;
    router->dispatch(match, request, http::Responder(answer));
    site.clock.drain();
    for (int i = 0; i < 200 && !answer->answer; ++i) site.wait(1ms);
    return answer;
  }
  http::Response ask(Method method, std::string const& target, http::Headers headers,
                     std::string const& body = "") {
    return begin(method, target, std::move(headers), body)->answer.value_or(http::text(0, ""));
  }
  http::Response get(std::string const& target) {
    return ask(Method::get, target, {{"Cookie", cookie}});
  }
  json read(std::string const& target) {
    auto const got = get(target);
    EXPECT_EQ(got.status, 200) << target << ": " << got.body;
    return json::parse(got.body, nullptr, false);
  }
  Answer press(std::string const& bridge = "cms1", std::string const& body = "{}") {
    return begin(Method::post, fmt::format("/api/v1/conferences/bridges/{}/resync", bridge),
                 {{"Cookie", cookie},
                  {"X-CSRF-Token", csrf},
                  {"Origin", "https://ward.test"},
                  {"Content-Type", "application/json"}},
                 body);
  }
  std::shared_ptr<wardroom::test::CapturedStream> look() {
    auto stream = begin(Method::get, "/api/v1/conferences/live", {{"Cookie", cookie}})->stream;
    EXPECT_NE(stream, nullptr);
    return stream;
  }
};

/// The data of the state frames in what a stream wrote.
std::vector<json> frames_of(std::string const& written) {
  std::vector<json> out;
  for (std::size_t at = 0; (at = written.find("event: state\ndata: ", at)) != std::string::npos;) {
    at += std::string_view("event: state\ndata: ").size();
    out.push_back(json::parse(written.substr(at, written.find('\n', at) - at), nullptr, false));
  }
  return out;
}
std::vector<std::string> ids_of(std::vector<json> const& frames) {
  std::vector<std::string> out;
  for (auto const& frame : frames)
    for (auto const& one : frame["conferences"]) out.push_back(one["id"]);
  return out;
}

TEST(NoticesRoutes, W1_answer_administrators_only_and_change_nothing_without_the_pages_token) {
  Web web;
  http::Headers const as_person{{"Cookie", "__Host-wardroom_person=whoever"}};
  for (auto const* path : {"/api/v1/conferences", "/api/v1/conferences/live",
                           "/api/v1/conferences/conf-a", "/api/v1/conferences/report.csv"}) {
    EXPECT_EQ(web.ask(Method::get, path, {}).status, 401) << path;
    EXPECT_EQ(web.ask(Method::get, path, as_person).status, 401) << path;
  }
  std::string const path = "/api/v1/conferences/bridges/cms1/resync";
  auto const listings = web.site.bridge(0).api.times("calls");
  EXPECT_EQ(web.ask(Method::post, path, {}, "{}").status, 401);
  EXPECT_EQ(web.ask(Method::post, path, as_person, "{}").status, 401);
  EXPECT_EQ(web.ask(Method::post, path, {{"Cookie", web.cookie}}, "{}").status, 403);
  EXPECT_EQ(web.ask(Method::post, path,
                    {{"Cookie", web.cookie},
                     {"X-CSRF-Token", web.csrf},
                     {"Origin", "https://evil.example"}},
                    "{}")
                .status,
            403);
  EXPECT_EQ(web.ask(Method::get, path, {{"Cookie", web.cookie}}).status, 405);
  EXPECT_TRUE(web.audit.told.empty());
  EXPECT_EQ(web.site.bridge(0).api.times("calls"), listings);
}

TEST(NoticesRoutes, the_list_has_the_highest_level_first_and_names_nobody) {
  Web web;
  auto const got = web.read("/api/v1/conferences");
  EXPECT_EQ(got["mode"], "enforce");
  ASSERT_EQ(got["conferences"].size(), 2u) << got;
  EXPECT_EQ(got["conferences"][0]["id"], "conf-b");
  EXPECT_EQ(got["conferences"][0]["level"], 3);
  EXPECT_EQ(got["conferences"][0]["calls"][0]["shown"], "Level 3");
  EXPECT_EQ(got["conferences"][1]["level_name"], "secure");
  EXPECT_EQ(got["bridges"].size(), 2u);
  EXPECT_EQ(got["bridges"][1]["name"], "cms2");
  EXPECT_FALSE(got.contains("more"));
  EXPECT_EQ(got.dump().find("mallory"), std::string::npos);
  EXPECT_TRUE(web.audit.told.empty());
}

TEST(NoticesRoutes, a_thousand_conferences_are_listed_and_the_rest_is_counted) {
  Web web;
  for (int i = 0; i < 1'010; ++i)
    web.site.bridge(0).start_call(fmt::format("call-{}", i), fmt::format("conf-{}", i));
  ASSERT_EQ(web.site.post(0).status, 200);
  web.site.wait(20s);  // the first post of a session brings doubt
  auto const got = web.read("/api/v1/conferences");
  EXPECT_EQ(got["conferences"].size(), 1'000u);
  EXPECT_EQ(got["more"], 12);
  EXPECT_EQ(got["conferences"][0]["id"], "conf-b");
}

TEST(NoticesRoutes, one_conference_names_its_people_and_the_viewing_is_audited_once) {
  Web web;
  auto const got = web.read("/api/v1/conferences/conf-b");
  EXPECT_EQ(got["conference"]["level"], 3);
  ASSERT_EQ(got["people"].size(), 1u) << got;
  EXPECT_EQ(got["people"][0]["address"], "mallory@evil.example");
  EXPECT_EQ(got["levels"].size(), 1u);
  for (int i = 0; i < 5; ++i) {
    web.site.wait(1s);
    web.read("/api/v1/conferences/conf-b");
  }
  ASSERT_EQ(web.audit.count("conference viewed"), 1u);
  EXPECT_EQ(web.audit.told.front().second.object, "conference conf-b");
  web.read("/api/v1/conferences/conf-a");
  EXPECT_EQ(web.audit.count("conference viewed"), 2u);
  EXPECT_EQ(web.get("/api/v1/conferences/no-such-one").status, 404);
  EXPECT_EQ(web.audit.count("conference viewed"), 2u) << "nobody was shown";
}

TEST(NoticesRoutes, B1_a_level_that_rises_is_told_within_a_quarter_of_a_second_and_only_that) {
  Web web;
  auto const viewer = web.look();
  auto const other = web.look();
  web.site.wait(5s);
  EXPECT_TRUE(ids_of(frames_of(viewer->written)).empty()) << viewer->written;
  web.site.bridge(0).join("call-a", "leg-9", "eve@evil.example");
  ASSERT_EQ(web.site.post(0).status, 200);
  web.site.wait(260ms);
  auto const frames = frames_of(viewer->written);
  ASSERT_FALSE(frames.empty());
  for (auto const& id : ids_of(frames)) EXPECT_EQ(id, "conf-a");
  EXPECT_EQ(frames.back()["conferences"][0]["level"], 3) << frames.back();
  EXPECT_EQ(viewer->written.find("eve@"), std::string::npos) << "nobody is named";
  web.site.bridge(0).end_call("call-a");
  ASSERT_EQ(web.site.post(0).status, 200);
  web.site.wait(300ms);
  EXPECT_EQ(frames_of(viewer->written).back()["gone"], json::array({"conf-a"}));
  EXPECT_EQ(viewer->written, other->written) << "encoded once for all";
}

TEST(NoticesRoutes, changes_in_a_flood_are_told_at_most_each_quarter_of_a_second) {
  Web web;
  auto const viewer = web.look();
  auto const before = frames_of(viewer->written).size();
  for (int i = 0; i < 100; ++i) {
    web.site.bridge(0).join("call-a", fmt::format("guest-{}", i), "eve@evil.example");
    ASSERT_EQ(web.site.post(0).status, 200);
    web.site.wait(20ms);
  }
  auto const frames = frames_of(viewer->written);
  EXPECT_LE(frames.size() - before, 14u);
  EXPECT_GE(frames.size() - before, 6u);
}

TEST(NoticesRoutes, a_bridge_in_doubt_and_another_mode_are_told_too) {
  Web web;
  auto const viewer = web.look();
  web.site.bridge(1).api.down = Error{ErrorKind::unavailable, "no answer"};
  web.site.bridge(1).writer.lose(1);
  web.site.bridge(1).join("call-b", "leg-8", "bob@staff.example");
  ASSERT_EQ(web.site.post(1).status, 200);
  auto policy = web.site.settings.policy;
  policy.mode = FeatureMode::observe;
  web.site.feature().set_policy(policy);
  web.site.wait(2s);
  bool doubted = false, observed = false;
  for (auto const& frame : frames_of(viewer->written)) {
    for (auto const& bridge : frame["bridges"])
      doubted |= bridge["name"] == "cms2" && !bridge["doubt"].is_null();
    observed |= frame.value("mode", "") == "observe";
  }
  EXPECT_TRUE(doubted) << viewer->written;
  EXPECT_TRUE(observed);
}

TEST(NoticesRoutes, the_live_stream_ends_with_its_session_and_rests_while_nobody_looks) {
  Web web;
  auto const viewer = web.look();
  bool admitted = true;
  web.site.feature().set_admission([&](std::string const&) { return admitted; });
  web.site.wait(20s);
  EXPECT_TRUE(viewer->open());
  EXPECT_NE(viewer->written.find(": here"), std::string::npos);
  admitted = false;
  web.site.wait(6s);
  EXPECT_FALSE(viewer->open());
  auto const written = viewer->written.size();
  web.site.bridge(0).join("call-a", "leg-9", "eve@evil.example");
  ASSERT_EQ(web.site.post(0).status, 200);
  web.site.wait(2s);
  EXPECT_EQ(viewer->written.size(), written);
  // Who comes later is told of what changes from then on.
  admitted = true;
  auto const later = web.look();
  web.site.bridge(0).leave("leg-9");
  ASSERT_EQ(web.site.post(0).status, 200);
  web.site.wait(1s);
  EXPECT_FALSE(ids_of(frames_of(later->written)).empty());
}

TEST(NoticesRoutes, a_stream_ends_at_once_when_its_administrator_logs_out) {
  Web web;
  auto const viewer = web.look();
  web.site.await(web.sessions.close(std::nullopt, web.cookie.substr(web.cookie.find('=') + 1)));
  EXPECT_FALSE(viewer->open());
}

TEST(NoticesRoutes, the_report_is_audited_before_it_begins_and_no_cell_is_a_formula) {
  Web web;
  web.site.bridge(0).api.add_leg("call-a", "leg-7", "=cmd|' /C calc'!A0").display_name =
      "@SUM(1,2)\"x";
  web.site.bridge(0).writer.leg_start(web.site.bridge(0).api.parties.at(LegId("leg-7")));
  ASSERT_EQ(web.site.post(0).status, 200);
  auto const got =
      web.begin(Method::get, "/api/v1/conferences/report.csv?since=1d", {{"Cookie", web.cookie}});
  for (int i = 0; i < 100 && got->stream && got->stream->open(); ++i) web.site.wait(1ms);
  ASSERT_TRUE(got->stream);
  EXPECT_FALSE(got->stream->open());
  auto const& text = got->stream->written;
  EXPECT_TRUE(text.starts_with("kind,conference,")) << text;
  EXPECT_NE(text.find("mallory@evil.example"), std::string::npos);
  EXPECT_NE(text.find("\r\nlevel,conf-b,"), std::string::npos) << text;
  for (auto const* cell : {",=cmd", ",@SUM", ",\"@SUM", ",\"=cmd"})
    EXPECT_EQ(text.find(cell), std::string::npos) << cell << "\n" << text;
  EXPECT_NE(text.find("'@SUM"), std::string::npos) << text;
  ASSERT_EQ(web.audit.count("conferences exported"), 1u);
  EXPECT_NE(web.audit.told.front().second.after->find("since"), std::string::npos);
  EXPECT_NE(got->answer->headers.get("Content-Disposition").find("attachment"), std::string::npos);
  web.site.wait(10s);
  web.audit.refuses = true;
  EXPECT_EQ(web.get("/api/v1/conferences/report.csv").status, 503);
  web.audit.refuses = false;
  for (auto const* query : {"since=yesterday-ish", "until=17", "since=%zz"})
    EXPECT_EQ(web.get(std::string("/api/v1/conferences/report.csv?") + query).status, 400) << query;
  EXPECT_EQ(web.audit.count("conferences exported"), 1u);
}

TEST(NoticesRoutes, every_line_of_a_report_has_as_many_cells_as_its_head) {
  SecurityNoticesStore::Report report;
  report.conferences.push_back({.id = "conf", .name = "-1+1", .space = "s"});
  report.stays.push_back({.bridge = "cms1", .leg = "leg", .conference = "conf", .name = "+49 1"});
  report.stays.push_back(
      {.bridge = "cms1", .leg = "link", .conference = "conf", .why = "an IP", .machine = "link"});
  report.levels.push_back({.conference = "conf", .level = SecurityLevel::external});
  auto const text = report_csv(report) + report_csv_error({ErrorKind::unavailable, "gone"});
  auto const commas = std::ranges::count(report_csv_head(), ',');
  std::size_t lines = 0;
  for (std::size_t at = 0, end = 0; (end = text.find("\r\n", at)) != std::string::npos;
       at = end + 2, ++lines)
    EXPECT_EQ(
        std::count(text.begin() + std::ptrdiff_t(at), text.begin() + std::ptrdiff_t(end), ','),
        commas);
  EXPECT_EQ(lines, 4u);
  EXPECT_EQ(text.find("an IP"), std::string::npos) << "nothing is said of a machine's trust";
  EXPECT_NE(text.find(",'-1+1,"), std::string::npos) << text;
  EXPECT_NE(text.find(",'+49 1,"), std::string::npos) << text;
}

TEST(NoticesRoutes, a_bridge_is_read_again_and_the_audit_tells_who_asked_and_how_it_went) {
  Web web;
  auto const listings = web.site.bridge(0).api.times("calls");
  auto const done = web.press();
  ASSERT_TRUE(done->answer);
  EXPECT_EQ(done->answer->status, 200) << done->answer->body;
  EXPECT_EQ(json::parse(done->answer->body)["bridge"]["name"], "cms1");
  EXPECT_GT(web.site.bridge(0).api.times("calls"), listings);
  EXPECT_EQ(web.audit.count("cms resync asked"), 1u);
  ASSERT_EQ(web.audit.count("cms resync"), 1u);
  EXPECT_EQ(web.audit.told.back().second.object, "bridge cms1");
  web.site.bridge(1).api.down = Error{ErrorKind::unauthorized, "cms2 refuses our password"};
  auto const refused = web.press("cms2");
  ASSERT_TRUE(refused->answer);
  EXPECT_EQ(refused->answer->status, 409) << "401 would speak of this session";
  EXPECT_NE(refused->answer->body.find("cms2"), std::string::npos) << refused->answer->body;
  EXPECT_EQ(web.audit.count("cms resync failed"), 1u);
  EXPECT_EQ(web.press("no-such")->answer->status, 404);
  for (std::string const body : {"", "[]", "7", R"({"more":1})"})
    EXPECT_EQ(web.press("cms1", body)->answer->status, 400) << body;
  web.site.wait(60s);
  web.audit.refuses = true;
  EXPECT_EQ(web.press()->answer->status, 503);
}

TEST(NoticesRoutes, a_reading_that_takes_long_is_answered_before_its_page_gives_up) {
  Web web;
  web.site.bridge(0).api.hangs = true;
  auto const answer = web.press();
  EXPECT_FALSE(answer->answer);
  web.site.wait(9s);
  ASSERT_TRUE(answer->answer);
  EXPECT_EQ(answer->answer->status, 202);
  EXPECT_EQ(json::parse(answer->answer->body)["bridge"]["resyncing"], true) << answer->answer->body;
  web.site.bridge(0).api.hangs = false;
  web.site.wait(10s);
  EXPECT_EQ(web.audit.count("cms resync"), 1u);
}

TEST(NoticesRoutes, a_session_that_asks_too_often_is_told_to_wait) {
  Web web;
  int refused = 0;
  for (int i = 0; i < 30; ++i) refused += web.press("no-such")->answer->status == 429;
  EXPECT_GT(refused, 5);
  // A page that follows one conference, once a second, is never refused.
  for (int i = 0; i < 300; ++i) {
    web.site.wait(1s);
    ASSERT_EQ(web.get("/api/v1/conferences/conf-a").status, 200) << i;
  }
}

}  // namespace
}  // namespace wardroom::security_notices::test
